import Digests
import FoundationEssentials
import GzipCoding
public import HTTPMessages
import JSONCoding
import Problems
import Synchronization

/// Serves the web page from a folder, with content types, compression, revalidation and security headers.
public final class StaticSite: Sendable {
    private let directory: String
    /// What was compressed, by the tag of what it was made of.
    private let compressed = Mutex<[String: [UInt8]]>([:])
    /// Files of a page, and some editions of each while somebody works on it; beyond that, compressing starts anew.
    private static let compressedAtMost = 256

    /// Serves the files below a folder.
    public init(directory: String) { self.directory = directory }

    /// Everything comes from this server, nothing inline, nothing framed; trusted types keep raw text out of HTML.
    static let securityHeaders: [(String, String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                + "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                + "require-trusted-types-for 'script'; trusted-types dompurify apus-worker"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Frame-Options", "DENY"),
    ]

    /// What a file that is no page of its own may do when somebody opens it as one: nothing.
    static let filePolicy = "default-src 'none'; frame-ancestors 'none'"

    /// The worker that keeps the page's files: what it may fetch is said with itself.
    private static let worker = "sw.js"

    /// What is about a page as a whole, and means nothing with any other file.
    static let pageHeaders: [(String, String)] = [
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ]

    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8", "json": "application/json",
        "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "woff2": "font/woff2",
        "webmanifest": "application/manifest+json", "txt": "text/plain; charset=utf-8",
    ]

    /// Answers GET and HEAD. Paths that name a view of the page get the page itself.
    public func answer(_ request: HTTPRequest) -> HTTPResponse {
        guard request.method == .get || request.method == .head else {
            return Problem(.methodNotAllowed, "Only GET is possible here.").response(requestID: request.id)
        }
        guard let segments = request.target.segments, segments.allSatisfy(Self.isSafe) else {
            return Problem(.badRequest, "The path is not usable.").response(requestID: request.id)
        }
        let isView = segments.isEmpty || ["c", "documents", "settings"].contains(segments[0])
        let path = isView ? "index.html" : segments == ["docs"] ? "docs.html" : segments.joined(separator: "/")
        let suffix = path.split(separator: ".").last.map(String.init) ?? ""
        let isSample = segments.first == Self.samples
        guard let type = isSample ? "application/octet-stream" : Self.types[suffix],
            let bytes = path == SiteEdition.path ? edition() : content(path)
        else { return missing(segments, request) }
        var response = HTTPResponse(.ok, fields: ["Content-Type": type], body: .bytes(bytes))
        // Documents are fetched by the page to be uploaded; nobody is to look at them as if they were pages of it.
        if isSample { response.fields["Content-Disposition"] = "attachment" }
        let digest = Self.digest(bytes)
        var tag = "\"\(digest)\""
        if !isSample, Self.isText(type) {
            response.fields["Vary"] = "Accept-Encoding"
            if Self.takesGzip(request.fields["accept-encoding"]), let small = smaller(bytes, digest: digest) {
                response.fields["Content-Encoding"] = "gzip"
                response.body = .bytes(small)
                tag = "\"\(digest)-gzip\""
            }
        }
        response.fields["ETag"] = tag
        // Files change with a release, names do not: browsers keep them and ask whether they are current.
        response.fields["Cache-Control"] = path.hasPrefix("vendor/") ? "public, max-age=86400" : "no-cache"
        for (name, value) in Self.securityHeaders { response.fields[name] = value }
        if suffix != "html" && path != Self.worker || isSample {
            response.fields["Content-Security-Policy"] = Self.filePolicy
        }
        if suffix == "html", !isSample { for (name, value) in Self.pageHeaders { response.fields[name] = value } }
        if request.fields["if-none-match"] == tag {
            response.status = .notModified
            response.fields["Content-Encoding"] = nil
            response.body = .bytes([])
        }
        return response
    }

    /// Whoever looks at an address that is none gets the page, which says so; programs get a problem.
    private func missing(_ segments: [String], _ request: HTTPRequest) -> HTTPResponse {
        let isLookedAt = request.fields["accept"]?.lowercased().contains("text/html") ?? false
        guard isLookedAt, segments.last?.contains(".") == false, let page = content("index.html") else {
            return Problem(.notFound, "There is no such file.").response(requestID: request.id)
        }
        let fields: HTTPFields = ["Content-Type": Self.types["html"] ?? "text/html", "Cache-Control": "no-store"]
        var response = HTTPResponse(.notFound, fields: fields, body: .bytes(page))
        for (name, value) in Self.securityHeaders + Self.pageHeaders { response.fields[name] = value }
        return response
    }

    /// The folder of documents that can be tried.
    private static let samples = "samples"

    private static func isText(_ type: String) -> Bool {
        type.hasPrefix("text/") || type.hasSuffix("json") || type == "image/svg+xml"
    }

    /// Whether a client takes gzip: it says so, and not with a weight of nothing (RFC 9110, section 12.5.3).
    private static func takesGzip(_ field: String?) -> Bool {
        (field ?? "").lowercased().split(separator: ",").contains { entry in
            let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "gzip" else { return false }
            guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else { return true }
            return Double(weight.dropFirst(2)).map { $0 > 0 } ?? true
        }
    }

    /// The bytes compressed; `nil` where that is not worth it.
    private func smaller(_ bytes: [UInt8], digest: String) -> [UInt8]? {
        if let known = compressed.withLock({ $0[digest] }) { return known.isEmpty ? nil : known }
        let made = Gzip.compressed(bytes).flatMap { $0.count < bytes.count ? $0 : nil }
        compressed.withLock { all in
            if all.count >= Self.compressedAtMost { all.removeAll() }
            all[digest] = made ?? []
        }
        return made
    }

    /// What a file's entity tag says of its bytes.
    private static func digest(_ bytes: [UInt8]) -> String { Digest.hex(Array(Digest.sha256(bytes).prefix(12))) }

    /// Which files the page opens with, as they are now.
    private func edition() -> [UInt8] {
        let edition = SiteEdition(directory: directory) { path in
            let suffix = path.split(separator: ".").last.map(String.init) ?? ""
            return Self.types[suffix] == nil ? nil : content(path).map(Self.digest)
        }
        return edition.json(digest: Self.digest).encoded
    }

    private static func isSafe(_ segment: String) -> Bool {
        !segment.hasPrefix(".") && !segment.contains("/") && !segment.contains("\\") && !segment.utf8.contains(0)
    }

    private func content(_ path: String) -> [UInt8]? {
        let full = directory + "/" + path
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory), !isDirectory else { return nil }
        return FileManager.default.contents(atPath: full).map { Array($0) }
    }
}
