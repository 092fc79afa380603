import Glibc
import JSONCoding

extension Functions {
    static let numbers: [Row] = [
        ("ABS", 1...1, { number($0, abs) }), ("FLOOR", 1...1, { number($0) { $0.rounded(.down) } }),
        ("CEILING", 1...1, { number($0) { $0.rounded(.up) } }),
        (
            "ROUND", 1...2,
            { arguments in
                let scale = pow(10, Double(min(max(arguments.whole(1) ?? 0, -300), 300)))
                return number(arguments) { ($0 * scale).rounded() / scale }
            }
        ),
        ("TRUNC", 1...1, { number($0) { $0.rounded(.towardZero) } }),
        ("SIGN", 1...1, { number($0) { $0 > 0 ? 1 : ($0 < 0 ? -1 : 0) } }), ("SQRT", 1...1, { number($0, sqrt) }),
        ("SQUARE", 1...1, { number($0) { $0 * $0 } }), ("EXP", 1...1, { number($0, exp) }),
        (
            "LOG", 1...2,
            { arguments in
                guard let base = arguments.number(1) else {
                    return arguments.count == 1 ? number(arguments, log) : .none
                }
                return number(arguments) { log($0) / log(base) }
            }
        ),
        ("LOG10", 1...1, { number($0, log10) }),
        (
            "POWER", 2...2,
            { arguments in
                guard let exponent = arguments.number(1) else { return nil }
                return number(arguments) { pow($0, exponent) }
            }
        ),
        ("SIN", 1...1, { number($0, sin) }), ("COS", 1...1, { number($0, cos) }), ("TAN", 1...1, { number($0, tan) }),
        ("COT", 1...1, { number($0) { 1 / tan($0) } }), ("ASIN", 1...1, { number($0, asin) }),
        ("ACOS", 1...1, { number($0, acos) }), ("ATAN", 1...1, { number($0, atan) }),
        (
            "ATN2", 2...2,
            { arguments in
                guard let x = arguments.number(1) else { return nil }
                return number(arguments) { atan2($0, x) }
            }
        ),
        ("DEGREES", 1...1, { number($0) { $0 * 180 / .pi } }), ("RADIANS", 1...1, { number($0) { $0 * .pi / 180 } }),
        ("PI", 0...0, { _ in .double(.pi) }), ("RAND", 0...0, { _ in .double(.random(in: 0..<1)) }),
        (
            "NUMBERBIN", 1...2,
            { arguments in
                let size = arguments.number(1) ?? 1
                return size == 0 ? .none : number(arguments) { ($0 / size).rounded(.down) * size }
            }
        ),
        ("INTADD", 2...2, { whole($0) { $0.addingReportingOverflow($1) } }),
        ("INTSUB", 2...2, { whole($0) { $0.subtractingReportingOverflow($1) } }),
        ("INTMUL", 2...2, { whole($0) { $0.multipliedReportingOverflow(by: $1) } }),
        ("INTDIV", 2...2, { whole($0) { $0.dividedReportingOverflow(by: $1) } }),
        ("INTMOD", 2...2, { whole($0) { $0.remainderReportingOverflow(dividingBy: $1) } }),
        ("INTBITAND", 2...2, { bits($0, &) }), ("INTBITOR", 2...2, { bits($0, |) }),
        ("INTBITXOR", 2...2, { bits($0, ^) }), ("INTBITLEFTSHIFT", 2...2, { bits($0, &<<) }),
        ("INTBITRIGHTSHIFT", 2...2, { bits($0, &>>) }),
        ("INTBITNOT", 1...1, { $0.whole(0).map { .int(Int64(~$0)) } }),
    ]

    /// Operations on 64 bits that wrap around as in C++.
    private static func bits(_ arguments: Arguments, _ body: (Int, Int) -> Int) -> JSONValue? {
        guard let a = arguments.whole(0), let b = arguments.whole(1) else { return nil }
        return .int(Int64(body(a, b)))
    }

    private static func number(_ arguments: Arguments, _ body: (Double) -> Double) -> JSONValue? {
        guard let value = arguments.number(0) else { return nil }
        let result = body(value)
        return result.isFinite ? ValueOrder.number(result) : .none
    }

    private static func whole(
        _ arguments: Arguments, _ body: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) -> JSONValue? {
        guard let a = arguments.whole(0), let b = arguments.whole(1) else { return nil }
        let result = body(a, b)
        return result.overflow ? .none : .int(Int64(result.partialValue))
    }
}
