/// A route such as `api/notes/{id:int}/{part?}` or `files/{*rest}`.
struct RouteTemplate: Sendable {
    private enum Segment: Sendable {
        case literal(String)
        case parameter(name: String, constraints: [String], isOptional: Bool)
        case rest(name: String)
    }

    /// The template as written.
    let text: String
    private let segments: [Segment]

    init(_ text: String) throws {
        self.text = text
        segments = try text.split(separator: "/").map { part in
            guard part.hasPrefix("{") else { return .literal(part.lowercased()) }
            guard part.hasSuffix("}"), part.count > 2 else {
                throw HostError("the route \(text) has unbalanced braces.")
            }
            var inner = part.dropFirst().dropLast()
            if inner.hasPrefix("*") { return .rest(name: String(inner.drop { $0 == "*" })) }
            let isOptional = inner.hasSuffix("?")
            if isOptional { inner = inner.dropLast() }
            let pieces = inner.split(separator: ":").map(String.init)
            guard let name = pieces.first else { throw HostError("the route \(text) has a parameter without a name.") }
            let constraints = Array(pieces.dropFirst())
            for constraint in constraints where Self.check(constraint) == nil {
                throw HostError("the route \(text) has the constraint \(constraint), which this host does not know.")
            }
            return .parameter(name: name, constraints: constraints, isOptional: isOptional)
        }
    }

    /// The parameters of a path that matches; absent optional ones are `nil` values.
    func match(_ path: [String]) -> [(name: String, value: String?)]? {
        var values: [(String, String?)] = []
        var rest = path[...]
        for segment in segments {
            switch segment {
            case .literal(let text):
                guard let part = rest.popFirst(), part.lowercased() == text else { return nil }
            case .rest(let name):
                values.append((name, rest.joined(separator: "/")))
                return values
            case .parameter(let name, let constraints, let isOptional):
                guard let part = rest.popFirst() else {
                    guard isOptional else { return nil }
                    values.append((name, nil))
                    continue
                }
                guard constraints.allSatisfy({ Self.check($0)?(part) ?? false }) else { return nil }
                values.append((name, part))
            }
        }
        return rest.isEmpty ? values : nil
    }

    private static func check(_ constraint: String) -> ((String) -> Bool)? {
        switch constraint {
        case "int": { Int32($0) != nil }
        case "long": { Int64($0) != nil }
        case "bool": { ["true", "false"].contains($0.lowercased()) }
        case "decimal", "double", "float": { Double($0) != nil }
        case "alpha": { $0.utf8.allSatisfy { (65...90).contains($0 & 0xDF) } }
        case "guid":
            { text in
                let digits = text.filter { !"-{}".contains($0) }
                return digits.utf8.count == 32 && digits.allSatisfy(\.isHexDigit)
            }
        default: nil
        }
    }
}
