/// A segment of a route's template that has text and parameters beside each other, such as `v{n}` or `{name}.{ext?}`
/// (docs/reference/functions-custom-handlers.md, 7.3).
struct RouteParts: Sendable {
    /// A piece of a segment as written; a parameter without its braces.
    enum Piece: Equatable {
        case text(String)
        case parameter(String)
    }

    private enum Part: Sendable {
        /// In lower case.
        case text([Character])
        case parameter(RouteParameter)
    }

    private let parts: [Part]

    /// - Throws: `HostError` that says what is wrong with the template `text`.
    init(_ pieces: [Piece], of text: String) throws {
        var parts: [Part] = []
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .text(let literal): parts.append(.text(Array(literal.lowercased())))
            case .parameter(let inner):
                let (parameter, isRest) = try RouteParameter.read(inner, of: text)
                guard !isRest else { throw HostError("the route \(text) has text beside a catch-all.") }
                if case .parameter = parts.last {
                    throw HostError("the route \(text) has two parameters with nothing between them.")
                }
                if parameter.isOptional {
                    guard index == pieces.count - 1, index > 0, case .text(let literal) = parts[index - 1],
                        literal == ["."]
                    else {
                        throw HostError(
                            "the route \(text) has an optional parameter beside text; only one at the end, behind a "
                                + "point, may be optional.")
                    }
                }
                parts.append(.parameter(parameter))
            }
        }
        self.parts = parts
    }

    /// Names of the parameters in order.
    var names: [String] {
        parts.compactMap { if case .parameter(let parameter) = $0 { parameter.name } else { nil } }
    }

    /// The parameters of a segment that matches; an absent optional one is a `nil` value.
    func match(_ segment: String) -> RouteTemplate.Values? {
        let characters = Array(segment)
        if let values = Self.match(parts[...], characters) { return values }
        guard case .parameter(let last) = parts.last, last.isOptional, characters.last != "." else { return nil }
        return Self.match(parts.dropLast(2), characters).map { $0 + [(last.name, last.standard)] }
    }

    /// Goes from the end to the start: a text is looked for as far to the right as it can be, and what is between two
    /// texts, one character at least, is the parameter's.
    private static func match(_ parts: ArraySlice<Part>, _ segment: [Character]) -> RouteTemplate.Values? {
        var values: RouteTemplate.Values = []
        var end = segment.count
        var pending: RouteParameter?
        func take(_ parameter: RouteParameter, from start: Int) -> Bool {
            let value = String(segment[start..<end])
            guard !value.isEmpty, parameter.allows(value) else { return false }
            values.insert((parameter.name, value), at: 0)
            return true
        }
        for part in parts.reversed() {
            switch part {
            case .parameter(let parameter): pending = parameter
            case .text(let literal):
                var place = end - literal.count - (pending == nil ? 0 : 1)
                // Text at the end has to be there exactly.
                if pending != nil { while place >= 0, !holds(segment, literal, at: place) { place -= 1 } }
                guard place >= 0, holds(segment, literal, at: place) else { return nil }
                if let parameter = pending, !take(parameter, from: place + literal.count) { return nil }
                pending = nil
                end = place
            }
        }
        if let pending { return take(pending, from: 0) ? values : nil }
        return end == 0 ? values : nil
    }

    private static func holds(_ segment: [Character], _ literal: [Character], at place: Int) -> Bool {
        zip(segment[place...], literal).allSatisfy { String($0).lowercased() == String($1) }
    }

    /// The pieces of a segment.
    ///
    /// - Throws: `HostError` for braces that do not match.
    static func split(_ segment: String, of text: String) throws -> [Piece] {
        var pieces: [Piece] = []
        var current = ""
        var depth = 0
        for character in segment {
            switch character {
            case "{":
                if depth == 0 {
                    if !current.isEmpty { pieces.append(.text(current)) }
                    current = ""
                } else {
                    current.append(character)
                }
                depth += 1
            case "}":
                depth -= 1
                guard depth >= 0 else { throw unbalanced(text) }
                if depth == 0 {
                    pieces.append(.parameter(current))
                    current = ""
                } else {
                    current.append(character)
                }
            default: current.append(character)
            }
        }
        guard depth == 0 else { throw unbalanced(text) }
        if !current.isEmpty { pieces.append(.text(current)) }
        return pieces
    }

    private static func unbalanced(_ text: String) -> HostError {
        HostError("the route \(text) has unbalanced braces.")
    }
}
