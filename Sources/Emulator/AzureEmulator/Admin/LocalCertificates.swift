import Digests
import FoundationEssentials

/// The folder's own certificate authority and the certificate of this machine, made at the first start.
struct LocalCertificates {
    /// PEM of the authority, for clients to trust.
    let authority: String
    /// The servers' certificate and key.
    let server: Certificate
    /// Where the authority's certificate lies.
    let path: String

    private static let days: Int32 = 3650

    init(directory: String) throws {
        path = directory + "/ca.pem"
        let certificate = directory + "/server.pem"
        let key = directory + "/server.key"
        func read(_ path: String) -> String? {
            FileManager.default.contents(atPath: path).flatMap { String(validating: $0, as: UTF8.self) }
        }
        if let authority = read(path), let pem = read(certificate), let secret = read(key) {
            self.authority = authority
            server = Certificate(pem: pem, key: secret)
            return
        }
        // The authority's key is not kept: nothing else is ever issued by it.
        guard let made = Certificate.authority(name: "Apus azure-emulator", days: Self.days),
            let issued = made.issue(
                name: "localhost",
                alternativeNames: [
                    "DNS:localhost", "DNS:*.localhost", "DNS:*.blob.localhost", "DNS:*.queue.localhost",
                    "DNS:host.docker.internal", "IP:127.0.0.1", "IP:0:0:0:0:0:0:0:1",
                ], days: Self.days)
        else { throw EmulatorError(description: "the certificates for TLS could not be made") }
        try Data(issued.key.utf8).write(to: URL(filePath: key), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try Data(issued.pem.utf8).write(to: URL(filePath: certificate), options: .atomic)
        try Data(made.pem.utf8).write(to: URL(filePath: path), options: .atomic)
        authority = made.pem
        server = issued
    }
}

/// The emulator cannot start.
public struct EmulatorError: Error, CustomStringConvertible {
    public let description: String
}
