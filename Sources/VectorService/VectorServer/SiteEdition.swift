import FoundationEssentials
import JSONCoding

/// The files with which the page opens where there is no network: each with the digest that its entity tag has, and one for all of them.
///
/// A browser that keeps them takes all of one edition, so that parts of two never run together.
struct SiteEdition {
    /// Where a site gives it.
    static let path = "shell.json"

    /// What belongs to it: single files, and all below a folder. The rest is read with a network alone.
    private static let parts = ["index.html", "icon.svg", "css", "js", "vendor"]
    private static let leftOut: Set = ["css/docs.css", "js/docs"]
    /// A page has a few dozen files; beyond this the folder is something else.
    private static let mostFiles = 500
    private static let mostDepth = 5

    private let digests: [(path: String, digest: String)]

    /// Reads the files of a site; `digest` is that of a file's bytes, and `nil` for what the site does not serve.
    init(directory: String, digest: (String) -> String?) {
        var found: [String] = []
        for part in Self.parts { Self.collect(part, in: directory, depth: 0, into: &found) }
        digests = found.prefix(Self.mostFiles).compactMap { path in digest(path).map { (path, $0) } }
    }

    /// `{"version", "files": {path: digest}}`; `version` follows from the files, by `digest`.
    func json(digest: ([UInt8]) -> String) -> JSONValue {
        var files = JSONObject()
        for (path, digest) in digests { files[path == "index.html" ? "/" : "/" + path] = .string(digest) }
        let lines = digests.map { "\($0.digest) \($0.path)\n" }.joined()
        return ["version": .string(digest(Array(lines.utf8))), "files": .object(files)]
    }

    private static func collect(_ path: String, in directory: String, depth: Int, into found: inout [String]) {
        guard depth < mostDepth, found.count < mostFiles, !leftOut.contains(path) else { return }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory + "/" + path) else {
            found.append(path)
            return
        }
        for name in names.sorted() where !name.hasPrefix(".") {
            collect(path + "/" + name, in: directory, depth: depth + 1, into: &found)
        }
    }
}
