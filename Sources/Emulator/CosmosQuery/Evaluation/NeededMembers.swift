import JSONCoding

/// The members of an item that a query looks at, so that the others need not be read.
struct NeededMembers {
    private(set) var names: Set<String> = []
    /// Whether it can look at any member.
    private(set) var isAll = false

    mutating func add(_ query: Query, items: Set<String>, withSelection: Bool = true) {
        var items = items
        for source in query.sources {
            let isItem = source.isItem { items.contains($0) }
            switch source.kind {
            case .path(let path), .elements(let path): if !isItem { add(path, items) }
            case .rows(let query), .elementsOfRows(let query): add(query, items: items)
            }
            if isItem { items.insert(source.name) } else { items.remove(source.name) }
        }
        if withSelection {
            if query.selection == .all, items.contains(query.sources.last?.name ?? Evaluator.containerName) {
                isAll = true
            }
            for expression in query.selected { add(expression, items) }
        }
        for expression in [query.filter].compactMap(\.self) + query.groupBy { add(expression, items) }
        for key in query.order { add(key.expression, items) }
    }

    private mutating func add(_ expression: Expression, _ items: Set<String>) {
        switch expression {
        case .variable(let name): if items.contains(name) { isAll = true }
        case .property(.variable(let name), .literal(.string(let member))) where items.contains(name):
            names.insert(member)
        case .exists(let query), .arrayOf(let query), .scalar(let query): add(query, items: items)
        default: for part in expression.parts { add(part, items) }
        }
    }
}

extension Query {
    /// The members of the items that evaluating this takes; `nil` when it can be any.
    ///
    /// - Parameter withSelection: Whether rows are projected too, and not only found and ordered.
    package func members(_ rules: ContainerRules, withSelection: Bool) -> Set<String>? {
        guard rules.computed.isEmpty else { return nil }
        var needed = NeededMembers()
        needed.add(self, items: [Evaluator.containerName], withSelection: withSelection)
        return needed.isAll ? nil : needed.names
    }
}
