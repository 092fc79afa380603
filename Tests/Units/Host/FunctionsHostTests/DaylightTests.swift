import Glibc
import Testing

@testable import FunctionsHost

/// What depends on the process's time zone runs one after the other.
@Suite(.serialized) enum Schedules {}

extension Schedules {
    /// Schedules where clocks change: Central Europe in 2026, an hour forward on 29 March, back on 25 October.
    @Suite(.serialized) struct DaylightTests {
        init() {
            // As POSIX writes zones, so that no zone files are needed.
            setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
            tzset()
        }

        /// The occurrences after a local time, as local times.
        private func occurrences(_ schedule: String, after start: String, count: Int) throws -> [String] {
            let schedule = try CronSchedule(schedule)
            var time = try #require(milliseconds(start))
            var result: [String] = []
            for _ in 0..<count {
                time = try #require(schedule.next(after: time))
                result.append(local(time))
            }
            return result
        }

        private func milliseconds(_ text: String) -> Int64? {
            let numbers = text.split { "- :".contains($0) }.compactMap { Int32($0) }
            guard numbers.count == 5 else { return nil }
            var parts = tm()
            (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
            (parts.tm_hour, parts.tm_min) = (numbers[3], numbers[4])
            parts.tm_isdst = -1
            return Int64(mktime(&parts)) * 1000
        }

        private func local(_ time: Int64) -> String {
            var clock = time_t(time / 1000)
            var parts = tm()
            localtime_r(&clock, &parts)
            var buffer = [CChar](repeating: 0, count: 64)
            strftime(&buffer, buffer.count, "%m-%d %H:%M %Z", &parts)
            return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        @Test func anHourThatIsLeftOutIsPassedOver() throws {
            #expect(
                try occurrences("0 30 2 * * *", after: "2026-03-27 12:00", count: 3)
                    == ["03-28 02:30 CET", "03-30 02:30 CEST", "03-31 02:30 CEST"])
        }

        @Test func anHourThatComesTwiceIsUsedTwice() throws {
            #expect(
                try occurrences("0 30 2 * * *", after: "2026-10-24 12:00", count: 3)
                    == ["10-25 02:30 CEST", "10-25 02:30 CET", "10-26 02:30 CET"])
        }

        @Test func everyHourStaysEveryHour() throws {
            #expect(
                try occurrences("0 0 * * * *", after: "2026-03-29 00:30", count: 4)
                    == ["03-29 01:00 CET", "03-29 03:00 CEST", "03-29 04:00 CEST", "03-29 05:00 CEST"])
            #expect(
                try occurrences("0 0 * * * *", after: "2026-10-25 00:30", count: 4)
                    == ["10-25 01:00 CEST", "10-25 02:00 CEST", "10-25 02:00 CET", "10-25 03:00 CET"])
        }

        @Test func aTimeOfDayStaysAtItsTime() throws {
            #expect(
                try occurrences("0 0 9 * * *", after: "2026-03-28 12:00", count: 2)
                    == ["03-29 09:00 CEST", "03-30 09:00 CEST"])
            #expect(
                try occurrences("0 0 9 * * *", after: "2026-10-24 12:00", count: 2)
                    == ["10-25 09:00 CET", "10-26 09:00 CET"])
        }

        @Test func midnightIsFoundOnDaysOfAnyLength() throws {
            #expect(
                try occurrences("0 0 0 * * *", after: "2026-03-28 12:00", count: 3)
                    == ["03-29 00:00 CET", "03-30 00:00 CEST", "03-31 00:00 CEST"])
            #expect(
                try occurrences("0 0 0 * * Sun", after: "2026-10-18 12:00", count: 2)
                    == ["10-25 00:00 CEST", "11-01 00:00 CET"])
        }

        @Test func aSpanOfTimeKnowsNoClocks() throws {
            let schedule = try CronSchedule("01:00:00")
            let start = try #require(milliseconds("2026-03-29 01:30"))
            #expect(schedule.next(after: start) == start + 3_600_000)
        }

        @Test func daysAndWeekdaysBothHaveToFit() throws {
            // The first Friday the 13th after the start of 2026.
            #expect(
                try occurrences("0 0 12 13 * Fri", after: "2026-01-01 00:00", count: 2)
                    == ["02-13 12:00 CET", "03-13 12:00 CET"])
        }

        @Test(arguments: [
            ("0 0 12 1-3 * *", ["02-01 12:00 CET", "02-02 12:00 CET", "02-03 12:00 CET", "03-01 12:00 CET"]),
            ("0 0 6/6 31 * *", ["01-31 18:00 CET", "03-31 06:00 CEST", "03-31 12:00 CEST", "03-31 18:00 CEST"]),
            ("0 15,45 8 * 2 1", ["02-02 08:15 CET", "02-02 08:45 CET", "02-09 08:15 CET", "02-09 08:45 CET"]),
            ("0 0 0 * * 7", ["02-01 00:00 CET", "02-08 00:00 CET", "02-15 00:00 CET", "02-22 00:00 CET"]),
            ("0 0 0 1 JAN-mar *", ["02-01 00:00 CET", "03-01 00:00 CET", "01-01 00:00 CET", "02-01 00:00 CET"]),
        ])
        func fieldsTakeListsRangesStepsAndNames(schedule: String, expected: [String]) throws {
            #expect(try occurrences(schedule, after: "2026-01-31 12:00", count: 4) == expected)
        }
    }
}
