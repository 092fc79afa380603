import CLinux

/// Looks for texts in texts, in time linear in both. Bytes are compared, since the service compares code points and
/// Swift's characters do not; the bytes of a text begin at a code point wherever they stand in another.
enum ByteSearch {
    /// The place of the first of these bytes at or behind `start`.
    static func place(of part: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard start <= bytes.count else { return nil }
        let found = bytes.withUnsafeBytes { all in
            let rest = UnsafeRawBufferPointer(rebasing: all[start...])
            return apus_find_bytes(rest.baseAddress, rest.count, part, part.count)
        }
        return found < 0 ? nil : start + found
    }

    /// What stands between the separators, which are not empty.
    static func parts(of bytes: [UInt8], separatedBy separator: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        while let place = place(of: separator, in: bytes, from: start) {
            parts.append(bytes[start..<place])
            start = place + separator.count
        }
        return parts + [bytes[start...]]
    }
}
