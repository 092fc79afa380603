import JSONCoding
import LinearRegex

extension Functions {
    /// Longest text that a function or an operator makes, in bytes.
    static let maximumLength = 2 << 20

    static let strings: [Row] = [
        ("CONTAINS", 2...3, { compare($0, by: contains) }),
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
                return texts.count == arguments.count ? joined(texts, separator: "") : .none
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
                let parts = ByteSearch.parts(of: Array(text.utf8), separatedBy: Array(old.utf8))
                return joined(parts.map { String(decoding: $0, as: UTF8.self) }, separator: new)
            }
        ),
        (
            "INDEX_OF", 2...3,
            { arguments in
                guard let text = arguments.text(0), let part = arguments.text(1) else { return nil }
                let skipped = max(0, arguments.whole(2) ?? 0)
                let start = text.unicodeScalars.dropFirst(skipped).startIndex
                guard start < text.endIndex || skipped <= text.unicodeScalars.count else { return -1 }
                let offset = text.utf8.distance(from: text.startIndex, to: start)
                guard let place = ByteSearch.place(of: Array(part.utf8), in: Array(text.utf8), from: offset) else {
                    return -1
                }
                return .int(Int64(String(decoding: text.utf8.prefix(place), as: UTF8.self).unicodeScalars.count))
            }
        ),
        (
            "LASTINDEXOF", 2...3,
            { arguments in
                guard let text = arguments.text(0), let part = arguments.text(1) else { return nil }
                guard arguments.count == 2 || arguments.whole(2) != nil else { return nil }
                // The search goes from there to the start, over what lies within.
                let within = text.unicodeScalars.prefix(max(0, arguments.whole(2).map { $0 &+ 1 } ?? .max))
                let bytes = Array(String(within).utf8)
                let wanted = Array(part.utf8)
                if let place = ByteSearch.place(of: wanted.reversed(), in: bytes.reversed()) {
                    let before = bytes[..<(bytes.count - place - wanted.count)]
                    return .int(Int64(String(decoding: before, as: UTF8.self).unicodeScalars.count))
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
                return texts.count == list.count ? joined(texts, separator: separator) : .none
            }
        ),
        (
            "STRINGSPLIT", 2...2,
            { arguments in
                guard let text = arguments.text(0), let separator = arguments.text(1), !separator.isEmpty else {
                    return nil
                }
                let parts = ByteSearch.parts(of: Array(text.utf8), separatedBy: Array(separator.utf8))
                return .strings(parts.map { String(decoding: $0, as: UTF8.self) })
            }
        ),
    ]

    private static func compare(
        _ arguments: Arguments, by test: (String.UTF8View, String.UTF8View) -> Bool
    ) -> JSONValue? {
        guard var a = arguments.text(0), var b = arguments.text(1) else { return nil }
        if arguments.flag(2) { (a, b) = (a.lowercased(), b.lowercased()) }
        // Bytes, since the service compares code points and Swift's characters do not.
        return .bool(test(a.utf8, b.utf8))
    }

    private static func contains(_ text: String.UTF8View, _ part: String.UTF8View) -> Bool {
        ByteSearch.place(of: Array(part), in: Array(text)) != nil
    }

    /// `CONTAINS` of one text and several others, joined by OR or by AND.
    private static func holds(_ arguments: Arguments, ignoringCase: Bool, all: Bool) -> JSONValue? {
        var result: JSONValue? = .bool(all)
        for index in 1..<arguments.count {
            let one = compare(
                Arguments(values: [arguments[0], arguments[index], .bool(ignoringCase)], now: 0), by: contains)
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

    /// Texts as one; undefined when it would be too long.
    private static func joined(_ texts: [String], separator: String) -> JSONValue? {
        let length = texts.reduce(max(0, texts.count - 1) * separator.utf8.count) { $0 + $1.utf8.count }
        return length <= maximumLength ? .string(texts.joined(separator: separator)) : .none
    }

    private static func parsed(_ arguments: Arguments, _ isWanted: (JSONValue) -> Bool) -> JSONValue? {
        guard let text = arguments.text(0), let value = try? JSONParser.parse(text), isWanted(value) else { return nil }
        return value
    }
}
