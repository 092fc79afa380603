import Glibc
import JSONCoding
import Testing

@testable import FunctionsHost

extension Schedules {
    /// Schedules and what is recorded of them (docs/reference/functions-custom-handlers.md, 9.2).
    @Suite(.serialized) struct TimerTests {
        init() {
            setenv("TZ", "UTC", 1)
            tzset()
        }

        @Test(arguments: [
            ("0 0 * * * *", 0, 3600), ("0 */5 * * * *", 1, 300),
            ("30 9 * * 1-5", 1_795_159_588 as Int64, 1_795_167_000),
            ("0 0 0 1 1 *", 0, 31_536_000), ("00:10:00", 100, 700), ("0 0 0 * * sun", 0, 259_200),
            ("5,10 * * * * *", 5, 10), ("0 0 3 * Jan Monday", 0, 356_400), ("0 0 0 29 2 *", 0, 68_169_600),
        ])
        func findsTheNextOccurrence(schedule: String, after: Int64, next: Int64) throws {
            #expect(try CronSchedule(schedule).next(after: after * 1000) == next * 1000)
        }

        @Test(arguments: [
            "", "* * *", "60 * * * * *", "* * * * * 8", "a * * * * *", "*/0 * * * * *", "5-1 * * * * *",
            "0 0 0 31 2 * *",
            "00:00:00", "-00:01:00",
        ])
        func refusesSchedules(text: String) { #expect(throws: HostError.self) { try CronSchedule(text) } }

        @Test func saysThatADayNeverComes() throws { #expect(try CronSchedule("0 0 0 31 2 *").next(after: 0) == nil) }

        @Test(arguments: [
            ("*/10 * * * * *", true), ("0 * * * * *", false), ("* 30 * * * *", false), ("00:00:59", true),
            ("00:01:00", false), ("0,30 * * * * *", true),
        ])
        func knowsWhatIsNotWorthRecording(schedule: String, isSubMinute: Bool) throws {
            #expect(try CronSchedule(schedule).isSubMinute(at: 1_800_000_000_000) == isSubMinute)
        }

        private let hourly = "0 0 * * * *"
        private let hour: Int64 = 3_600_000

        @Test func withoutAStatusNothingIsPastDue() throws {
            let (status, isPastDue) = TimerStatus.checked(nil, try CronSchedule(hourly), now: 5000)
            #expect(!isPastDue && status == TimerStatus(next: hour, lastUpdated: 5000))
        }

        @Test func aMissedOccurrenceIsPastDueOnce() throws {
            let schedule = try CronSchedule(hourly)
            let stored = TimerStatus(last: 0, next: hour, lastUpdated: 0)
            let (status, isPastDue) = TimerStatus.checked(stored, schedule, now: 5 * hour + 1)
            #expect(isPastDue && status == stored)
            // However many were missed, the run for them is one.
            #expect(status.afterRun(at: 5 * hour + 1, isPlanned: false, schedule).next == 6 * hour)
            #expect(!TimerStatus.checked(stored, schedule, now: hour - 1).isPastDue)
        }

        @Test func aChangedScheduleIsNeverPastDue() throws {
            let stored = TimerStatus(last: 0, next: hour, lastUpdated: 0)
            let (longer, longerIsPastDue) = TimerStatus.checked(
                stored, try CronSchedule("0 0 */6 * * *"), now: 2 * hour)
            #expect(!longerIsPastDue && longer == TimerStatus(next: 6 * hour, lastUpdated: 2 * hour))
            let (shorter, shorterIsPastDue) = TimerStatus.checked(
                stored, try CronSchedule("0 */10 * * * *"), now: 2 * hour)
            #expect(!shorterIsPastDue && shorter.next == 2 * hour + 600_000 && shorter.last == nil)
        }

        @Test func aLegacyStatusIsNeverPastDue() throws {
            let stored = TimerStatus(last: nil, next: hour, lastUpdated: nil)
            #expect(!TimerStatus.checked(stored, try CronSchedule(hourly), now: 5 * hour).isPastDue)
        }

        @Test func aRunThatIsEarlyByTheClockCountsForItsOccurrence() throws {
            let schedule = try CronSchedule(hourly)
            let status = TimerStatus(last: 0, next: hour, lastUpdated: 0)
            #expect(
                status.afterRun(at: hour - 1, isPlanned: true, schedule)
                    == TimerStatus(last: hour, next: 2 * hour, lastUpdated: hour))
            // A run out of turn uses no occurrence up.
            #expect(status.afterRun(at: 1000, isPlanned: false, schedule).next == hour)
        }

        @Test(arguments: [
            ("2026-01-04T03:00:00.002+00:00", 1_767_495_600_002 as Int64?),
            ("2026-01-04T05:00:00+02:00", 1_767_495_600_000),
            ("2026-01-04T03:00:00Z", 1_767_495_600_000), ("2026-01-04T03:00:00", 1_767_495_600_000),
            ("0001-01-01T00:00:00", nil), ("nonsense", nil), ("é-01-04T05:00:00+02:0", nil),
        ])
        func readsRecords(text: String, time: Int64?) throws {
            let status = try #require(TimerStatus(["Last": .string(text), "Next": 5]))
            #expect(status.last == time && status.next == nil)
        }

        @Test func writesWhatItReads() throws {
            let status = TimerStatus(last: nil, next: 1_767_495_600_002, lastUpdated: 0)
            #expect(TimerStatus(status.json) == status)
            #expect(status.json["Last"] == "0001-01-01T00:00:00")
        }
    }
}
