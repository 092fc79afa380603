import Catalog
import TestSupport
import Testing

@testable import Chat

/// The part of an answer's log that is in memory, and how events are kept.
struct LiveLogTests {
    private func delta(_ id: Int, _ text: String) -> LoggedEvent {
        LoggedEvent(id: id, name: "delta", data: "{\"text\":\"\(text)\"}")
    }

    private func ids(_ page: LiveLog.Page) -> [Int]? {
        if case .events(let events) = page { events.map(\.id) } else { nil }
    }

    @Test func eventsComeBackFromTheirLinesAsTheyWere() {
        let events = [
            LoggedEvent(id: 1, name: "start", data: "{\"chatId\":\"c\"}"), delta(2, "a  b\\n\\u0000\u{2028}é"),
            LoggedEvent(id: 3, name: "done", data: "{\"text\":\"x y\"}"),
        ]
        #expect(LoggedEvent.events(in: LoggedEvent.lines(events)) == events)
        #expect(LoggedEvent.events(in: "") == [] && LoggedEvent.events(in: "x delta {}\n\n7 delta") == [])
        #expect(events.map(\.isLast) == [false, false, true])
    }

    @Test func piecesOfTextThatFollowEachOtherBecomeOne() {
        let tool = LoggedEvent(id: 4, name: "tool", data: "{}")
        let joined = LoggedEvent.joined([delta(1, "a"), delta(2, "\\\""), delta(3, "c"), tool, delta(5, "d")])
        #expect(joined == [delta(3, "a\\\"c"), tool, delta(5, "d")])
        #expect(LoggedEvent.joined([delta(1, "a")]) == [delta(1, "a")] && LoggedEvent.joined([]) == [])
    }

    @Test func aReaderGetsWhatComesAfterTheEventThatItHas() {
        let log = LiveLog(after: 10)
        if case .nothingYet = log.page(after: 10) {} else { Issue.record("there is nothing yet") }
        log.append("delta", "{\"text\":\"a\"}")
        log.append("delta", "{\"text\":\"b\"}")
        #expect(ids(log.page(after: 10)) == [11, 12] && ids(log.page(after: 11)) == [12])
        if case .older = log.page(after: 9) {} else { Issue.record("what came before is in the database") }
        // A number from the future waits.
        if case .nothingYet = log.page(after: 99) {} else { Issue.record("it may come to that") }
        log.append("done", "{}")
        log.append("delta", "{\"text\":\"too late\"}")
        #expect(ids(log.page(after: 12)) == [13])
        if case .over = log.page(after: 13) {} else { Issue.record("the last event was the last") }
        if case .over = log.page(after: 99) {} else { Issue.record("nothing will come") }
    }

    @Test func whatIsWrittenIsForgottenButForAFewEvents() {
        let log = LiveLog(after: 0)
        for _ in 0..<10 { log.append("delta", "{\"text\":\"a\"}") }
        log.forget(upTo: 8, keeping: 3)
        if case .older = log.page(after: 4) {} else { Issue.record("it is forgotten") }
        #expect(ids(log.page(after: 5)) == [6, 7, 8, 9, 10] && log.events(after: 8).map(\.id) == [9, 10])
        log.forget(upTo: 10, keeping: 20)
        #expect(ids(log.page(after: 5))?.count == 5 && log.last == 10)
    }

    @Test func eventsThatAreThereAlreadyAreNotTakenTwice() {
        let log = LiveLog(after: 3)
        log.append([delta(2, "a"), delta(3, "b"), delta(4, "c")])
        log.append([delta(4, "c"), delta(5, "d")])
        #expect(ids(log.page(after: 3)) == [4, 5])
    }

    @Test func whoWaitsIsWokenByAnEventByTheEndAndByLeaving() async {
        let log = LiveLog(after: 0)
        async let first: Void = log.wait(beyond: 0)
        log.append("delta", "{}")
        await first
        await log.wait(beyond: 0)
        let leaving = Task { await log.wait(beyond: 1) }
        leaving.cancel()
        await leaving.value
        async let second: Void = log.wait(beyond: 1)
        log.close()
        await second
    }
}
