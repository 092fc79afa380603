import Digests
import FoundationEssentials
public import HTTPMessages
import Problems

/// Serves the web page from a folder, with content types, revalidation and security headers.
public struct StaticSite: Sendable {
    private let directory: String

    /// Serves the files below a folder.
    public init(directory: String) { self.directory = directory }

    /// Everything comes from this server, nothing inline, nothing framed; trusted types keep raw text out of HTML.
    static let securityHeaders: [(String, String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                + "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                + "require-trusted-types-for 'script'; trusted-types dompurify"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Frame-Options", "DENY"),
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
        let path = isView ? "index.html" : segments.joined(separator: "/")
        let suffix = path.split(separator: ".").last.map(String.init) ?? ""
        guard let type = Self.types[suffix], let bytes = content(path) else {
            return Problem(.notFound, "There is no such file.").response(requestID: request.id)
        }
        var response = HTTPResponse(.ok, fields: ["Content-Type": type], body: .bytes(bytes))
        let tag = "\"\(Digest.hex(Array(Digest.sha256(bytes).prefix(12))))\""
        response.fields["ETag"] = tag
        // Files change with a release, names do not: browsers keep them and ask whether they are current.
        response.fields["Cache-Control"] = path.hasPrefix("vendor/") ? "public, max-age=86400" : "no-cache"
        for (name, value) in Self.securityHeaders { response.fields[name] = value }
        if request.fields["if-none-match"] == tag {
            response.status = .notModified
            response.body = .bytes([])
        }
        return response
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
