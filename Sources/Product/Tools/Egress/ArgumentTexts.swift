import CLinux
import JSONCoding
import TextSearch

extension JSONValue {
    /// Everything that is neither list nor object, however deep; an empty list or object stands for itself.
    var leaves: [JSONValue] {
        switch self {
        case .array(let list) where !list.isEmpty: list.flatMap(\.leaves)
        case .object(let object) where !object.isEmpty: object.members.flatMap(\.value.leaves)
        default: [self]
        }
    }

    /// Every text, names of members included.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let list): list.flatMap(\.texts)
        case .object(let object): object.members.flatMap { [$0.name] + $0.value.texts }
        case .null, .bool, .int, .double: []
        }
    }
}

/// Percent-encoded text.
enum PercentText {
    private static let maximumRounds = 8

    /// The text as a server may understand it that decodes it once, or more often.
    static func decoded(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<maximumRounds where bytes.contains(UInt8(ascii: "%")) { bytes = once(bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func once(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count, let high = digit(bytes[place + 1]),
                let low = digit(bytes[place + 2])
            {
                result.append(high << 4 | low)
                place += 3
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}

/// How addresses give themselves away.
enum AddressSigns {
    /// Whether a text seems to hold an address: of a page, a host with a path or port, or a mailbox.
    static func areIn(_ text: String) -> Bool {
        let words = text.split { $0.isWhitespace || "<>\"'`(),;".contains($0) }
        return words.contains { word in
            let lower = word.lowercased()
            if lower.contains("://") || lower.hasPrefix("//") || lower.hasPrefix("\\\\") || lower.hasPrefix("www.")
                || lower.hasPrefix("mailto:")
            {
                return true
            }
            if let at = lower.lastIndex(of: "@"), isHost(lower[lower.index(after: at)...], labels: 2) { return true }
            let host = lower.prefix { !"/:?#\\".contains($0) }
            return isHost(host, labels: host.count < lower.count ? 2 : 3)
        }
    }

    /// Whether a text is a host's name of so many labels, the last of letters.
    private static func isHost(_ text: Substring, labels least: Int) -> Bool {
        let trimmed = text.last == "." ? text.dropLast() : text
        let labels = trimmed.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= least, let last = labels.last, last.count >= 2, last.allSatisfy(\.isLetter) else {
            return false
        }
        return labels.allSatisfy {
            !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        }
    }
}

extension String {
    /// Whether a text stands in this one as a word or words of their own. Compared by bytes, in time that grows with both.
    func contains(word: String) -> Bool {
        guard !word.isEmpty else { return false }
        let bytes = Array(utf8)
        let part = Array(word.utf8)
        var start = 0
        while start < bytes.count {
            let place = bytes[start...].withUnsafeBytes { apus_find_bytes($0.baseAddress, $0.count, part, part.count) }
            guard place >= 0 else { return false }
            let (first, end) = (start + place, start + place + part.count)
            let isAlone =
                (first == 0 || !Self.isOfWord(bytes[first - 1])) && (end == bytes.count || !Self.isOfWord(bytes[end]))
            if isAlone { return true }
            start = first + 1
        }
        return false
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 95, 45: true
        default: false
        }
    }
}
