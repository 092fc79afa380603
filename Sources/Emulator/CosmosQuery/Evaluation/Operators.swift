import JSONCoding

/// Operators over values; three-valued where truth is concerned.
enum Operators {
    static func unary(_ name: String, _ operand: JSONValue?) -> JSONValue? {
        switch name {
        case "NOT": operand?.bool.map { .bool(!$0) }
        case "-": operand?.double.map { ValueOrder.number(-$0) }
        case "+": operand?.double.map { ValueOrder.number($0) }
        default: bits(operand).map { .int(Int64(~$0)) }
        }
    }

    static func binary(_ name: String, _ a: JSONValue?, _ b: JSONValue?) -> JSONValue? {
        switch name {
        case "AND":
            if a == .bool(false) || b == .bool(false) { return false }
            return a == .bool(true) && b == .bool(true) ? true : .none
        case "OR":
            if a == .bool(true) || b == .bool(true) { return true }
            return a == .bool(false) && b == .bool(false) ? false : .none
        case "??": return a ?? b
        case "=", "!=":
            guard let a, let b else { return nil }
            return .bool(ValueOrder.equal(a, b) == (name == "="))
        case "<", "<=", ">", ">=": return ordering(name, a, b)
        case "||":
            guard let a = a?.string, let b = b?.string, a.utf8.count + b.utf8.count <= Functions.maximumLength else {
                return nil
            }
            return .string(a + b)
        case "&", "|", "^", "<<", ">>":
            guard let a = bits(a), let b = bits(b) else { return nil }
            return .int(Int64(bitwise(name, a, b)))
        default:
            guard let a = a?.double, let b = b?.double else { return nil }
            return arithmetic(name, a, b)
        }
    }

    private static func ordering(_ name: String, _ a: JSONValue?, _ b: JSONValue?) -> JSONValue? {
        guard let a, let b, ValueOrder.rank(a) == ValueOrder.rank(b), a.array == nil, a.object == nil else {
            return nil
        }
        let order = ValueOrder.compare(a, b)
        switch name {
        case "<": return .bool(order < 0)
        case "<=": return .bool(order <= 0)
        case ">": return .bool(order > 0)
        default: return .bool(order >= 0)
        }
    }

    private static func arithmetic(_ name: String, _ a: Double, _ b: Double) -> JSONValue? {
        let result =
            switch name {
            case "+": a + b
            case "-": a - b
            case "*": a * b
            case "/": a / b
            default: a.truncatingRemainder(dividingBy: b)
            }
        return result.isFinite ? ValueOrder.number(result) : .none
    }

    /// Bitwise operators work on 32-bit integers, as in JavaScript.
    private static func bits(_ value: JSONValue?) -> Int32? {
        value?.int.map { Int32(truncatingIfNeeded: $0) }
    }

    private static func bitwise(_ name: String, _ a: Int32, _ b: Int32) -> Int32 {
        switch name {
        case "&": a & b
        case "|": a | b
        case "^": a ^ b
        case "<<": a &<< b
        default: a &>> b
        }
    }
}
