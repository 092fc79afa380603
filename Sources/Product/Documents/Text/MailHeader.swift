import EncodingDetection
import TextEncodings

/// The header of a message or of a part of one (RFC 5322, RFC 2045).
struct MailHeader {
    private static let mostFields = 500

    private var fields: [(name: String, value: String)] = []
    /// Where the body begins in the bytes.
    let bodyStart: Int

    init(_ bytes: ArraySlice<UInt8>) {
        var place = bytes.startIndex
        var lines: [String] = []
        while place < bytes.endIndex {
            let end = bytes[place...].firstIndex(of: 10) ?? bytes.endIndex
            var line = bytes[place..<end]
            place = min(end + 1, bytes.endIndex)
            if line.last == 13 { line = line.dropLast() }
            if line.isEmpty { break }
            let text = DecodedText(Array(line)).text
            if let first = text.first, first == " " || first == "\t", !lines.isEmpty {
                lines[lines.count - 1] += " " + text.trimmed
            } else if lines.count < Self.mostFields {
                lines.append(text)
            }
        }
        bodyStart = place
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields.append((line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingSpaces))
        }
    }

    /// A field as it stands there.
    func raw(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// A field for people: encoded words are decoded.
    func text(_ name: String) -> String? { raw(name).map(EncodedWords.decoded) }

    /// A field's value without its parameters, in lower case.
    func value(_ name: String) -> String? {
        raw(name)?.split(separator: ";").first.map { $0.trimmingSpaces.lowercased() }
    }

    /// A parameter of a field, also in the form of RFC 2231 and in pieces.
    func parameter(_ key: String, of name: String) -> String? {
        guard let field = raw(name) else { return nil }
        var pieces: [(number: Int, text: String)] = []
        for part in Self.parts(field).dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let found = part[..<equals].trimmingSpaces.lowercased()
            var value = part[part.index(after: equals)...].trimmingSpaces
            if value.hasPrefix("\"") { value = String(value.dropFirst().prefix { $0 != "\"" }) }
            if found == key { return EncodedWords.decoded(value) }
            guard found.hasPrefix(key + "*") else { continue }
            let isEncoded = found.hasSuffix("*")
            let number = Int(found.dropFirst(key.count + 1).filter(\.isNumber)) ?? 0
            pieces.append((number, isEncoded ? EncodedWords.extended(value) ?? value : value))
        }
        guard !pieces.isEmpty else { return nil }
        return pieces.sorted { $0.number < $1.number }.map(\.text).joined()
    }

    private static func parts(_ field: String) -> [String] {
        var parts = [""]
        var isQuoted = false
        for character in field {
            if character == "\"" { isQuoted.toggle() }
            if character == ";", !isQuoted { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }
}

extension StringProtocol {
    /// Without spaces before and behind.
    var trimmingSpaces: String {
        let rest = drop(while: \.isWhitespace)
        return rest.lastIndex { !$0.isWhitespace }.map { String(rest[...$0]) } ?? ""
    }
}
