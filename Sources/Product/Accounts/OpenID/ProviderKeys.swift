import Digests
import JSONCoding

/// The keys that an identity provider signs with (RFC 7517).
struct ProviderKeys: Sendable {
    /// Bytes that the document may have, and keys in it.
    static let limit = 256 * 1024
    private static let most = 100
    private static let depth = 8

    struct Key: Sendable {
        let id: String?
        let algorithm: String?
        let key: PublicKey
    }

    let keys: [Key]

    /// Reads the document. Keys of other kinds, and those that are too short, are left out.
    init(_ bytes: [UInt8]) throws(OpenIDFailure) {
        guard let list = (try? JSONParser.parse(bytes, maximumDepth: Self.depth))?["keys"]?.array else {
            throw OpenIDFailure(.unavailable, "the provider's keys are no JWK set")
        }
        keys = list.prefix(Self.most).compactMap(Self.key)
    }

    private static func key(_ json: JSONValue) -> Key? {
        guard json["use"]?.string ?? "sig" == "sig",
            json["key_ops"]?.array?.contains(.string("verify")) ?? true
        else { return nil }
        func bytes(_ name: String) -> [UInt8]? { json[name]?.string.flatMap(Base64URL.decode) }
        var key: PublicKey?
        switch json["kty"]?.string {
        case "RSA":
            if let modulus = bytes("n"), let exponent = bytes("e") {
                key = PublicKey(modulus: modulus, exponent: exponent)
            }
        case "EC" where json["crv"]?.string == "P-256":
            if let x = bytes("x"), let y = bytes("y") { key = PublicKey(x: x, y: y) }
        default: break
        }
        return key.map { Key(id: json["kid"]?.string, algorithm: json["alg"]?.string, key: $0) }
    }

    /// The key that a token names; where it names none, the only one that fits. `nil` when there is none, or a choice.
    func key(_ id: String?, for algorithm: PublicKey.Algorithm) -> PublicKey? {
        let fitting = keys.filter {
            (id == nil || $0.id == id) && ($0.algorithm ?? algorithm.rawValue) == algorithm.rawValue
                && $0.key.fits(algorithm)
        }
        return fitting.count == 1 ? fitting.first?.key : nil
    }
}
