/// A route such as `api/notes/{id:int}/{part?}` or `files/{*rest}` (ASP.NET route templates).
struct RouteTemplate: Sendable {
    typealias Values = [(name: String, value: String?)]

    private enum Segment: Sendable {
        case literal(String)
        case parameter(Parameter)
        case rest(Parameter)
    }

    private struct Parameter: Sendable {
        let name: String
        var constraints: [RouteConstraint] = []
        var isOptional = false
        var standard: String?
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
            guard part.hasPrefix("{"), part.hasSuffix("}"), part.utf8.count > 2 else {
                throw HostError(
                    part == "{}"
                        ? "the route \(text) has a parameter without a name."
                        : "the route \(text) has unbalanced braces, or text beside a parameter.")
            }
            let segment = try Self.segment(part.dropFirst().dropLast(), of: text)
            if case .rest = segment, index < parts.count - 1 {
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
        segments.compactMap {
            switch $0 {
            case .literal: nil
            case .parameter(let parameter), .rest(let parameter): parameter.name
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

    private static func segment(_ given: Substring, of text: String) throws -> Segment {
        var inner = given
        let isRest = inner.hasPrefix("*")
        while inner.hasPrefix("*") { inner = inner.dropFirst() }
        var pieces = [""]
        var depth = 0
        for character in inner {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ":" && depth == 0 {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        var last = pieces.removeLast()
        var parameter = Parameter(name: "")
        if last.hasSuffix("?"), !last.hasSuffix("(?") {
            parameter.isOptional = true
            last.removeLast()
        }
        if let equals = last.firstIndex(of: "="), !last[..<equals].contains("(") {
            parameter.standard = String(last[last.index(after: equals)...])
            last = String(last[..<equals])
        }
        pieces.append(last)
        let name = pieces.removeFirst()
        guard !name.isEmpty, !name.contains(where: { "{}/?*".contains($0) }) else {
            throw HostError("the route \(text) has a parameter without a usable name.")
        }
        var result = Parameter(name: name)
        (result.isOptional, result.standard) = (parameter.isOptional, parameter.standard)
        result.constraints = try pieces.map { given in
            // Braces of a regular expression are doubled in a template.
            let piece = given.replacing("{{", with: "{").replacing("}}", with: "}")
            guard let constraint = RouteConstraint(piece) else {
                throw HostError("the route \(text) has the constraint \(piece), which this host cannot use.")
            }
            return constraint
        }
        return isRest ? .rest(result) : .parameter(result)
    }
}
