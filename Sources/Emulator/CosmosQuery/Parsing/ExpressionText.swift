import JSONCoding

extension Expression {
    /// The expression as query text again.
    var text: String {
        switch self {
        case .literal(let value): value.text
        case .undefined: "undefined"
        case .parameter(let name), .variable(let name): name
        case .property(let base, .literal(.string(let name))) where Self.isPlain(name): "\(base.text).\(name)"
        case .property(let base, let key): "\(base.text)[\(key.text)]"
        case .unary(let name, let operand): name == "NOT" ? "(NOT \(operand.text))" : "(\(name)\(operand.text))"
        case .binary(let name, let left, let right): "(\(left.text) \(name) \(right.text))"
        case .isIn(let left, let list, let negated):
            "(\(left.text) \(negated ? "NOT " : "")IN (\(Self.list(list))))"
        case .between(let value, let low, let high, let negated):
            "(\(value.text) \(negated ? "NOT " : "")BETWEEN \(low.text) AND \(high.text))"
        case .like(let value, let pattern, let escape, let negated):
            "(\(value.text) \(negated ? "NOT " : "")LIKE \(pattern.text)\(escape.map { " ESCAPE " + $0.text } ?? ""))"
        case .conditional(let condition, let yes, let no): "(\(condition.text) ? \(yes.text) : \(no.text))"
        case .call(let name, let arguments): "\(name)(\(Self.list(arguments)))"
        case .object(let members):
            "{" + members.map { "\(JSONValue.string($0.name).text): \($0.value.text)" }.joined(separator: ", ") + "}"
        case .array(let items): "[\(Self.list(items))]"
        case .exists(let query): "EXISTS(\(query.text))"
        case .arrayOf(let query): "ARRAY(\(query.text))"
        case .scalar(let query): "(\(query.text))"
        }
    }

    private static func list(_ items: [Expression]) -> String { items.map(\.text).joined(separator: ", ") }

    private static func isPlain(_ name: String) -> Bool {
        let isLetter: (Unicode.Scalar) -> Bool = { $0 == "_" || ("a"..."z").contains($0) || ("A"..."Z").contains($0) }
        guard let first = name.unicodeScalars.first, isLetter(first) else { return false }
        let reserved = ["order", "value", "group", "top", "by", "select", "from", "where", "in", "like", "between"]
        return name.unicodeScalars.allSatisfy { isLetter($0) || ("0"..."9").contains($0) }
            && !reserved.contains(name.lowercased())
    }
}

extension Query {
    /// The query as text again.
    var text: String {
        var parts = ["SELECT"]
        if isDistinct { parts.append("DISTINCT") }
        if let top { parts.append("TOP \(top.text)") }
        switch selection {
        case .all: parts.append("*")
        case .value(let expression): parts.append("VALUE \(expression.text)")
        case .columns(let columns):
            parts.append(
                columns.map { column in
                    column.expression.lastName == column.name || column.name.hasPrefix("$")
                        ? column.expression.text : "\(column.expression.text) AS \(column.name)"
                }.joined(separator: ", "))
        }
        parts.append(tail)
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Everything behind the selection.
    private var tail: String {
        var parts = [inputText]
        if let filter { parts.append("WHERE \(filter.text)") }
        if !groupBy.isEmpty { parts.append("GROUP BY " + groupBy.map(\.text).joined(separator: ", ")) }
        if !order.isEmpty { parts.append(orderText) }
        if let offset, let limit { parts.append("OFFSET \(offset.text) LIMIT \(limit.text)") }
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    var orderText: String {
        "ORDER BY "
            + order.map { key in
                if case .call("VECTORDISTANCE", _) = key.expression { return key.expression.text }
                return "\(key.expression.text) \(key.descending ? "DESC" : "ASC")"
            }.joined(separator: ", ")
    }

    var inputText: String {
        guard !sources.isEmpty else { return "" }
        return "FROM "
            + sources.map { source in
                switch source.kind {
                case .path(let path): path.text == source.name ? source.name : "\(path.text) AS \(source.name)"
                case .elements(let path): "\(source.name) IN \(path.text)"
                case .rows(let query): source.name.isEmpty ? "(\(query.text))" : "(\(query.text)) AS \(source.name)"
                case .elementsOfRows(let query): "\(source.name) IN (\(query.text))"
                }
            }.joined(separator: " JOIN ")
    }
}
