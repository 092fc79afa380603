import CosmosQuery
import JSONCoding

/// The value of a partition key, or a prefix of a hierarchical one; `nil` components are undefined
/// (docs/reference/cosmos-db.md, 5).
struct PartitionKey: Sendable, Equatable {
    let components: [JSONValue?]

    init(_ components: [JSONValue?]) {
        // Numbers are doubles, and what is no scalar counts as undefined.
        self.components = components.map { value in
            switch value {
            case .array, .object, nil: nil
            case .int, .double: ValueOrder.number((value?.double ?? 0) + 0)
            default: value
            }
        }
    }

    /// Reads the header field `x-ms-documentdb-partitionkey`.
    init(header: String) throws(CosmosFailure) {
        guard let list = (try? JSONParser.parse(header))?.array else {
            throw .bad("Partition key \(header.prefix(200)) is invalid: it has to be a JSON list.")
        }
        self.init(list)
    }

    /// The key of an item.
    init(of item: JSONValue, paths: [[String]]) {
        self.init(
            paths.map { path in
                var value: JSONValue? = item
                for name in path { value = value?[name] }
                return value
            })
    }

    /// A text that equal keys share.
    var text: String { components.map { ValueOrder.identity($0) }.joined(separator: "\u{1F}") }

    /// The effective partition key: each component's hash in upper-case hexadecimal.
    var effective: String { components.map(Self.hash).joined() }

    /// The size of the largest component in bytes.
    var largest: Int { components.map { $0?.string?.utf8.count ?? 0 }.max() ?? 0 }

    /// Version 2 of the hash: MurmurHash3 (x64, 128 bits), the second half first, the two highest bits cleared.
    private static func hash(_ value: JSONValue?) -> String {
        var bytes: [UInt8]
        switch value {
        case nil, .array, .object: bytes = [0]
        case .null: bytes = [1]
        case .bool(let flag): bytes = [flag ? 3 : 2]
        case .int, .double:
            bytes = [5]
            let bits = (value?.double ?? 0).bitPattern
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
        case .string(let text): bytes = [8] + Array(text.utf8) + [0xFF]
        }
        let (low, high) = MurmurHash3.hash128(bytes)
        return hex(high & 0x3FFF_FFFF_FFFF_FFFF) + hex(low)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// MurmurHash3, the 128-bit variant for 64-bit machines (Austin Appleby, public domain algorithm), seed 0.
enum MurmurHash3 {
    static func hash128(_ bytes: [UInt8]) -> (low: UInt64, high: UInt64) {
        let (c1, c2): (UInt64, UInt64) = (0x87C3_7B91_1142_53D5, 0x4CF5_AD43_2745_937F)
        var (h1, h2): (UInt64, UInt64) = (0, 0)
        func word(_ start: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
        }
        let blocks = bytes.count / 16
        for block in 0..<blocks {
            h1 ^= rotate(word(block * 16, 8) &* c1, 31) &* c2
            h1 = (rotate(h1, 27) &+ h2) &* 5 &+ 0x52DC_E729
            h2 ^= rotate(word(block * 16 + 8, 8) &* c2, 33) &* c1
            h2 = (rotate(h2, 31) &+ h1) &* 5 &+ 0x3849_5AB5
        }
        let (tail, rest) = (blocks * 16, bytes.count % 16)
        if rest > 8 { h2 ^= rotate(word(tail + 8, rest - 8) &* c2, 33) &* c1 }
        if rest > 0 { h1 ^= rotate(word(tail, min(rest, 8)) &* c1, 31) &* c2 }
        h1 ^= UInt64(bytes.count)
        h2 ^= UInt64(bytes.count)
        h1 = h1 &+ h2
        h2 = h2 &+ h1
        h1 = finish(h1)
        h2 = finish(h2)
        h1 = h1 &+ h2
        return (h1, h2 &+ h1)
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }

    private static func finish(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}
