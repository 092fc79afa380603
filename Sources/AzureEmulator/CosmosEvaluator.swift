import JSONCoding
import Telemetry

/// Runs a parsed query over items; `nil` stands for SQL's undefined.
struct CosmosEvaluator: Sendable {
    let query: CosmosQuery
    let parameters: [String: JSONValue]

    private static let aggregates = ["COUNT", "SUM", "MIN", "MAX", "AVG"]

    /// The rows of the answer, in order.
    func run(_ items: [JSONValue]) throws(CosmosSyntaxError) -> [JSONValue] {
        var rows: [JSONValue] = []
        for item in items {
            if let filter = query.filter, try value(filter, item)?.bool != true { continue }
            rows.append(item)
        }
        if !query.order.isEmpty { rows = try sorted(rows) }
        if hasAggregate { return try aggregated(rows) }
        var result: [JSONValue] = []
        for row in rows {
            guard let projected = try projection(row) else { continue }
            if query.isDistinct, result.contains(projected) { continue }
            result.append(projected)
        }
        if let offset = try query.offset.map(count), let limit = try query.limit.map(count) {
            result = Array(result.dropFirst(offset).prefix(limit))
        }
        if let top = try query.top.map(count) { result = Array(result.prefix(top)) }
        return result
    }

    private func count(_ expression: CosmosQuery.Expression) throws(CosmosSyntaxError) -> Int {
        guard let number = try value(expression, .null)?.int, (0...Int64(Int32.max)).contains(number) else {
            throw CosmosSyntaxError(message: "TOP, OFFSET and LIMIT need a number of 0 or more.")
        }
        return Int(number)
    }

    private func sorted(_ rows: [JSONValue]) throws(CosmosSyntaxError) -> [JSONValue] {
        var keyed: [(keys: [JSONValue?], row: JSONValue)] = []
        for row in rows {
            var keys: [JSONValue?] = []
            for (expression, _) in query.order { keys.append(try value(expression, row)) }
            keyed.append((keys, row))
        }
        let directions = query.order.map(\.descending)
        keyed.sort { left, right in
            for ((a, b), descending) in zip(zip(left.keys, right.keys), directions) {
                let order = Self.compare(a, b)
                if order != 0 { return descending ? order > 0 : order < 0 }
            }
            return false
        }
        return keyed.map(\.row)
    }

    // MARK: - Projection

    private func projection(_ row: JSONValue) throws(CosmosSyntaxError) -> JSONValue? {
        switch query.selection {
        case .all: return row
        case .value(let expression): return try value(expression, row)
        case .columns(let columns):
            var object = JSONObject()
            for column in columns {
                if let value = try value(column.expression, row) { object[column.name] = value }
            }
            return .object(object)
        }
    }

    private var hasAggregate: Bool {
        switch query.selection {
        case .all: false
        case .value(let expression): Self.isAggregate(expression)
        case .columns(let columns): columns.contains { Self.isAggregate($0.expression) }
        }
    }

    private static func isAggregate(_ expression: CosmosQuery.Expression) -> Bool {
        if case .call(let name, _) = expression { aggregates.contains(name) } else { false }
    }

    private func aggregated(_ rows: [JSONValue]) throws(CosmosSyntaxError) -> [JSONValue] {
        switch query.selection {
        case .all: return []
        case .value(let expression): return try aggregate(expression, rows).map { [$0] } ?? []
        case .columns(let columns):
            var object = JSONObject()
            for column in columns {
                if let value = try aggregate(column.expression, rows) { object[column.name] = value }
            }
            return [.object(object)]
        }
    }

    private func aggregate(_ expression: CosmosQuery.Expression, _ rows: [JSONValue]) throws(CosmosSyntaxError)
        -> JSONValue?
    {
        guard case .call(let name, let arguments) = expression, Self.isAggregate(expression),
            let argument = arguments.first
        else { throw CosmosSyntaxError(message: "Aggregates and plain values cannot be mixed without GROUP BY.") }
        var values: [JSONValue] = []
        for row in rows { if let value = try value(argument, row) { values.append(value) } }
        if name == "COUNT" { return .int(Int64(values.count)) }
        let numbers = values.compactMap(\.double)
        switch name {
        case "MIN": return values.min { Self.compare($0, $1) < 0 }
        case "MAX": return values.max { Self.compare($0, $1) < 0 }
        default:
            guard numbers.count == values.count else { return nil }
            let sum = numbers.reduce(0, +)
            if name == "SUM" { return Self.number(sum) }
            return numbers.isEmpty ? nil : Self.number(sum / Double(numbers.count))
        }
    }

    // MARK: - Values

    private static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map { .int($0) } ?? .double(value)
    }

    private func value(_ expression: CosmosQuery.Expression, _ row: JSONValue) throws(CosmosSyntaxError) -> JSONValue? {
        switch expression {
        case .literal(let value): return value
        case .undefined: return nil
        case .root: return row
        case .parameter(let name):
            guard let value = parameters[name] else {
                throw CosmosSyntaxError(message: "Parameter \(name) is not supplied.")
            }
            return value
        case .property(let base, let name): return try value(base, row)?[name]
        case .element(let base, let index): return try value(base, row)?[index]
        case .array(let items):
            var result: [JSONValue] = []
            for item in items { if let value = try value(item, row) { result.append(value) } }
            return .array(result)
        case .object(let members):
            var result = JSONObject()
            for (name, member) in members { if let value = try value(member, row) { result[name] = value } }
            return .object(result)
        case .isIn(let left, let list, let negated):
            guard let left = try value(left, row) else { return nil }
            for item in list {
                if let item = try value(item, row), Self.compare(left, item) == 0 { return .bool(!negated) }
            }
            return .bool(negated)
        case .unary(let name, let operand):
            let operand = try value(operand, row)
            if name == "NOT" { return operand?.bool.map { .bool(!$0) } }
            return operand?.double.map { Self.number(-$0) }
        case .binary(let name, let left, let right): return try binary(name, left, right, row)
        case .call(let name, let arguments): return try call(name, arguments, row)
        }
    }

    private func binary(
        _ name: String, _ left: CosmosQuery.Expression, _ right: CosmosQuery.Expression, _ row: JSONValue
    ) throws(CosmosSyntaxError) -> JSONValue? {
        let a = try value(left, row)
        if name == "AND", a?.bool == false { return false }
        if name == "OR", a?.bool == true { return true }
        let b = try value(right, row)
        switch name {
        case "AND": return b?.bool == false ? false : (a?.bool == true && b?.bool == true ? true : nil)
        case "OR": return b?.bool == true ? true : (a?.bool == false && b?.bool == false ? false : nil)
        case "=", "!=":
            guard let a, let b else { return nil }
            return .bool((Self.compare(a, b) == 0) == (name == "="))
        case "<", "<=", ">", ">=":
            guard let a, let b, Self.rank(a) == Self.rank(b) else { return nil }
            let order = Self.compare(a, b)
            switch name {
            case "<": return .bool(order < 0)
            case "<=": return .bool(order <= 0)
            case ">": return .bool(order > 0)
            default: return .bool(order >= 0)
            }
        case "||":
            guard let a = a?.string, let b = b?.string else { return nil }
            return .string(a + b)
        default:
            guard let a = a?.double, let b = b?.double else { return nil }
            switch name {
            case "+": return Self.number(a + b)
            case "-": return Self.number(a - b)
            case "*": return Self.number(a * b)
            case "/": return b == 0 ? nil : Self.number(a / b)
            default: return b == 0 ? nil : Self.number(a.truncatingRemainder(dividingBy: b))
            }
        }
    }

    private func call(
        _ name: String, _ arguments: [CosmosQuery.Expression], _ row: JSONValue
    ) throws(CosmosSyntaxError) -> JSONValue? {
        var values: [JSONValue?] = []
        for argument in arguments { values.append(try value(argument, row)) }
        func text(_ index: Int) -> String? { index < values.count ? values[index]?.string : nil }
        let first = values.first ?? nil
        switch name {
        case "IS_DEFINED": return .bool(first != nil)
        case "IS_NULL": return .bool(first == .null)
        case "IS_STRING": return .bool(first?.string != nil)
        case "IS_NUMBER": return .bool(first?.double != nil)
        case "IS_BOOL": return .bool(first?.bool != nil)
        case "IS_ARRAY": return .bool(first?.array != nil)
        case "IS_OBJECT": return .bool(first?.object != nil)
        case "CONTAINS", "STARTSWITH", "ENDSWITH":
            guard var a = text(0), var b = text(1) else { return nil }
            if values.count > 2, values[2]?.bool == true { (a, b) = (a.lowercased(), b.lowercased()) }
            switch name {
            case "CONTAINS": return .bool(b.isEmpty || a.contains(b))
            case "STARTSWITH": return .bool(a.hasPrefix(b))
            default: return .bool(a.hasSuffix(b))
            }
        case "LOWER": return text(0).map { .string($0.lowercased()) }
        case "UPPER": return text(0).map { .string($0.uppercased()) }
        case "LENGTH": return text(0).map { .int(Int64($0.unicodeScalars.count)) }
        case "CONCAT":
            let texts = values.compactMap { $0?.string }
            return texts.count == values.count ? .string(texts.joined()) : nil
        case "ARRAY_LENGTH": return first?.array.map { .int(Int64($0.count)) }
        case "ARRAY_CONTAINS":
            guard let list = first?.array, values.count > 1, let item = values[1] else { return nil }
            return .bool(list.contains { Self.compare($0, item) == 0 })
        case "ABS": return first?.double.map { Self.number(abs($0)) }
        case "FLOOR": return first?.double.map { Self.number($0.rounded(.down)) }
        case "CEILING": return first?.double.map { Self.number($0.rounded(.up)) }
        case "ROUND": return first?.double.map { Self.number($0.rounded()) }
        case "GETCURRENTTIMESTAMP": return .int(Timestamp.nowMilliseconds())
        default: throw CosmosSyntaxError(message: "'\(name)' is not a recognized function of this emulator.")
        }
    }

    /// The service's order of types: undefined, null, false, true, numbers, strings, arrays, objects.
    private static func rank(_ value: JSONValue?) -> Int {
        switch value {
        case nil: 0
        case .null: 1
        case .bool: 2
        case .int, .double: 3
        case .string: 4
        case .array: 5
        case .object: 6
        }
    }

    private static func compare(_ left: JSONValue?, _ right: JSONValue?) -> Int {
        let (a, b) = (rank(left), rank(right))
        if a != b { return a < b ? -1 : 1 }
        guard let left, let right else { return 0 }
        switch (left, right) {
        case (.bool(let a), .bool(let b)): return a == b ? 0 : (b ? -1 : 1)
        case (.string(let a), .string(let b)):
            if a.unicodeScalars.elementsEqual(b.unicodeScalars) { return 0 }
            return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars) ? -1 : 1
        case (.null, .null): return 0
        case (.array, .array), (.object, .object):
            return left == right ? 0 : (left.text.utf8.lexicographicallyPrecedes(right.text.utf8) ? -1 : 1)
        default:
            let (a, b) = (left.double ?? 0, right.double ?? 0)
            return a < b ? -1 : (a > b ? 1 : 0)
        }
    }
}
