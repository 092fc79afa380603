import JSONCoding

extension Functions {
    static let dates: [Row] = [
        ("GETCURRENTTIMESTAMP", 0...0, { .int($0.now) }), ("GETCURRENTTIMESTAMPSTATIC", 0...0, { .int($0.now) }),
        ("GETCURRENTDATETIME", 0...0, { text(present($0)) }),
        ("GETCURRENTDATETIMESTATIC", 0...0, { text(present($0)) }),
        // Steps since 1970, as the service counts them here.
        ("GETCURRENTTICKS", 0...0, { ticks(present($0)) }), ("GETCURRENTTICKSSTATIC", 0...0, { ticks(present($0)) }),
        ("NOW", 0...2, { $0.count == 0 ? text(present($0)) : $0.count == 2 ? moved($0, by: 1) : .none }),
        ("AGO", 2...2, { moved($0, by: -1) }),
        ("TIMESTAMPTODATETIME", 1...1, { $0.whole(0).flatMap { text(time(steps: Int64($0), of: 10_000)) } }),
        ("TICKSTODATETIME", 1...1, { $0.whole(0).flatMap { text(time(steps: Int64($0), of: 1)) } }),
        ("DATETIMETOTICKS", 1...1, { ticks(time($0, 0)) }),
        (
            "DATETIMETOTIMESTAMP", 1...1,
            { arguments in
                time(arguments, 0).map { .int(($0.ticks - (($0.ticks % 10_000) + 10_000) % 10_000) / 10_000) }
            }
        ),
        ("IS_DATETIME", 1...1, { .bool(time($0, 0) != nil) }),
        ("YEAR", 1...1, { time($0, 0).map { .int(Int64($0.parts.year)) } }),
        ("MONTH", 1...1, { time($0, 0).map { .int(Int64($0.parts.month)) } }),
        ("DAY", 1...1, { time($0, 0).map { .int(Int64($0.parts.day)) } }),
        (
            "DATETIMEPART", 2...2,
            { arguments in
                guard let part = part(arguments, 0), let time = time(arguments, 1) else { return nil }
                return .int(Int64(time.value(of: part)))
            }
        ),
        (
            "DATETIMEADD", 3...3,
            { arguments in
                guard let part = part(arguments, 0), let count = arguments.whole(1), let time = time(arguments, 2)
                else { return nil }
                return text(time.adding(Int64(count), part))
            }
        ),
        (
            "DATETIMEDIFF", 3...3,
            { arguments in
                guard let part = part(arguments, 0), let start = time(arguments, 1), let end = time(arguments, 2)
                else { return nil }
                return .int(start.borders(to: end, part))
            }
        ),
        (
            "DATETIMEBIN", 2...4,
            { arguments in
                let start = arguments.count == 4 ? time(arguments, 3) : DateTimeValue(ticks: 0)
                let size = arguments.count >= 3 ? arguments.whole(2) : 1
                guard let time = time(arguments, 0), let part = part(arguments, 1), let size, size > 0, let start,
                    start.parts.year >= 1601
                else { return nil }
                return text(time.bin(Int64(size), part, from: start))
            }
        ),
        (
            "DATETIMEFROMPARTS", 3...7,
            { arguments in
                let given = arguments.values.indices.compactMap { arguments.whole($0) }
                guard given.count == arguments.count else { return nil }
                func part(_ index: Int) -> Int { index < given.count ? given[index] : 0 }
                return text(
                    DateTimeValue(
                        year: given[0], month: given[1], day: given[2], hour: part(3), minute: part(4),
                        second: part(5), fraction: part(6)))
            }
        ),
    ]

    private static func present(_ arguments: Arguments) -> DateTimeValue? { time(steps: arguments.now, of: 10_000) }

    private static func time(_ arguments: Arguments, _ index: Int) -> DateTimeValue? {
        arguments.text(index).flatMap { DateTimeValue($0) }
    }

    private static func time(steps: Int64, of length: Int64) -> DateTimeValue? {
        let product = steps.multipliedReportingOverflow(by: length)
        return product.overflow ? nil : DateTimeValue(ticks: product.partialValue)
    }

    private static func part(_ arguments: Arguments, _ index: Int) -> DateTimeValue.Part? {
        arguments.text(index).flatMap { DateTimeValue.Part($0) }
    }

    private static func text(_ time: DateTimeValue?) -> JSONValue? { time.map { .string($0.text) } }

    private static func ticks(_ time: DateTimeValue?) -> JSONValue? { time.map { .int($0.ticks) } }

    private static func moved(_ arguments: Arguments, by sign: Int64) -> JSONValue? {
        guard let part = part(arguments, 0), let count = arguments.whole(1), count != Int.min else { return nil }
        return text(present(arguments)?.adding(sign * Int64(count), part))
    }
}
