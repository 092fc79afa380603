import Glibc

extension TextEncoding {
    /// Text in this encoding; what is nothing in it becomes U+FFFD.
    public func text(of bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        return decode(bytes[...])?.text ?? String(decoding: bytes, as: UTF8.self)
    }

    /// Text in this encoding, and how many bytes were nothing in it: each is U+FFFD in the text. `nil` when the C library
    /// has no converter for the encoding.
    public func decode(_ bytes: ArraySlice<UInt8>) -> (text: String, faults: Int)? { Converter.decode(bytes, self) }

    /// One byte of Windows-1252 as text.
    public static func windows1252Text(of byte: UInt8) -> String {
        byte < 128 ? String(Unicode.Scalar(byte)) : Converter.upperHalf[Int(byte) - 128]
    }
}

/// Converts bytes to UTF-8 by iconv(3).
enum Converter {
    /// The characters of Windows-1252 from 128 on.
    static let upperHalf: [String] = (128...255).map { decode([UInt8($0)], .windows1252)?.text ?? "\u{FFFD}" }

    /// See `TextEncoding.decode`.
    static func decode(_ bytes: ArraySlice<UInt8>, _ encoding: TextEncoding) -> (text: String, faults: Int)? {
        guard let handle = iconv_open("UTF-8", encoding.converter), Int(bitPattern: handle) != -1 else { return nil }
        defer { iconv_close(handle) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 3 / 2)
        var output = [UInt8](repeating: 0, count: 64 << 10)
        var faults = 0
        var input = Array(bytes)
        let total = input.count
        input.withUnsafeMutableBytes { raw in
            var next = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            var left = total
            while left > 0 {
                var written = 0
                let (count, error) = output.withUnsafeMutableBytes { room -> (Int, Int32) in
                    var place = room.baseAddress?.assumingMemoryBound(to: CChar.self)
                    var free = room.count
                    let count = iconv(handle, &next, &left, &place, &free)
                    written = room.count - free
                    return (count, errno)
                }
                result += output[..<written]
                if count != -1 { continue }
                if error == E2BIG { continue }
                // One byte of what is no character, or is cut off at the end.
                result += [0xEF, 0xBF, 0xBD]
                faults += 1
                next = next.map { $0 + 1 }
                left -= 1
            }
        }
        return (String(decoding: result, as: UTF8.self), faults)
    }
}
