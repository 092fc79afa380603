/// A blob trigger's path: a container and a pattern with tokens, e.g. `uploads/{name}.{ext}`.
struct BlobPattern: Sendable, Equatable {
    let container: String
    private let parts: [Part]

    private enum Part: Sendable, Equatable {
        case literal(String)
        case token(String)
    }

    init(_ path: String) throws {
        let trimmed = path.trimmingSlashes
        let pieces = trimmed.split(separator: "/", maxSplits: 1).map(String.init)
        container = pieces.first ?? ""
        guard !container.isEmpty, !container.contains("{") else {
            throw HostError("the blob path \(path) must begin with the name of a container.")
        }
        var parts: [Part] = []
        var rest = (pieces.count == 2 ? pieces[1] : "{name}")[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}"), rest.index(after: open) < close else {
                throw HostError("the blob path \(path) has unbalanced or empty braces.")
            }
            if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
            if case .token = parts.last {
                throw HostError("the blob path \(path) has two tokens without anything between them.")
            }
            parts.append(.token(String(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    /// What every name begins with, to list by.
    var prefix: String { if case .literal(let text) = parts.first { text } else { "" } }

    /// The tokens of a name that fits; a token takes as much as it can.
    func match(_ name: String) -> [(name: String, value: String)]? {
        var values: [(String, String)] = []
        var rest = name[...]
        for (index, part) in parts.enumerated() {
            switch part {
            case .literal(let text):
                guard rest.hasPrefix(text) else { return nil }
                rest = rest.dropFirst(text.count)
            case .token(let token):
                guard index + 1 < parts.count, case .literal(let next) = parts[index + 1] else {
                    guard !rest.isEmpty else { return nil }
                    values.append((token, String(rest)))
                    return values
                }
                // The last place where what follows stands; the end of the name when it is the last part.
                let places = rest.ranges(of: next)
                let isLast = index + 2 == parts.count
                guard let place = places.last(where: { !isLast || $0.upperBound == rest.endIndex }),
                    place.lowerBound > rest.startIndex
                else { return nil }
                values.append((token, String(rest[..<place.lowerBound])))
                rest = rest[place.lowerBound...]
            }
        }
        return rest.isEmpty ? values : nil
    }
}
