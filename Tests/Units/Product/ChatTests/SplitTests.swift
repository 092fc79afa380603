import Catalog
import Digests
import JSONCoding
import Testing

@testable import Chat

/// Trials: who is in which arm, what is read of a body, and what tells the arms apart.
struct SplitTests {
    private func problems(_ body: JSONValue) -> [String] {
        do { _ = try SplitFields(body) } catch let error as InvalidFields {
            return error.problems.map { "\($0.field): \($0.detail)" }
        } catch { Issue.record(error) }
        return []
    }

    // MARK: - Arms

    @Test(arguments: [0.05, 0.3, 0.5, 0.99])
    func aShareOfTheChatsIsDrawn(share: Double) throws {
        let split = Split(id: UUIDv7.make(), share: share, variant: try Variant(["model": "m"]))
        let chats = (0..<4000).map { UUIDv7.derived(from: split.id, purpose: "\($0)") }
        let drawn = Double(chats.count { split.arm(of: $0) == .variant }) / 4000
        // Four standard deviations.
        #expect(abs(drawn - share) < 4 * (share * (1 - share) / 4000).squareRoot())
        #expect(chats.allSatisfy { split.arm(of: $0) == split.arm(of: $0) })
    }

    @Test func eachTrialDrawsAnew() throws {
        let variant = try Variant(["model": "m"])
        let (one, other) = (Split(id: "1", share: 0.5, variant: variant), Split(id: "2", share: 0.5, variant: variant))
        let both = (0..<1000).count { one.arm(of: "\($0)") == other.arm(of: "\($0)") }
        #expect((400...600).contains(both))
    }

    // MARK: - Bodies

    @Test func aBeginningAndAnEndAreRead() throws {
        let body: JSONValue = ["share": 0.2, "variant": ["preset": "medical", "retrieval": ["passages": 4]]]
        guard case .start(let share, let variant) = try SplitFields(body) else {
            Issue.record("no beginning")
            return
        }
        #expect(share == 0.2 && variant.preset == "medical" && variant.passages == 4 && variant.model == nil)
        #expect(variant.json == body["variant"])
        guard case .end(.best) = try SplitFields(["end": "best"]) else {
            Issue.record("no end")
            return
        }
    }

    @Test(
        arguments: [
            (
                [:],
                [
                    "share: Required, unless the trial is to end (end).",
                    "variant: Required: an object with a model, a preset, or values of retrieval.",
                ]
            ),
            (["share": 1, "variant": ["model": "m"]], ["share: Must be from 0.01 to 0.99."]),
            (
                ["share": 0.5, "variant": [:]],
                ["variant: Changes nothing. Name a model, a preset, or a value of retrieval."]
            ),
            (
                ["share": 0.5, "variant": 3],
                ["variant: Required: an object with a model, a preset, or values of retrieval."]
            ),
            (
                ["share": 0.5, "variant": ["retrieval": [:]]],
                ["variant: Changes nothing. Name a model, a preset, or a value of retrieval."]
            ),
            (
                ["share": 0.5, "variant": ["retrieval": ["passages": 21]]],
                ["variant.retrieval.passages: Must be from 1.0 to 20.0."]
            ),
            (
                ["share": 0.5, "variant": ["retrieval": ["passages": 2.5, "candidates": 20]]],
                ["variant.retrieval.passages: Must be whole."]
            ),
            (
                ["share": 0.5, "variant": ["retrieval": ["passages": 20, "candidates": 10]]],
                ["variant.retrieval.passages: Must not be above candidates."]
            ),
            (
                ["share": 0.5, "variant": ["retrieval": ["passages": .null]]],
                ["variant: Changes nothing. Name a model, a preset, or a value of retrieval."]
            ),
            (["end": "me"], ["end: Must be one of control, variant, best."]),
            (
                ["end": "best", "share": 0.5],
                ["share: Goes with the beginning of a trial, not with its end."]
            ),
        ] as [(JSONValue, [String])])
    func whatIsWrongIsNamed(body: JSONValue, expected: [String]) {
        #expect(problems(body) == expected)
    }

    // MARK: - Figures

    private func sums(_ share: Double, of count: Int) -> ArmOutcomes.Sums {
        ArmOutcomes.Sums(count: count, sum: share * Double(count), squares: share * Double(count))
    }

    /// Wilson's interval of 81 of 263 as Newcombe's paper has it (1998, table I); that of none is not empty.
    @Test func sharesHaveWilsonsInterval() throws {
        let estimate = try #require(Estimate.share(sums(81.0 / 263, of: 263)))
        #expect(abs(estimate.low - 0.2553) < 0.0001 && abs(estimate.high - 0.3662) < 0.0001)
        let none = try #require(Estimate.share(sums(0, of: 20)))
        #expect(none.low == 0 && abs(none.high - 0.1611) < 0.0001)
        #expect(try #require(Estimate.share(sums(1, of: 20))).high == 1)
        #expect(Estimate.share(sums(0, of: 0)) == nil && Estimate.mean(sums(0, of: 0)) == nil)
    }

    /// 56 of 70 against 48 of 80: Newcombe's second paper (1998, table II, method 10).
    @Test func differencesHaveNewcombesInterval() throws {
        let (one, other) = (
            try #require(Estimate.share(sums(0.6, of: 80))), try #require(Estimate.share(sums(0.8, of: 70)))
        )
        let difference = one.difference(to: other)
        #expect(abs(difference.value - 0.2) < 1e-9)
        #expect(abs(difference.low - 0.0524) < 0.0001 && abs(difference.high - 0.3339) < 0.0001)
        #expect(difference.isBeyondChance && !one.difference(to: one).isBeyondChance)
    }

    @Test func meansHaveTheirInterval() throws {
        // 1, 2, 3, 4: mean 2.5, standard deviation 1.29.
        let estimate = try #require(Estimate.mean(ArmOutcomes.Sums(count: 4, sum: 10, squares: 30)))
        #expect(estimate.value == 2.5 && abs(estimate.high - 2.5 - 1.959964 * 0.645497) < 0.0001)
    }

    private func outcome(
        _ chats: Int, helpful: Double? = nil, of rated: Int? = nil, supported: Double = 0.9, refused: Double = 0.1,
        cost: ArmOutcomes.Sums? = nil
    ) -> ArmOutcomes {
        var all: [ArmOutcomes.Figure: ArmOutcomes.Sums] = [
            .supported: sums(supported, of: chats), .refused: sums(refused, of: chats), .failed: sums(0, of: chats),
        ]
        all[.helpful] = helpful.map { sums($0, of: rated ?? chats) }
        all[.cost] = cost
        return ArmOutcomes(chats: chats, answers: 2 * chats, rated: rated ?? 0, sums: all)
    }

    @Test func whatPeopleSayDecidesFirst() throws {
        let comparison = ArmComparison([
            .control: outcome(100, helpful: 0.3, of: 60, supported: 0.95),
            .variant: outcome(100, helpful: 0.75, of: 60, supported: 0.6),
        ])
        let decision = try #require(comparison.decision)
        #expect(decision.arm == .variant && decision.figure == .helpful)
        #expect(comparison.json["better"]?.string == "variant" && comparison.json["by"]?.string == "helpful")
    }

    @Test func fewerRefusalsAreBetter() throws {
        let comparison = ArmComparison([
            .control: outcome(200, helpful: 1, of: 1, refused: 0.05),
            .variant: outcome(200, helpful: 1, of: 1, refused: 0.3),
        ])
        #expect(comparison.decision?.arm == .control && comparison.decision?.figure == .refused)
    }

    /// Nineteen say that it is bad: that it is cheaper does not make it better.
    @Test func whatComesFirstIsNotOverruledByWhatComesLater() {
        let cheap = ArmOutcomes.Sums(count: 200, sum: 2, squares: 0.02)
        let dear = ArmOutcomes.Sums(count: 200, sum: 20, squares: 2)
        let comparison = ArmComparison([
            .control: outcome(200, helpful: 1, of: 19, cost: dear),
            .variant: outcome(200, helpful: 0, of: 19, cost: cheap),
        ])
        #expect(comparison.decision == nil && comparison.json["better"] == .null)
    }

    @Test func aPriceThatIsNotKnownIsNotNothing() {
        let some = ArmOutcomes.Sums(count: 30, sum: 0.3, squares: 0.003)
        let comparison = ArmComparison([
            .control: outcome(100, cost: ArmOutcomes.Sums(count: 100, sum: 90, squares: 81)),
            .variant: outcome(100, cost: some),
        ])
        #expect(comparison.decision == nil && comparison.json["arms"]?["variant"]?["cost"] == .null)
    }

    @Test func littleOrNothingDecidesNothing() {
        #expect(ArmComparison([:]).decision == nil)
        let few = ArmComparison([.control: outcome(10, helpful: 0), .variant: outcome(10, helpful: 1)])
        #expect(few.decision == nil)
        let alike = ArmComparison([.control: outcome(100, helpful: 0.5), .variant: outcome(100, helpful: 0.51)])
        #expect(alike.decision == nil && alike.json["better"] == .null)
    }
}
