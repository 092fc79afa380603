package import JSONCoding

/// A parsed query of Cosmos DB's SQL ("Queries in Azure Cosmos DB for NoSQL").
package struct Query: Sendable, Equatable {
    /// One entry of FROM: the container, a path into what was bound before, or a subquery.
    package struct Source: Sendable, Equatable {
        /// What rows an entry brings.
        package enum Kind: Sendable, Equatable {
            /// The container itself, or a path into its items, one row per item.
            case path(Expression)
            /// One row per element of an array.
            case elements(Expression)
            /// One row per row of a subquery.
            case rows(Query)
            /// One row per row of a subquery, or per element where a row is an array.
            case elementsOfRows(Query)
        }

        /// Empty for a subquery that has no name.
        package let name: String
        package let kind: Kind
    }

    /// A projected column; its name is the key in the result.
    package struct Column: Sendable, Equatable {
        package let name: String
        package let expression: Expression
    }

    /// What SELECT takes of each row: `*`, one value without a name, or columns.
    package enum Selection: Sendable, Equatable {
        case all
        case value(Expression)
        case columns([Column])
    }

    /// One entry of ORDER BY.
    package struct SortKey: Sendable, Equatable {
        package let expression: Expression
        package let descending: Bool
    }

    package var selection = Selection.all
    package var isDistinct = false
    package var top: Expression?
    /// FROM and JOIN in their order; empty when the query names no source.
    package var sources: [Source] = []
    package var filter: Expression?
    package var groupBy: [Expression] = []
    package var order: [SortKey] = []
    package var offset: Expression?
    package var limit: Expression?

    /// Whether rows are combined, so that the whole input is needed for the first row of the result.
    package var aggregates: Bool { !groupBy.isEmpty || selected.contains(where: \.holdsAggregate) }

    /// The subquery that FROM begins with. It is about the whole container, where every other one is about one row.
    package var leading: Query? {
        switch sources.first?.kind {
        case .rows(let query), .elementsOfRows(let query): query
        default: nil
        }
    }

    /// The expressions of the selection.
    package var selected: [Expression] {
        switch selection {
        case .all: []
        case .value(let expression): [expression]
        case .columns(let columns): columns.map(\.expression)
        }
    }
}

/// A scalar expression.
package indirect enum Expression: Sendable, Equatable {
    case literal(JSONValue)
    case undefined
    /// `@name`.
    case parameter(String)
    /// A name that FROM binds.
    case variable(String)
    case property(Expression, Expression)
    case unary(String, Expression)
    case binary(String, Expression, Expression)
    case isIn(Expression, [Expression], negated: Bool)
    case between(Expression, Expression, Expression, negated: Bool)
    case like(Expression, Expression, escape: Expression?, negated: Bool)
    case conditional(Expression, Expression, Expression)
    case call(String, [Expression])
    case object([Member])
    case array([Expression])
    case exists(Query)
    case arrayOf(Query)
    case scalar(Query)

    /// A name and its value in an object that the query builds.
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: Expression
    }

    package static let aggregateNames: Set<String> = ["COUNT", "SUM", "MIN", "MAX", "AVG", "COUNTIF"]

    /// The expressions directly inside; subqueries count as closed.
    package var parts: [Expression] {
        switch self {
        case .literal, .undefined, .parameter, .variable, .exists, .arrayOf, .scalar: []
        case .property(let base, let key): [base, key]
        case .unary(_, let operand): [operand]
        case .binary(_, let left, let right): [left, right]
        case .isIn(let left, let list, _): [left] + list
        case .between(let value, let low, let high, _): [value, low, high]
        case .like(let value, let pattern, let escape, _): [value, pattern] + (escape.map { [$0] } ?? [])
        case .conditional(let condition, let yes, let no): [condition, yes, no]
        case .call(_, let arguments): arguments
        case .object(let members): members.map(\.value)
        case .array(let items): items
        }
    }

    /// Whether this is a call of an aggregate function.
    package var isAggregate: Bool {
        if case .call(let name, _) = self { Self.aggregateNames.contains(name) } else { false }
    }

    /// Whether an aggregate function is called anywhere inside.
    package var holdsAggregate: Bool { isAggregate || parts.contains(where: \.holdsAggregate) }

    /// The property's name when this is a path's last step by a constant name.
    package var lastName: String? {
        if case .property(_, .literal(.string(let name))) = self { name } else { nil }
    }
}

/// The query cannot be read or run.
package struct QueryError: Error, Sendable {
    /// What is wrong, in the service's words where they are known.
    package let message: String
    /// Where, in UTF-16 units from the start of the text.
    package var location: Range<Int>?
    /// `SC1001` for syntax, `SC2001` for names, `SC1010` for parameters.
    package var code = "SC1001"
}
