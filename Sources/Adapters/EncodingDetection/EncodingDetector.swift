import CUchardet
import TextEncodings

/// Guesses the encoding of bytes that are not UTF-8, by how often characters and pairs of them occur in languages
/// (uchardet, after S. Li and K. Momoi, "A composite approach to language/encoding detection").
enum EncodingDetector {
    private static let longestSample = 1 << 20
    /// Letters beyond ASCII that a text needs for its encoding to be told from the other ones for Latin letters.
    private static let fewestLetters = 4

    /// The likeliest encoding.
    static func encoding(of bytes: ArraySlice<UInt8>) -> TextEncoding {
        guard let first = bytes.firstIndex(where: { $0 >= 0x80 }) else { return .utf8 }
        let sample = bytes[max(bytes.startIndex, first - 64)...].prefix(longestSample)
        guard let found = TextEncoding(label: label(of: sample)) else { return WesternEncodings.encoding(of: sample) }
        let letters = sample.count { $0 > 0xA0 }
        let controls = sample.contains { (0x80...0x9F).contains($0) }
        switch found.name {
        // The same letters, but for the first in capitals; hardly anything is written in it.
        case "x-mac-cyrillic": return TextEncoding(label: "cp1251") ?? found
        case "KOI8-R": return isUkrainian(sample) ? TextEncoding(label: "koi8u") ?? found : found
        case "ISO-8859-7": return controls ? TextEncoding(label: "cp1253") ?? found : found
        case "ISO-8859-2":
            if letters < fewestLetters { return WesternEncodings.encoding(of: sample) }
            return controls ? TextEncoding(label: "cp1250") ?? found : found
        case "windows-1250", "windows-1257", "windows-1258", "ISO-8859-3", "ISO-8859-4", "ISO-8859-10", "ISO-8859-13",
            "ISO-8859-14", "ISO-8859-15", "ISO-8859-16", "macintosh", "IBM852":
            // A few of them occur in every one of these; texts of the west are the most frequent.
            let isWestern = letters < fewestLetters || controls && found.name.hasPrefix("ISO")
            return WesternEncodings.encoding(of: sample, guessed: isWestern ? .windows1252 : found)
        case "windows-1252": return WesternEncodings.encoding(of: sample)
        default: return found
        }
    }

    /// The encoding of text of seven bits that shifts between alphabets.
    static func shifted(_ bytes: ArraySlice<UInt8>) -> TextEncoding {
        TextEncoding(label: label(of: bytes.prefix(longestSample))) ?? .utf8
    }

    private static func label(of sample: ArraySlice<UInt8>) -> String {
        let detector = uchardet_new()
        defer { uchardet_delete(detector) }
        let isTaken = sample.withUnsafeBytes { raw in
            uchardet_handle_data(detector, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count) == 0
        }
        uchardet_data_end(detector)
        return isTaken ? String(cString: uchardet_get_charset(detector)) : ""
    }

    /// Whether the letters that Russian has not are there, which KOI8-R has as pieces of boxes.
    private static func isUkrainian(_ sample: ArraySlice<UInt8>) -> Bool {
        let own: Set<UInt8> = [0xA4, 0xA6, 0xA7, 0xAD, 0xB4, 0xB6, 0xB7, 0xBD]
        return zip(sample, sample.dropFirst()).contains {
            own.contains($0) && $1 >= 0xC0 || own.contains($1) && $0 >= 0xC0
        }
    }
}
