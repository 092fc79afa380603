import HTTPMessages

/// An address with places for arguments, `{name}`, after the host only. An argument is one component and stays one: it
/// changes neither host nor path nor the query's other parts.
struct URLTemplate: Sendable {
    private enum Piece: Sendable {
        case text(String)
        case argument(String)
    }

    /// Scheme, host and port, which no argument can be part of.
    private let origin: String
    private let segments: [[Piece]]
    private let query: [Piece]?
    /// The arguments that have a place.
    let names: Set<String>

    /// Reads a template.
    ///
    /// - Throws: `ToolFailure` that says what is wrong with it.
    init(_ text: String) throws(ToolFailure) {
        guard !text.contains("#") else { throw ToolFailure("Must not have a fragment.") }
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        let scheme = parts.first.map(String.init) ?? ""
        guard ["http:", "https:"].contains(scheme), parts.count > 2, parts[1].isEmpty, !parts[2].isEmpty else {
            throw ToolFailure("Must begin with http:// or https:// and a host.")
        }
        let authority = parts[2].prefix { $0 != "?" }
        guard !authority.contains("{") else { throw ToolFailure("Arguments may stand after the host only.") }
        origin = "\(scheme)//\(authority)"
        let rest = text.dropFirst(origin.count)
        let path = rest.prefix { $0 != "?" }
        segments = path.split(separator: "/", omittingEmptySubsequences: false).map(Self.pieces)
        query = path.count < rest.count ? Self.pieces(rest.dropFirst(path.count + 1)) : nil
        for segment in path.split(separator: "/") where Self.climbs(String(segment)) {
            throw ToolFailure("Must not have dot segments.")
        }
        names = Set(
            (segments.flatMap(\.self) + (query ?? [])).compactMap {
                if case .argument(let name) = $0 { name } else { nil }
            })
    }

    private static func pieces(_ text: Substring) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text
        while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
            if start > rest.startIndex { pieces.append(.text(String(rest[..<start]))) }
            pieces.append(.argument(String(rest[rest.index(after: start)..<end])))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        return pieces
    }

    /// The address with its arguments in their places.
    ///
    /// - Throws: `ToolFailure` when one is missing, or would change the path.
    func filled(_ values: [String: String]) throws(ToolFailure) -> String {
        var path: [String] = []
        for segment in segments {
            let text = try Self.text(segment, values)
            let hasArgument = segment.contains { if case .argument = $0 { true } else { false } }
            if hasArgument, text.isEmpty || Self.climbs(text) {
                throw ToolFailure(
                    "An argument would change the path: it is empty, or has dots or control characters alone.")
            }
            path.append(text)
        }
        var result = origin + path.joined(separator: "/")
        if let query { result += "?" + (try Self.text(query, values)) }
        return result
    }

    private static func text(_ pieces: [Piece], _ values: [String: String]) throws(ToolFailure) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let fixed): text += fixed
            case .argument(let name):
                guard let value = values[name] else { throw ToolFailure("arguments.\(name): Required.") }
                text += percentEncoded(value)
            }
        }
        return text
    }

    /// Whether a segment, as a server understands it that decodes it once or more often, leads elsewhere: parts of dots
    /// alone, and what ends or hides them.
    private static func climbs(_ segment: String) -> Bool {
        let plain = PercentText.decoded(segment).unicodeScalars
        if plain.contains(where: { $0.value < 32 || $0.value == 127 }) { return true }
        let parts = plain.split(omittingEmptySubsequences: true) {
            "/\\;?#\u{2215}\u{2044}\u{FF0F}\u{FF3C}".unicodeScalars.contains($0)
        }
        return parts.contains { part in
            let trimmed = part.filter { !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint }
            return !trimmed.isEmpty && trimmed.allSatisfy(dots.contains)
        }
    }

    /// The full stop, and what compatibility mappings make one or two of.
    private static let dots = Set(".\u{2024}\u{2025}\u{2026}\u{FF0E}\u{FE52}\u{3002}".unicodeScalars)
}
