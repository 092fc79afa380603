import Glibc

/// Where the certificates are that connections are checked against.
public enum TrustedCertificates {
    /// Debian's place and that of Azure Linux.
    private static let systemFiles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    /// The file that `SSL_CERT_FILE` names, as other programs have it; the system's; or the one that a package brings
    /// along beside its executable. `nil` leaves it to the libraries.
    public static var file: String? {
        if let named = ProgramLife.environment["SSL_CERT_FILE"], !named.isEmpty { return named }
        let packaged = ProgramLife.executableFolder + "/certs/ca-certificates.crt"
        return (systemFiles + [packaged]).first { access($0, R_OK) == 0 }
    }
}
