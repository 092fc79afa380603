import HTTPMessages

/// The name of a file that is sent to be kept: what a chat is called, without what files cannot be called.
struct AttachmentName {
    private static let longest = 80

    let text: String

    init(_ name: String, extension ending: String) {
        var stem = String.UnicodeScalarView()
        for scalar in name.unicodeScalars.prefix(Self.longest) {
            let isKept =
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
                default: !"/\\:*?\"<>|".unicodeScalars.contains(scalar)
                }
            stem.append(isKept ? scalar : " ")
        }
        let words = String(stem).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        // A dot in front hides a file, one at the end is dropped by some systems.
        let trimmed = words.drop { $0 == "." || $0 == " " }
        let whole = trimmed.split(separator: ".", omittingEmptySubsequences: false)
            .reversed().drop { $0.allSatisfy(\.isWhitespace) }.reversed().joined(separator: ".")
        text = (whole.isEmpty ? "chat" : whole) + "." + ending
    }

    /// `Content-Disposition` (RFC 6266): the name, and for old clients what is left of it in ASCII.
    var disposition: String {
        let plain = String(text.unicodeScalars.map { (32..<127).contains($0.value) ? Character($0) : "_" })
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(percentEncoded(text))"
    }
}
