import Testing

@testable import History

/// Whoever opens a link again and again is written down once a minute.
@Suite struct NotedOpeningsTests {
    @Test func anOpeningIsNotedOnceAMinuteForEachLinkAndPerson() {
        let noted = NotedOpenings()
        let now = ContinuousClock.now
        #expect(noted.takesNote(of: "a", by: nil, at: now))
        #expect(!noted.takesNote(of: "a", by: nil, at: now + .seconds(59)))
        #expect(noted.takesNote(of: "a", by: "ann", at: now) && noted.takesNote(of: "b", by: nil, at: now))
        #expect(noted.takesNote(of: "a", by: nil, at: now + .seconds(60)))
        // However many links there are, memory has an end, and the last is noted.
        for number in 0..<25_000 { #expect(noted.takesNote(of: "\(number)", by: nil, at: now)) }
    }
}
