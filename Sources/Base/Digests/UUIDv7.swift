import Glibc

/// Identifiers of the product: UUID version 7 (RFC 9562, section 5.7) in lower case.
public enum UUIDv7 {
    /// A new identifier; sorts by its creation time in milliseconds.
    public static func make() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return make(
            milliseconds: UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000, random: Digest.randomBytes(10))
    }

    /// The identifier for a time and ten random bytes.
    package static func make(milliseconds: UInt64, random: [UInt8]) -> String {
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64($0))) } + random
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        return dashed(bytes)
    }

    /// New identifiers in ascending order, as if each had been made a millisecond after the one before.
    public static func ascending(_ count: Int) -> [String] {
        let first = milliseconds(of: make())
        return (0..<UInt64(max(0, count))).map { make(milliseconds: first + $0, random: Digest.randomBytes(10)) }
    }

    /// An identifier that follows from another one: the same two arguments always give the same result. It keeps the
    /// other's place in time.
    public static func derived(from id: String, purpose: String) -> String {
        let digest = Digest.sha256(Array("\(purpose):\(id)".utf8))
        return make(milliseconds: milliseconds(of: id), random: Array(digest.prefix(10)))
    }

    /// When an identifier was made, in milliseconds since 1970; 0 for a text that cannot say.
    public static func milliseconds(of id: String) -> UInt64 {
        UInt64(id.filter { $0 != "-" }.prefix(12), radix: 16) ?? 0
    }

    /// A random UUID, version 4, for identifiers that another protocol prescribes so.
    public static func random() -> String {
        var bytes = Digest.randomBytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return dashed(bytes)
    }

    /// Whether the text is a UUID with dashes, in lower case.
    public static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        for (index, byte) in bytes.enumerated() {
            switch index {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return false }
            default:
                guard (48...57).contains(byte) || (97...102).contains(byte) else { return false }
            }
        }
        return true
    }

    private static func dashed(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for (index, byte) in bytes.prefix(16).enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                for digit in [byte >> 4, byte & 15] {
                    text[place] = digit < 10 ? digit + 48 : digit + 87
                    place += 1
                }
            }
            return place
        }
    }
}
