import JSONCoding
import LinearRegex

extension Functions {
    /// Longest text that a function makes.
    private static let maximumLength = 2 << 20

    static let strings: [Row] = [
        ("CONTAINS", 2...3, { compare($0) { $0.contains($1) } }),
        ("CONTAINS_ANY_CS", 2...64, { holds($0, ignoringCase: false, all: false) }),
        ("CONTAINS_ANY_CI", 2...64, { holds($0, ignoringCase: true, all: false) }),
        ("CONTAINS_ALL_CS", 2...64, { holds($0, ignoringCase: false, all: true) }),
        ("CONTAINS_ALL_CI", 2...64, { holds($0, ignoringCase: true, all: true) }),
        ("STARTSWITH", 2...3, { compare($0) { $0.starts(with: $1) } }),
        ("ENDSWITH", 2...3, { compare($0) { $0.reversed().starts(with: $1.reversed()) } }),
        ("STRINGEQUALS", 2...3, { compare($0) { $0.elementsEqual($1) } }),
        ("STRING_EQUALS", 2...3, { compare($0) { $0.elementsEqual($1) } }),
        ("LOWER", 1...1, { $0.text(0).map { .string($0.lowercased()) } }),
        ("UPPER", 1...1, { $0.text(0).map { .string($0.uppercased()) } }),
        ("LENGTH", 1...1, { $0.text(0).map { .int(Int64($0.unicodeScalars.count)) } }),
        (
            "CONCAT", 1...64,
            { arguments in
                let texts = arguments.values.compactMap { $0?.string }
                return texts.count == arguments.count ? .string(texts.joined()) : .none
            }
        ),
        ("TRIM", 1...2, { trimmed($0, start: true, end: true) }),
        ("LTRIM", 1...2, { trimmed($0, start: true, end: false) }),
        ("RTRIM", 1...2, { trimmed($0, start: false, end: true) }),
        ("LEFT", 2...2, { slice($0.text(0), from: 0, count: $0.whole(1)) }),
        (
            "RIGHT", 2...2,
            { arguments in
                guard let text = arguments.text(0), let count = arguments.whole(1) else { return nil }
                return slice(text, from: max(0, text.unicodeScalars.count - max(0, count)), count: count)
            }
        ),
        ("SUBSTRING", 3...3, { slice($0.text(0), from: $0.whole(1), count: $0.whole(2)) }),
        (
            "REVERSE", 1...1,
            { arguments in
                arguments.text(0).map { .string(scalars(Array($0.unicodeScalars).reversed())) }
            }
        ),
        (
            "REPLICATE", 2...2,
            { arguments in
                guard let text = arguments.text(0), let count = arguments.whole(1), count >= 0, count <= 10_000,
                    text.utf8.count * count <= maximumLength
                else { return nil }
                return .string(String(repeating: text, count: count))
            }
        ),
        (
            "REPLACE", 3...3,
            { arguments in
                guard let text = arguments.text(0), let old = arguments.text(1), let new = arguments.text(2) else {
                    return nil
                }
                guard !old.isEmpty else { return .string(text) }
                let result = replaced(Array(text.utf8), Array(old.utf8), Array(new.utf8))
                return result.count <= maximumLength ? .string(String(decoding: result, as: UTF8.self)) : .none
            }
        ),
        (
            "INDEX_OF", 2...3,
            { arguments in
                guard let text = arguments.text(0), let part = arguments.text(1) else { return nil }
                let all = Array(text.unicodeScalars)
                let wanted = Array(part.unicodeScalars)
                var place = max(0, arguments.whole(2) ?? 0)
                while place <= all.count - wanted.count {
                    if all[place..<place + wanted.count].elementsEqual(wanted) { return .int(Int64(place)) }
                    place += 1
                }
                return -1
            }
        ),
        (
            "LASTINDEXOF", 2...3,
            { arguments in
                guard let text = arguments.text(0), let part = arguments.text(1) else { return nil }
                let all = Array(text.unicodeScalars)
                let wanted = Array(part.unicodeScalars)
                guard arguments.count == 2 || arguments.whole(2) != nil else { return nil }
                // The search goes from there to the start, over what lies within.
                let end = arguments.whole(2).map { min(all.count, $0 &+ 1) } ?? all.count
                var place = end - wanted.count
                while place >= 0 {
                    if all[place..<place + wanted.count].elementsEqual(wanted) { return .int(Int64(place)) }
                    place -= 1
                }
                return -1
            }
        ),
        (
            "REGEXMATCH", 2...3,
            { arguments throws(QueryError) in
                guard let text = arguments.text(0), let pattern = arguments.text(1) else { return nil }
                let flags = (arguments.text(2) ?? "").filter { "imsx".contains($0) }
                do throws(LinearRegexError) {
                    let regex = try LinearPattern(flags.isEmpty ? pattern : "(?\(flags))" + pattern)
                    return .bool(regex.matches(text))
                } catch {
                    throw QueryError(message: "RegexMatch: \(error.description)", code: "SC2061")
                }
            }
        ),
        (
            "TOSTRING", 1...1,
            { arguments in
                switch arguments[0] {
                case nil: nil
                case .string(let text): .string(text)
                case let value?: .string(value.text)
                }
            }
        ),
        ("STRINGTONUMBER", 1...1, { parsed($0) { $0.double != nil } }),
        ("STRINGTOBOOLEAN", 1...1, { parsed($0) { $0.bool != nil } }),
        ("STRINGTONULL", 1...1, { parsed($0) { $0.isNull } }),
        ("STRINGTOARRAY", 1...1, { parsed($0) { $0.array != nil } }),
        ("STRINGTOOBJECT", 1...1, { parsed($0) { $0.object != nil } }),
        (
            "STRINGJOIN", 2...2,
            { arguments in
                guard let list = arguments.list(0), let separator = arguments.text(1) else { return nil }
                let texts = list.compactMap(\.string)
                return texts.count == list.count ? .string(texts.joined(separator: separator)) : .none
            }
        ),
        (
            "STRINGSPLIT", 2...2,
            { arguments in
                guard let text = arguments.text(0), let separator = arguments.text(1), !separator.isEmpty else {
                    return nil
                }
                return .strings(text.split(separator: separator, omittingEmptySubsequences: false).map(String.init))
            }
        ),
    ]

    private static func compare(
        _ arguments: Arguments, _ test: (String.UTF8View, String.UTF8View) -> Bool
    ) -> JSONValue? {
        guard var a = arguments.text(0), var b = arguments.text(1) else { return nil }
        if arguments.flag(2) { (a, b) = (a.lowercased(), b.lowercased()) }
        // Bytes, since the service compares code points and Swift's characters do not.
        return .bool(test(a.utf8, b.utf8))
    }

    /// `CONTAINS` of one text and several others, joined by OR or by AND.
    private static func holds(_ arguments: Arguments, ignoringCase: Bool, all: Bool) -> JSONValue? {
        var result: JSONValue? = .bool(all)
        for index in 1..<arguments.count {
            let one = compare(Arguments(values: [arguments[0], arguments[index], .bool(ignoringCase)], now: 0)) {
                $0.contains($1)
            }
            result = Operators.binary(all ? "AND" : "OR", result, one)
        }
        return result
    }

    private static func trimmed(_ arguments: Arguments, start: Bool, end: Bool) -> JSONValue? {
        guard let text = arguments.text(0) else { return nil }
        let set = arguments.text(1).map { Set($0.unicodeScalars) }
        func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.properties.isWhitespace }
        var all = Array(text.unicodeScalars)[...]
        while start, let first = all.first, goes(first) { all.removeFirst() }
        while end, let last = all.last, goes(last) { all.removeLast() }
        return .string(scalars(all))
    }

    private static func slice(_ text: String?, from start: Int?, count: Int?) -> JSONValue? {
        guard let text, let start, let count else { return nil }
        guard start >= 0, count > 0 else { return "" }
        return .string(scalars(text.unicodeScalars.dropFirst(start).prefix(count)))
    }

    private static func scalars(_ all: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: all)
        return String(view)
    }

    private static func replaced(_ text: [UInt8], _ old: [UInt8], _ new: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var place = 0
        while place < text.count {
            if text[place...].starts(with: old) {
                result += new
                place += old.count
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }

    private static func parsed(_ arguments: Arguments, _ isWanted: (JSONValue) -> Bool) -> JSONValue? {
        guard let text = arguments.text(0), let value = try? JSONParser.parse(text), isWanted(value) else { return nil }
        return value
    }
}
