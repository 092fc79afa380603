import AzureSignatures
import Digests
import FoundationEssentials
import Glibc
import JSONCoding
import ProgramSupport

/// The keys of one stack: of the emulator's accounts and identities, of the functions host's `/admin`, and of the tokens of
/// those who sign in.
///
/// They are made once for each data folder, so that no web page and no other program of this machine knows them. A
/// folder of an earlier version gets its own at the next start: what is stored does not depend on them.
struct StackKeys: Sendable, Equatable {
    /// The file in the data folder, which only its user reads.
    static let fileName = "keys.json"
    /// As long as those of Azure's accounts.
    private static let accountKeyBytes = 64
    private static let wordBytes = 32
    /// HMAC with SHA-256 is as strong as its digest is long.
    private static let signingKeyBytes = 32

    /// The storage account's key, base64.
    private(set) var storage: String
    /// Cosmos DB's master key, base64.
    private(set) var cosmos: String
    /// What the identity endpoint wants as `X-IDENTITY-HEADER`.
    let identityHeader: String
    /// The secret of every application.
    let clientSecret: String
    /// What `/admin` of the functions host wants as `x-functions-key`.
    let admin: String
    /// What tokens are signed with, as `APUS_SIGNING_KEYS` has it.
    let signing: String

    /// Keys that nobody has had before.
    init() {
        storage = Base64.encode(Digest.randomBytes(Self.accountKeyBytes))
        cosmos = Base64.encode(Digest.randomBytes(Self.accountKeyBytes))
        identityHeader = Base64URL.encode(Digest.randomBytes(Self.wordBytes))
        clientSecret = Base64URL.encode(Digest.randomBytes(Self.wordBytes))
        admin = Base64URL.encode(Digest.randomBytes(Self.wordBytes))
        signing = Self.newSigningKey()
    }

    /// Reads the keys of a data folder; they are made where there are none.
    ///
    /// - Parameter wellKnown: Takes the emulators' public keys in place of the folder's own, for tools that know no
    ///   others.
    /// - Throws: `StackError` for a file that cannot be used.
    init(dataDirectory: String, wellKnown: Bool) throws {
        let path = dataDirectory + "/" + Self.fileName
        if let bytes = FileManager.default.contents(atPath: path) {
            guard let stored = try? JSONParser.parse([UInt8](bytes)), let keys = Self(stored) else {
                throw StackError("\(path) does not hold the keys of a stack; remove it to have new ones made.")
            }
            chmod(path, 0o600)
            self = keys
            // One was made just now, for a folder of a version in which nobody signed in.
            if stored["signingKeys"] == nil { try write(to: path) }
        } else {
            self.init()
            try write(to: path)
        }
        if wellKnown { (storage, cosmos) = (DevelopmentAccount.storageKey, DevelopmentAccount.cosmosKey) }
    }

    private func write(to path: String) throws {
        guard PrivateFile.write(json.encoded, to: path) else { throw StackError("\(path) cannot be written.") }
    }

    private static func newSigningKey() -> String { "k1:" + Base64.encode(Digest.randomBytes(signingKeyBytes)) }

    private init?(_ json: JSONValue) {
        guard let storage = json["storageKey"]?.string, let cosmos = json["cosmosKey"]?.string,
            let identityHeader = json["identityHeader"]?.string, let clientSecret = json["clientSecret"]?.string,
            let admin = json["adminKey"]?.string,
            ![storage, cosmos, identityHeader, clientSecret, admin].contains(where: \.isEmpty)
        else { return nil }
        switch json["signingKeys"] {
        case nil: signing = Self.newSigningKey()
        case .string(let text)? where !text.isEmpty: signing = text
        default: return nil
        }
        self.storage = storage
        self.cosmos = cosmos
        self.identityHeader = identityHeader
        self.clientSecret = clientSecret
        self.admin = admin
    }

    private var json: JSONValue {
        [
            "storageKey": .string(storage), "cosmosKey": .string(cosmos), "identityHeader": .string(identityHeader),
            "clientSecret": .string(clientSecret), "adminKey": .string(admin),
            "signingKeys": .string(signing),
        ]
    }
}
