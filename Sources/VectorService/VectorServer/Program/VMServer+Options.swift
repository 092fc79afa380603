import FoundationEssentials
import HTTPServing
public import ProgramSupport
public import Settings
import Vectors

extension VMServer {
    /// The program's command line.
    public static let options: [ProgramOptions.Option] = [
        .init("vectors-only", nil, "Serve only the vectors port, without page and proxy."),
        .init("allow-reset", nil, "Allow POST /api/v2/reset, which deletes every collection."),
        .init("data", "DIR", "Folder of the vectors (default .apus/vectors). One process at a time uses it."),
        .init("web", "DIR", "Folder of the web page (default web)."),
        .init("port", "PORT", "Port of the page (default 8080; 0 lets the system choose)."),
        .init("address", "ADDRESS", "IPv4 address of the page (default 127.0.0.1; 0.0.0.0 for all)."),
        .init("vectors-port", "PORT", "Port of the vector service (default 8000; 0 lets the system choose)."),
        .init("vectors-address", "ADDRESS", "IPv4 address of the vector service (default 127.0.0.1; 0.0.0.0 for all)."),
        .init("model", "DIR", "Folder of the embedding model (default models/all-MiniLM-L6-v2)."),
        .init("no-embeddings", nil, "Do not load the model; /v1/embeddings is not there then."),
        .init(
            "tokens", "FILE",
            "Lines of a token and its tenant that callers must send: * for all, @metrics for /metrics alone. APUS_CHROMA_TOKEN is one for all tenants."
        ),
        .init("cors-origin", "ORIGIN", "Let pages of this origin use the vectors port; may be repeated, * for all."),
        .init("tls-certificate", "FILE", "Serve the vectors port over TLS with this certificate chain (PEM)."),
        .init("tls-key", "FILE", "The certificate's private key (PEM)."),
        .init("no-sparse", nil, "Refuse sparse vectors, as a Chroma server on one machine does."),
        .init(
            "scalar-quantisation", nil,
            "Search graphs by 8-bit codes and rank exactly: less memory traffic, a little less recall."),
        .init("index-threads", "N", "Threads that build the index (default: one per core)."),
        .init("slow-ms", "N", "Log requests that take longer than this many milliseconds (default 1000)."),
        .init("verify", nil, "Check every checksum in the data folder and end: code 0 if everything is intact."),
        .init("backup", "DIR", "Copy the data folder to a new folder and end; the server may be running meanwhile."),
        .init("restore", "DIR", "Copy a backup into the data folder, which must be empty, and end."),
    ]
}

extension VMServer.Configuration {
    /// What the command line asks for; ends the program where it contradicts itself.
    ///
    /// - Parameter token: Opens every tenant's vectors, beside the tokens of `--tokens`.
    /// - Throws: `UnreadableFile` for a file that an option names, `AccessTokensError` for its contents.
    public init(_ options: ProgramOptions, token: Secret?) throws {
        self.init()
        dataDirectory = options.value("data") ?? dataDirectory
        webDirectory = options.value("web") ?? webDirectory
        modelDirectory = options.value("model") ?? modelDirectory
        port = options.port("port", default: port)
        vectorsPort = options.port("vectors-port", default: vectorsPort)
        address = options.value("address") ?? address
        vectorsAddress = options.value("vectors-address") ?? vectorsAddress
        vectorsOnly = options.flag("vectors-only")
        embeds = !options.flag("no-embeddings")
        service.allowsReset = options.flag("allow-reset")
        service.allowsSparse = !options.flag("no-sparse")
        service.origins = options.all("cors-origin")
        service.slow = .milliseconds(options.number("slow-ms", default: 1000, in: 1...3_600_000))
        service.tokens = try AccessTokens(
            token: token, file: try options.value("tokens").map { try Self.text(of: $0, for: "tokens") })
        storage.quantised = options.flag("scalar-quantisation")
        storage.indexThreads = options.number("index-threads", default: storage.indexThreads, in: 1...64)
        switch (options.value("tls-certificate"), options.value("tls-key")) {
        case (let certificate?, let key?):
            tls = HTTPServer.TLSIdentity(
                certificate: try Self.text(of: certificate, for: "tls-certificate"),
                key: try Self.text(of: key, for: "tls-key"))
        case (nil, nil): break
        default: options.fail("--tls-certificate and --tls-key have to be given together")
        }
    }

    /// Reads a file that an option names.
    private static func text(of path: String, for option: String) throws(UnreadableFile) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UnreadableFile(option: option, path: path)
        }
        return String(decoding: data, as: UTF8.self)
    }
}

/// A file that an option names cannot be read.
public struct UnreadableFile: Error, CustomStringConvertible {
    let option: String
    let path: String
    public var description: String { "--\(option): cannot read \(path)" }
}
