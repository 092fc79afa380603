import JSONCoding
import Testing

@testable import CosmosQuery

/// The functions of dates and times, with the examples of the service's documentation.
@Suite struct DateTests {
    private func check(_ expression: String, _ expected: String) throws {
        #expect(try QueryFixture.value(expression) == expected, "\(expression)")
    }

    @Test(
        arguments: [
            ("DateTimeAdd('yyyy', 1, '2020-07-03T00:00:00.0000000')", "\"2021-07-03T00:00:00.0000000Z\""),
            ("DateTimeAdd('mm', -1, '2020-07-03T00:00:00.0000000')", "\"2020-06-03T00:00:00.0000000Z\""),
            ("DateTimeAdd('hh', -1, '2020-07-03T00:00:00.0000000')", "\"2020-07-02T23:00:00.0000000Z\""),
            ("DateTimeAdd('ss', 5 * -5, '2020-07-03T00:00:00.0000000')", "\"2020-07-02T23:59:35.0000000Z\""),
            ("DateTimeAdd('month', 1, '2024-01-31T00:00:00Z')", "\"2024-02-29T00:00:00.0000000Z\""),
            ("DateTimeAdd('year', 1, '2024-02-29')", "\"2025-02-28T00:00:00.0000000Z\""),
            ("DateTimeAdd('ns', 250, '2024-02-29')", "\"2024-02-29T00:00:00.0000002Z\""),
            ("DateTimeAdd('mcs', 1, '2024-02-29')", "\"2024-02-29T00:00:00.0000010Z\""),
            ("DateTimeAdd('dd', 1.5, '2024-02-29')", "undefined"),
            ("DateTimeAdd('week', 1, '2024-02-29')", "undefined"),
            ("DateTimeAdd('dd', 1, 'tomorrow')", "undefined"), ("DateTimeAdd('yyyy', 9000, '2024-02-29')", "undefined"),
            ("DateTimeAdd('dd', 9007199254740991, '2024-02-29')", "undefined"),
            ("DateTimeDiff('yyyy', '2019-02-04T16:00:00.0000000', '2018-03-05T05:00:00.0000000')", "-1"),
            ("DateTimeDiff('mm', '2019-02-04T16:00:00.0000000', '2018-03-05T05:00:00.0000000')", "-11"),
            ("DateTimeDiff('hh', '2019-02-04T16:00:00.0000000', '2018-03-05T05:00:00.0000000')", "-8075"),
            ("DateTimeDiff('ss', '2018-03-05T05:00:00.0000000', '2019-02-04T16:00:00.0000000')", "29070000"),
            ("DateTimeDiff('dd', '2024-01-01T23:59:59Z', '2024-01-02T00:00:00Z')", "1"),
            ("DateTimeDiff('diffDays', '2024-01-01', '2024-01-02')", "undefined"),
        ] as [(String, String)])
    func reckoning(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("DateTimeBin('2021-01-08T18:35:00.0000000', 'dd')", "\"2021-01-08T00:00:00.0000000Z\""),
            ("DateTimeBin('2021-01-08T18:35:00.0000000', 'hh', 5)", "\"2021-01-08T15:00:00.0000000Z\""),
            ("DateTimeBin('2021-01-08T18:35:00.0000000', 'dd', 7)", "\"2021-01-07T00:00:00.0000000Z\""),
            (
                "DateTimeBin('2021-01-08T18:35:00.0000000', 'dd', 7, '1601-01-01T00:00:00.0000000')",
                "\"2021-01-04T00:00:00.0000000Z\""
            ),
            ("DateTimeBin('1969-12-31T18:35:00Z', 'dd')", "\"1969-12-31T00:00:00.0000000Z\""),
            ("DateTimeBin('2021-06-28T17:24:29.2991234Z', 'ns', 200)", "\"2021-06-28T17:24:29.2991234Z\""),
            ("DateTimeBin('2021-06-28T17:24:29.2991234Z', 'mm')", "undefined"),
            ("DateTimeBin('2021-06-28T17:24:29.2991234Z', 'dd', 0)", "undefined"),
            ("DateTimeBin('2021-06-28T17:24:29.2991234Z', 'dd', 1, '1600-01-01')", "undefined"),
            ("DateTimeFromParts(2017, 4, 20)", "\"2017-04-20T00:00:00.0000000Z\""),
            ("DateTimeFromParts(2017, 4, 20, 13, 15, 20, 3456789)", "\"2017-04-20T13:15:20.3456789Z\""),
            ("DateTimeFromParts(-2000, -1, -1)", "undefined"), ("DateTimeFromParts(2023, 2, 29)", "undefined"),
            ("DateTimeFromParts(2017, 4, '20')", "undefined"),
            ("DateTimePart('yyyy', '2016-05-29T08:30:00.1301617')", "2016"),
            ("DateTimePart('mm', '2016-05-29T08:30:00.1301617')", "5"),
            ("DateTimePart('dd', '2016-05-29T08:30:00.1301617')", "29"),
            ("DateTimePart('mi', '2016-05-29T08:30:00.1301617')", "30"),
            ("DateTimePart('ms', '2016-05-29T08:30:00.1301617')", "130"),
            ("DateTimePart('mcs', '2016-05-29T08:30:00.1301617')", "130161"),
            ("DateTimePart('ns', '2016-05-29T08:30:00.1301617')", "130161700"),
            ("YEAR('2016-05-29')", "2016"), ("MONTH('2016-05-29')", "5"), ("DAY('2016-05-29')", "29"),
            ("DAY('2016-05-32')", "undefined"),
        ] as [(String, String)])
    func parts(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("DateTimeToTicks('2020-01-02T00:00:00.0000000Z')", "15779232000000000"),
            ("TicksToDateTime(15943368134575530)", "\"2020-07-09T23:20:13.4575530Z\""),
            ("TicksToDateTime(-1)", "\"1969-12-31T23:59:59.9999999Z\""), ("TicksToDateTime(0.5)", "undefined"),
            ("TicksToDateTime(9223372036854774784)", "undefined"),
            ("DateTimeToTimestamp('1969-12-31T23:59:59.9999999Z')", "-1"),
            ("TimestampToDateTime(-1)", "\"1969-12-31T23:59:59.9990000Z\""),
            ("GetCurrentDateTimeStatic()", "\"2026-11-20T07:23:12.3450000Z\""),
            ("GetCurrentTimestampStatic()", "1795159392345"), ("GetCurrentTicksStatic()", "17951593923450000"),
            ("NOW()", "\"2026-11-20T07:23:12.3450000Z\""), ("NOW('dd', 1)", "\"2026-11-21T07:23:12.3450000Z\""),
            ("AGO('hh', 1)", "\"2026-11-20T06:23:12.3450000Z\""), ("AGO('x', 1)", "undefined"),
            ("IS_DATETIME('2023-03-06')", "true"), ("IS_DATETIME('2023-03-06Z')", "true"),
            ("IS_DATETIME('2023-03-06 15:29:00Z')", "true"), ("IS_DATETIME('2023-03-06T15:29:59.1234567')", "true"),
            ("IS_DATETIME('2023-03-06T15:29')", "false"), ("IS_DATETIME('2023-03-06T15:29:59.')", "false"),
            ("IS_DATETIME('2023-03-06T15:29:59.12345678Z')", "false"), ("IS_DATETIME('2023-13-06')", "false"),
            ("IS_DATETIME(1)", "false"),
        ] as [(String, String)])
    func stepsAndForms(expression: String, expected: String) throws { try check(expression, expected) }

    @Test func daysHaveOneNumberEach() throws {
        let (day, first): (Int64, DateTimeValue) = (864_000_000_000, try #require(DateTimeValue("0001-01-01")))
        // A step that meets every day of the month and every month, over all the years.
        for number in stride(from: Int64(0), to: 3_652_059, by: 397) {
            let time = try #require(DateTimeValue(ticks: first.ticks + number * day))
            let parts = time.parts
            let again = DateTimeValue(year: parts.year, month: parts.month, day: parts.day)
            #expect(again?.ticks == time.ticks && DateTimeValue(time.text)?.ticks == time.ticks, "\(time.text)")
        }
        #expect(DateTimeValue(ticks: first.ticks + 3_652_058 * day)?.text == "9999-12-31T00:00:00.0000000Z")
        #expect(
            DateTimeValue(ticks: first.ticks + 3_652_059 * day) == nil && DateTimeValue(ticks: first.ticks - 1) == nil)
    }

    @Test(
        arguments: [
            ("IntBitAnd(5, 3)", "1"), ("IntBitOr(5, 3)", "7"), ("IntBitXor(5, 3)", "6"), ("IntBitNot(0)", "-1"),
            ("IntBitLeftShift(1, 3)", "8"), ("IntBitLeftShift(1, 63)", "-9223372036854775808"),
            ("IntBitRightShift(16, 4)", "1"), ("IntBitRightShift(-1, 1)", "-1"), ("IntBitAnd(1.5, 1)", "undefined"),
            ("IntBitAnd('1', 1)", "undefined"),
        ] as [(String, String)])
    func bitsOfIntegers(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("ARRAY_MEDIAN([1, 2, 3, 4])", "2.5"), ("ARRAY_MEDIAN([1.0, 2.0, 3.3, 4.7, 7.8])", "3.3"),
            ("ARRAY_MEDIAN([1, -2.7, 3, -4, undefined])", "-0.8500000000000001"),
            ("ARRAY_MEDIAN(['abc', 'ABC'])", "undefined"), ("ARRAY_MEDIAN([12, 'abc', true])", "undefined"),
            ("ARRAY_AVG([1, 2, 3])", "2"), ("ARRAY_SUM([1, 2, 3])", "6"), ("ARRAY_SUM([1, null])", "undefined"),
            ("ARRAY_MAX([1, 'a', true, null])", "\"a\""), ("ARRAY_MIN([1, 'a', true, null])", "null"),
            ("ARRAY_MAX([[1]])", "undefined"), ("ARRAY_MAX([])", "undefined"),
            ("SetEqual([1, 2], [2, 1, 1])", "true"), ("SetEqual([1], [2])", "false"), ("SetEqual([1], 1)", "undefined"),
            ("CONTAINS_ANY_CI('abc', 'X', 'B')", "true"), ("CONTAINS_ANY_CS('abc', 'X', 'B')", "false"),
            ("CONTAINS_ALL_CI('abc', 'A', 'B')", "true"), ("CONTAINS_ALL_CS('abc', 'a', 'B')", "false"),
            ("CONTAINS_ANY_CS('abc', 1, 'a')", "true"), ("CONTAINS_ANY_CS('abc', 1, 'x')", "undefined"),
            ("LASTINDEXOF('abcabc', 'bc')", "4"), ("LASTINDEXOF('abcabc', 'bc', 3)", "1"),
            ("LASTINDEXOF('abc', 'x')", "-1"), ("LASTINDEXOF('abc', 1)", "undefined"),
            ("DOCUMENTID({_rid: '36ZyAPW-uN8AAAAAAAAADQ=='})", "13"), ("DOCUMENTID({})", "undefined"),
        ] as [(String, String)])
    func newerFunctions(expression: String, expected: String) throws { try check(expression, expected) }
}
