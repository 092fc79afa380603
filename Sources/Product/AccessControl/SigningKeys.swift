import Digests
public import Settings

/// The keys that tokens are signed with: `APUS_SIGNING_KEYS`. The first signs, all verify, so that a new one can take the place
/// of an old one without signing anybody out.
public struct SigningKeys: Sendable {
    struct Key: Sendable {
        let name: String
        let bytes: [UInt8]
    }

    static let setting = "APUS_SIGNING_KEYS"
    private static let most = 2
    private static let leastBytes = 32
    private static let mostBytes = 1024

    /// The one that signs stands first.
    let all: [Key]

    /// Reads `name:base64`, once or twice; `nil` when that is not what is there, which is added to the problems.
    public init?(_ settings: inout SettingsReader) {
        guard let secret = settings.secret(Self.setting) else {
            settings.add(
                Self.setting,
                "is not set; where people sign in it has to be one or two keys name:base64, separated by a comma, such as k1: "
                    + "and what `openssl rand -base64 32` prints")
            return nil
        }
        guard let keys = Self.keys(secret.value) else {
            // What is there is a secret, or a part of one.
            settings.add(
                Self.setting,
                "is not one or two keys name:base64, separated by a comma; a name has 1 to 32 letters, digits, - and _, no "
                    + "two are equal, and a key has 32 to 1024 bytes")
            return nil
        }
        all = keys
    }

    /// Takes keys, the one that signs first; for tests.
    package init(_ keys: [(name: String, bytes: [UInt8])]) { all = keys.map { Key(name: $0.name, bytes: $0.bytes) } }

    private static func keys(_ text: String) -> [Key]? {
        var keys: [Key] = []
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= most else { return nil }
        for part in parts {
            let halves = part.filter { $0 != " " }.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, let bytes = Base64.decode(String(halves[1])),
                (leastBytes...mostBytes).contains(bytes.count)
            else { return nil }
            let name = String(halves[0])
            guard isName(name), !keys.contains(where: { $0.name == name }) else { return nil }
            keys.append(Key(name: name, bytes: bytes))
        }
        return keys
    }

    private static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
            }
    }

    /// The code of a message under each key, that of the signing key first. Another purpose gives another code for the same
    /// message.
    public func codes(of message: [UInt8], purpose: String) -> [[UInt8]] {
        all.map {
            Digest.hmacSHA256(key: Digest.hmacSHA256(key: $0.bytes, message: Array(purpose.utf8)), message: message)
        }
    }
}
