package import JSONCoding

/// What the names of FROM stand for in one row; `nil` values are undefined. Inner names hide outer ones.
package struct Scope: Sendable {
    private var names: [String] = []
    private var values: [JSONValue?] = []

    /// The scope of an item: only the container's own name is bound.
    package init(item: JSONValue?) { bind(Evaluator.containerName, item) }

    mutating func bind(_ name: String, _ value: JSONValue?) {
        names.append(name)
        values.append(value)
    }

    subscript(_ name: String) -> JSONValue? {
        guard let index = names.lastIndex(of: name) else { return nil }
        return values[index]
    }

    /// What the innermost name stands for.
    var innermost: JSONValue? { values.last ?? nil }
}
