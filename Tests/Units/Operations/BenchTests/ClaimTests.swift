import FoundationEssentials
import TestSupport
import Testing

@testable import Bench

struct ClaimTests {
    private static func claim(_ value: Double) -> Claim {
        Claim(benchmark: .azure, figure: "f", value: value, page: "README.md", words: "w")
    }

    @Test func aTimeMayBeThreeTimesAsLongAndARateAThird() {
        #expect(Self.claim(10).limit(for: Figure("f", 0, "ms", better: .lower)) == 30)
        #expect(Self.claim(300).limit(for: Figure("f", 0, "/s", better: .higher)) == 100)
    }

    @Test func memoryMayBeAQuarterMoreAndAShareHardlyLess() {
        #expect(Self.claim(100).limit(for: Figure("f", 0, "MB", better: .lower)) == 125)
        #expect(abs(Self.claim(1).limit(for: Figure("f", 0, "", better: .higher)) - 0.97) < 0.001)
    }

    @Test(arguments: [(29.0, true), (30, true), (30.1, false), (.nan, false), (.infinity, false)])
    func aCheckPassesWithinItsLimit(value: Double, isPassed: Bool) {
        let check = ClaimCheck([Self.claim(10)], [.azure: [Figure("f", value, "ms", better: .lower)]])
        #expect(check.isPassed == isPassed)
        #expect(check.text.contains(isPassed ? "pass" : "FAIL") && check.text.contains("≤ 30.0 ms"))
    }

    @Test func oneUntruthFailsTheCheck() {
        let claims = [Self.claim(10), Claim(benchmark: .azure, figure: "g", value: 10, page: "p", words: "w")]
        let figures = [Figure("f", 1, "/s", better: .higher), Figure("g", 10, "ms", better: .lower)]
        let check = ClaimCheck(claims, [.azure: figures])
        #expect(!check.isPassed)
        #expect(check.text.split(separator: "\n").count { $0.hasSuffix("FAIL") } == 1)
    }

    @Test func whatWasNotMeasuredIsNoTruth() {
        for measured in [[:], [Benchmark.azure: []], [.models: [Figure("f", 1, "ms", better: .lower)]]] {
            let check = ClaimCheck([Self.claim(10)], measured)
            #expect(!check.isPassed && check.text.contains("not measured"))
        }
    }

    /// A page whose figure changes without its claim, or the other way round, is found here.
    @Test(arguments: Set(Claim.all.map(\.page)).sorted())
    func everyClaimStandsInItsPage(page: String) throws {
        let text = String(decoding: try Fixtures.bytes("\(Fixtures.root)/\(page)"), as: UTF8.self)
        for claim in Claim.all where claim.page == page {
            #expect(text.contains(claim.words), "\(page) does not state '\(claim.words)' any more")
        }
    }

    @Test func eachFigureIsClaimedOnceForAPage() {
        let names = Claim.all.map { "\($0.page) \($0.benchmark) \($0.figure)" }
        #expect(Set(names).count == names.count)
        #expect(Claim.all.allSatisfy { $0.value > 0 })
    }

    @Test func theFiguresThatTheREADMENamesAreClaimed() throws {
        let text = String(decoding: try Fixtures.bytes(Fixtures.root + "/README.md"), as: UTF8.self)
        for words in [
            "9 ms", "23 MB", "180 MB", "0.2 s", "31 ms", "26,000", "0.09 ms", "24 MB", "40 ms", "6,100", "7,100",
        ] {
            #expect(text.contains(words))
            #expect(Claim.all.contains { $0.page == "README.md" && $0.words.contains(words) }, "\(words)")
        }
    }
}
