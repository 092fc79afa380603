import Digests
import FoundationEssentials
import Glibc
import HTTPMessages
import ProgramSupport
import Settings

/// The token that opens `/_emulator/`: whoever may read the data folder may reset it, and no web page can.
struct AdminToken: Sendable {
    /// The file in the data folder.
    static let fileName = "admin-token"
    private static let bytes = 32

    /// The token itself, for the field that carries it.
    let secret: Secret

    /// Takes a token that was given, else that of the folder's file, which is made when there is none.
    ///
    /// - Throws: `EmulatorError` for a file that cannot be used.
    init(directory: String, given: Secret?) throws(EmulatorError) {
        let path = directory + "/" + Self.fileName
        if let given {
            // One that opens nothing would only mislead.
            unlink(path)
            secret = given
            return
        }
        if let data = FileManager.default.contents(atPath: path) {
            let text = String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
            guard text.utf8.count >= Self.bytes else {
                throw EmulatorError(description: "\(path) holds no token; remove the file to have one made")
            }
            chmod(path, 0o600)
            secret = Secret(text)
            return
        }
        let token = Base64URL.encode(Digest.randomBytes(Self.bytes))
        guard PrivateFile.write(Array((token + "\n").utf8), to: path) else {
            throw EmulatorError(description: "\(path) cannot be written")
        }
        secret = Secret(token)
    }

    /// Whether a request has the token as `Authorization: Bearer …`.
    func admits(_ request: HTTPRequest) -> Bool {
        guard let field = request.fields["authorization"], field.lowercased().hasPrefix("bearer ") else { return false }
        return Digest.constantTimeEqual(Array(field.dropFirst(7).utf8), Array(secret.value.utf8))
    }
}
