/// A parameter of a route's template, with what it says of its values.
struct RouteParameter: Sendable {
    let name: String
    let constraints: [RouteConstraint]
    let isOptional: Bool
    let standard: String?

    /// Whether a value meets every condition.
    func allows(_ value: String) -> Bool { constraints.allSatisfy { $0.allows(value) } }

    /// Reads what stands between the braces of a parameter, such as `*rest=index` or `id:int?`.
    ///
    /// - Throws: `HostError` that says what is wrong with the template `text`.
    static func read(_ given: String, of text: String) throws -> (parameter: RouteParameter, isRest: Bool) {
        var inner = given[...]
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
        var isOptional = false
        var standard: String?
        if last.hasSuffix("?"), !last.hasSuffix("(?") {
            isOptional = true
            last.removeLast()
        }
        if let equals = last.firstIndex(of: "="), !last[..<equals].contains("(") {
            standard = String(last[last.index(after: equals)...])
            last = String(last[..<equals])
        }
        pieces.append(last)
        let name = pieces.removeFirst()
        guard given != "" else { throw HostError("the route \(text) has a parameter without a name.") }
        guard !name.isEmpty, !name.contains(where: { "{}/?*".contains($0) }) else {
            throw HostError("the route \(text) has a parameter without a usable name.")
        }
        let constraints = try pieces.map { given in
            // Braces of a regular expression are doubled in a template.
            let piece = given.replacing("{{", with: "{").replacing("}}", with: "}")
            guard let constraint = RouteConstraint(piece) else {
                throw HostError("the route \(text) has the constraint \(piece), which this host cannot use.")
            }
            return constraint
        }
        return (
            RouteParameter(name: name, constraints: constraints, isOptional: isOptional, standard: standard), isRest
        )
    }
}
