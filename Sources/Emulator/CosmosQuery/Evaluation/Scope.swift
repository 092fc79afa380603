package import JSONCoding

/// What the names of FROM stand for in one row; `nil` values are undefined. Inner names hide outer ones.
package struct Scope: Sendable {
    private struct Binding {
        let name: String
        let value: JSONValue?
        let isItem: Bool
    }

    private var bindings: [Binding] = []

    /// The scope of an item: only the container's own name is bound.
    package init(item: JSONValue?) { bind(Evaluator.containerName, item, isItem: true) }

    /// - Parameter isItem: Whether the value is the whole item, which has computed properties too.
    mutating func bind(_ name: String, _ value: JSONValue?, isItem: Bool = false) {
        bindings.append(Binding(name: name, value: value, isItem: isItem))
    }

    private func binding(_ name: String) -> Binding? { bindings.last { $0.name == name } }

    subscript(_ name: String) -> JSONValue? { binding(name)?.value }

    /// Whether a name stands for the whole item.
    func isItem(_ name: String) -> Bool { binding(name)?.isItem ?? false }

    /// What the innermost name stands for.
    var innermost: JSONValue? { bindings.last?.value }
}
