import LinearRegex

/// A condition on a route's parameter, as ASP.NET routing has them.
struct RouteConstraint: Sendable {
    private let check: @Sendable (String) -> Bool

    /// Reads one constraint, e.g. `int` or `range(1,12)`; `nil` when it is unknown or malformed.
    init?(_ text: String) {
        let open = text.firstIndex(of: "(")
        let name = String(text[..<(open ?? text.endIndex)]).lowercased()
        var argument: String?
        if let open {
            guard text.hasSuffix(")") else { return nil }
            argument = String(text[text.index(after: open)...].dropLast())
        }
        let numbers = (argument ?? "").split(separator: ",").map { Int64($0.filter { $0 != " " }) }
        guard let check = Self.check(name, argument, numbers.compactMap { $0 }, count: numbers.count) else {
            return nil
        }
        self.check = check
    }

    /// Whether a value meets the condition.
    func allows(_ value: String) -> Bool { check(value) }

    private static func check(_ name: String, _ argument: String?, _ numbers: [Int64], count: Int)
        -> (@Sendable (String) -> Bool)?
    {
        if ["min", "max", "range", "minlength", "maxlength", "length"].contains(name) {
            guard numbers.count == count else { return nil }
            return counted(name, numbers)
        }
        if name == "regex" {
            // Without anchors a match anywhere counts, and case does not matter.
            guard let pattern = argument, let regex = try? LinearPattern("(?i)" + pattern) else { return nil }
            return { regex.matches($0) }
        }
        guard argument == nil else { return nil }
        return switch name {
        case "int": { Int32($0) != nil }
        case "long": { Int64($0) != nil }
        case "bool": { ["true", "false"].contains($0.lowercased()) }
        case "decimal", "double", "float": { Double($0).map { $0.isFinite } ?? false }
        case "alpha": { !$0.isEmpty && $0.utf8.allSatisfy { (65...90).contains($0 & 0xDF) } }
        case "guid": isGUID
        case "datetime": isDateTime
        case "required": { !$0.isEmpty }
        default: nil
        }
    }

    private static func counted(_ name: String, _ numbers: [Int64]) -> (@Sendable (String) -> Bool)? {
        switch (name, numbers.count) {
        case ("min", 1): { Int64($0).map { $0 >= numbers[0] } ?? false }
        case ("max", 1): { Int64($0).map { $0 <= numbers[0] } ?? false }
        case ("range", 2): { Int64($0).map { $0 >= numbers[0] && $0 <= numbers[1] } ?? false }
        case ("minlength", 1): { $0.count >= numbers[0] }
        case ("maxlength", 1): { $0.count <= numbers[0] }
        case ("length", 1): { $0.count == numbers[0] }
        case ("length", 2): { $0.count >= numbers[0] && $0.count <= numbers[1] }
        default: nil
        }
    }

    private static let isGUID: @Sendable (String) -> Bool = { text in
        let digits = text.filter { !"-{}()".contains($0) }
        return digits.utf8.count == 32 && digits.allSatisfy(\.isHexDigit)
    }

    /// The forms that an API uses: a day, or a day and a time.
    private static let isDateTime: @Sendable (String) -> Bool = { text in
        let (day, time) = (text.prefix(10), text.dropFirst(10))
        let parts = day.split { $0 == "-" || $0 == "/" }.map { Int($0) }
        guard parts.count == 3, let first = parts[0], let second = parts[1], let third = parts[2] else { return false }
        let isDay =
            (1...9999).contains(first) && (1...12).contains(second) && (1...31).contains(third)
            || (1...12).contains(first) && (1...31).contains(second) && (1...9999).contains(third)
        return isDay && time.allSatisfy { $0.isNumber || "T:. Z+-".contains($0) }
    }
}
