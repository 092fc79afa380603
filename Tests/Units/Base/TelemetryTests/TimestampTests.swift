import Telemetry
import Testing

/// RFC 3339, and RFC 9110, section 5.6.7.
@Suite struct TimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (-1000, "1969-12-31T23:59:59.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_234_567_890_123, "2009-02-13T23:31:30.123Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    ])
    func timesAreWrittenInUTCWithMilliseconds(milliseconds: Int64, text: String) {
        #expect(Timestamp.format(milliseconds: milliseconds) == text)
        #expect(Timestamp.milliseconds(iso8601: text) == milliseconds)
    }

    @Test(arguments: [
        ("2026-11-20", Int64(1_795_132_800_000)), ("2026-11-20T10:12Z", 1_795_169_520_000),
        ("2026-11-20T10:12:05Z", 1_795_169_525_000), ("2026-11-20T10:12:05.1Z", 1_795_169_525_100),
        ("2026-11-20T10:12:05.12Z", 1_795_169_525_120), ("2026-11-20T10:12:05.1239999Z", 1_795_169_525_123),
        ("2024-02-29T00:00Z", 1_709_164_800_000),
        // RFC 3339, section 5.8: a leap second.
        ("1990-12-31T23:59:60Z", 662_688_000_000),
    ])
    func shorterAndLongerFormsAreRead(text: String, milliseconds: Int64) {
        #expect(Timestamp.milliseconds(iso8601: text) == milliseconds)
    }

    /// RFC 3339, sections 5.6 and 5.7.
    @Test(arguments: [
        "", "2026", "2026-11", "2026-11-20T", "2026-11-20T10Z", "2026-11-20T10:12", "2026-11-20 10:12Z",
        "2026-11-20T10:12:05+01:00", "2026-11-20T10:12:05z ", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32",
        "2026-02-29", "2100-02-29", "2026-04-31T00:00Z", "2026-11-20T24:00Z", "2026-11-20T10:60Z",
        "2026-11-20T10:12:61Z", "26-11-20", "2026-1-2", "2026-11-20Z", "٢٠٢٦-11-20", "-026-11-20",
        "2026-11-20T10:12:05.1",
    ])
    func timesThatAreNoneAreRefused(text: String) { #expect(Timestamp.milliseconds(iso8601: text) == nil) }

    /// The standard's own example is the first.
    @Test(arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_795_159_392, "Fri, 20 Nov 2026 07:23:12 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func httpDatesAreInThePreferredForm(seconds: Int64, text: String) {
        #expect(Timestamp.httpDate(seconds: seconds) == text)
        #expect(Timestamp.seconds(httpDate: text) == seconds)
    }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Thu, 31 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 08:49:x:37 GMT", "Sun, 06 Nov 1994 08:49:37:00 GMT", "Sun, 06 Nov 1994 08::49:37 GMT",
        "Sun, 06 Nov 10000 08:49:37 GMT", "now",
    ])
    func httpDatesThatAreNoneAreRefused(text: String) { #expect(Timestamp.seconds(httpDate: text) == nil) }

    @Test func everyDayOfFourCenturiesComesBack() {
        for day in stride(from: Int64(-100_000), to: 100_000, by: 37) {
            let milliseconds = day * 86_400_000 + 12_345
            #expect(Timestamp.milliseconds(iso8601: Timestamp.format(milliseconds: milliseconds)) == milliseconds)
        }
    }

    @Test func nowIsNow() throws {
        let before = Timestamp.nowMilliseconds()
        let text = Timestamp.now()
        let nanoseconds = Timestamp.nowNanoseconds()
        let after = Timestamp.nowMilliseconds()
        let now = try #require(Timestamp.milliseconds(iso8601: text))
        #expect(before <= now && now <= after)
        #expect(UInt64(before) * 1_000_000 <= nanoseconds && nanoseconds / 1_000_000 <= UInt64(after))
    }

    @Test func aStopwatchGoesForwardInTenths() {
        let watch = Stopwatch()
        let first = watch.milliseconds
        let second = watch.milliseconds
        #expect(first >= 0 && second >= first)
        #expect((first * 10).rounded() / 10 == first)
    }
}
