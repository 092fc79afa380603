import Digests
import FoundationEssentials
import ProgramSupport

/// The folder's own certificate authority and the certificate of this machine, made at the first start.
struct LocalCertificates {
    /// PEM of the authority, for clients to trust.
    let authority: String
    /// The servers' certificate and key.
    let server: Certificate
    /// Where the authority's certificate lies.
    let path: String

    private static let days: Int32 = 3650
    /// Names that the certificate is for; a folder whose certificate has fewer gets a new one. A `*` needs a domain of
    /// two labels behind it before OpenSSL takes it.
    private static let names = [
        "DNS:localhost", "DNS:*.localhost", "DNS:*.blob.localhost", "DNS:*.queue.localhost",
        "DNS:*.\(VaultService.localDomain)", "DNS:host.docker.internal", "IP:127.0.0.1", "IP:0:0:0:0:0:0:0:1",
    ]

    init(directory: String) throws {
        path = directory + "/ca.pem"
        let certificate = directory + "/server.pem"
        let key = directory + "/server.key"
        func read(_ path: String) -> String? {
            FileManager.default.contents(atPath: path).flatMap { String(validating: $0, as: UTF8.self) }
        }
        let namesPath = directory + "/server.names"
        let names = Self.names.joined(separator: "\n")
        if let authority = read(path), let pem = read(certificate), let secret = read(key), read(namesPath) == names {
            self.authority = authority
            server = Certificate(pem: pem, key: secret)
            return
        }
        // The authority's key is not kept: nothing else is ever issued by it.
        guard let made = Certificate.authority(name: "Apus azure-emulator", days: Self.days),
            let issued = made.issue(
                name: "localhost",
                alternativeNames: Self.names, days: Self.days)
        else { throw EmulatorError(description: "the certificates for TLS could not be made") }
        guard PrivateFile.write(Array(issued.key.utf8), to: key) else {
            throw EmulatorError(description: "\(key) cannot be written")
        }
        try Data(issued.pem.utf8).write(to: URL(filePath: certificate), options: .atomic)
        try Data(made.pem.utf8).write(to: URL(filePath: path), options: .atomic)
        try Data(names.utf8).write(to: URL(filePath: namesPath), options: .atomic)
        authority = made.pem
        server = issued
    }
}

/// The emulator cannot start.
public struct EmulatorError: Error, CustomStringConvertible {
    public let description: String
}
