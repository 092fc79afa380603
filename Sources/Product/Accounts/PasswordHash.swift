import Digests
import HTTPMessages

/// What is kept of a password: `scrypt$N$r$p$salt$key`, salt and key as base64.
struct PasswordHash: Sendable, Equatable {
    /// What a password costs today: about 16 MiB and a fifth of a second.
    static let cost = Scrypt.Cost(n: 1 << 14, r: 8, p: 5)
    private static let saltBytes = 16
    private static let keyBytes = 32
    /// More than anybody will want; a row that says more is not one of ours.
    private static let most = Scrypt.Cost(n: 1 << 18, r: 16, p: 16)

    let cost: Scrypt.Cost
    private let salt: [UInt8]
    private let key: [UInt8]

    /// Hashes a password with a new salt; `nil` when the library fails. It takes time on purpose.
    init?(_ password: String, cost: Scrypt.Cost = PasswordHash.cost) {
        let salt = Digest.randomBytes(Self.saltBytes)
        guard let key = Scrypt.derive(password: password.bytes, salt: salt, cost: cost, length: Self.keyBytes) else {
            return nil
        }
        self.cost = cost
        self.salt = salt
        self.key = key
    }

    /// Reads what is kept; `nil` when it is none.
    init?(stored: String) {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let n = UInt64(parts[1]), let r = UInt64(parts[2]),
            let p = UInt64(parts[3]), n <= Self.most.n, r <= Self.most.r, p <= Self.most.p,
            let salt = Base64.decode(String(parts[4])), let key = Base64.decode(String(parts[5])),
            key.count == Self.keyBytes
        else { return nil }
        cost = Scrypt.Cost(n: n, r: r, p: p)
        self.salt = salt
        self.key = key
    }

    /// One that no password has, for names that nobody has: it takes as long to be compared.
    private init() {
        cost = Self.cost
        salt = Digest.randomBytes(Self.saltBytes)
        key = Digest.randomBytes(Self.keyBytes)
    }

    static let nobodys = PasswordHash()

    /// The text that is kept.
    var stored: String { "scrypt$\(cost.n)$\(cost.r)$\(cost.p)$\(Base64.encode(salt))$\(Base64.encode(key))" }

    /// Whether it is of this password. It takes time on purpose.
    func matches(_ password: String) -> Bool {
        guard let other = Scrypt.derive(password: password.bytes, salt: salt, cost: cost, length: Self.keyBytes) else {
            return false
        }
        return Digest.constantTimeEqual(key, other)
    }
}
