/// A route such as `api/notes/{id:int}/{part?}` or `files/{*rest}` (ASP.NET route templates).
struct RouteTemplate: Sendable {
    typealias Values = [(name: String, value: String?)]

    private enum Segment: Sendable {
        case literal(String)
        case parameter(RouteParameter)
        case parts(RouteParts)
        case rest(RouteParameter)
    }

    /// The template as written.
    let text: String
    private let segments: [Segment]

    /// - Throws: `HostError` that says what is wrong with the template.
    init(_ text: String) throws {
        self.text = text
        let parts = Self.split(text)
        guard !parts.contains("") else { throw HostError("the route \(text) has two slashes in a row.") }
        segments = try parts.enumerated().map { index, part in
            guard part.contains("{") || part.contains("}") else { return .literal(part.lowercased()) }
            let pieces = try RouteParts.split(part, of: text)
            guard pieces.count == 1, case .parameter(let inner) = pieces[0] else {
                return .parts(try RouteParts(pieces, of: text))
            }
            let (parameter, isRest) = try RouteParameter.read(inner, of: text)
            let segment: Segment = isRest ? .rest(parameter) : .parameter(parameter)
            if isRest, index < parts.count - 1 {
                throw HostError("the route \(text) goes on behind a catch-all, which must be the last segment.")
            }
            return segment
        }
        let names = parameters
        guard Set(names.map { $0.lowercased() }).count == names.count else {
            throw HostError("the route \(text) has two parameters of one name.")
        }
    }

    /// Names of the parameters in order.
    var parameters: [String] {
        segments.flatMap { segment -> [String] in
            switch segment {
            case .literal: []
            case .parameter(let parameter), .rest(let parameter): [parameter.name]
            case .parts(let parts): parts.names
            }
        }
    }

    /// The parameters of a path that matches; absent optional ones are `nil` values.
    func match(_ path: [String]) -> Values? {
        if segments.count > path.count, segments.count - path.count > parameters.count { return nil }
        var values: Values = []
        var rest = path[...]
        for segment in segments {
            switch segment {
            case .literal(let text):
                guard let part = rest.popFirst(), part == text || part.lowercased() == text else { return nil }
            case .rest(let parameter):
                let joined = rest.joined(separator: "/")
                let value = joined.isEmpty ? parameter.standard : joined
                guard value.map({ value in parameter.constraints.allSatisfy { $0.allows(value) } }) ?? true else {
                    return nil
                }
                values.append((parameter.name, value))
                return values
            case .parts(let parts):
                guard let part = rest.popFirst(), let found = parts.match(part) else { return nil }
                values += found
            case .parameter(let parameter):
                guard let part = rest.popFirst() else {
                    guard parameter.isOptional || parameter.standard != nil else { return nil }
                    values.append((parameter.name, parameter.standard))
                    continue
                }
                guard parameter.constraints.allSatisfy({ $0.allows(part) }) else { return nil }
                values.append((parameter.name, part))
            }
        }
        return rest.isEmpty ? values : nil
    }

    /// Splits at slashes outside of braces, since a regular expression may hold some.
    private static func split(_ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        var parts = [""]
        var depth = 0
        for character in text {
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            if character == "/" && depth <= 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }
}
