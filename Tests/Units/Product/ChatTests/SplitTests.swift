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

    /// Wilson's interval of 81 of 263 as Newcombe's paper has it (1998, table I); that of none is not empty.
    @Test func sharesHaveWilsonsInterval() throws {
        let estimate = try #require(Estimate.share(81, of: 263))
        #expect(abs(estimate.low - 0.2553) < 0.0001 && abs(estimate.high - 0.3662) < 0.0001)
        let none = try #require(Estimate.share(0, of: 20))
        #expect(none.low == 0 && abs(none.high - 0.1611) < 0.0001)
        #expect(Estimate.share(0, of: 0) == nil && Estimate.mean(sum: 0, squares: 0, of: 0) == nil)
    }

    /// 56 of 70 against 48 of 80: Newcombe's second paper (1998, table II, method 10).
    @Test func differencesHaveNewcombesInterval() throws {
        let (one, other) = (try #require(Estimate.share(48, of: 80)), try #require(Estimate.share(56, of: 70)))
        let difference = one.difference(to: other)
        #expect(abs(difference.value - 0.2) < 1e-9)
        #expect(abs(difference.low - 0.0524) < 0.0001 && abs(difference.high - 0.3339) < 0.0001)
        #expect(difference.isBeyondChance && !one.difference(to: one).isBeyondChance)
    }

    @Test func meansHaveTheirInterval() throws {
        // 1, 2, 3, 4: mean 2.5, standard deviation 1.29.
        let estimate = try #require(Estimate.mean(sum: 10, squares: 30, of: 4))
        #expect(estimate.value == 2.5 && abs(estimate.high - 2.5 - 1.959964 * 0.645497) < 0.0001)
    }

    private func outcome(answers: Int, up: Int, down: Int, supported: Int = 0, refused: Int = 0) -> ArmOutcomes {
        var outcome = ArmOutcomes()
        (outcome.answers, outcome.chats, outcome.up, outcome.down) = (answers, answers, up, down)
        (outcome.sentences, outcome.supported, outcome.refused) = (answers, supported, refused)
        return outcome
    }

    @Test func whatPeopleSayDecidesFirst() throws {
        let comparison = ArmComparison([
            .control: outcome(answers: 100, up: 20, down: 40, supported: 95),
            .variant: outcome(answers: 100, up: 45, down: 15, supported: 60),
        ])
        let decision = try #require(comparison.decision)
        #expect(decision.arm == .variant && decision.figure.name == "helpful")
        #expect(comparison.json["better"]?.string == "variant" && comparison.json["by"]?.string == "helpful")
    }

    @Test func fewerRefusalsAreBetter() throws {
        let comparison = ArmComparison([
            .control: outcome(answers: 200, up: 1, down: 0, supported: 190, refused: 10),
            .variant: outcome(answers: 200, up: 0, down: 1, supported: 190, refused: 60),
        ])
        #expect(comparison.decision?.arm == .control && comparison.decision?.figure.name == "refused")
    }

    @Test func littleOrNothingDecidesNothing() {
        #expect(ArmComparison([:]).decision == nil)
        let few = ArmComparison([
            .control: outcome(answers: 10, up: 0, down: 10), .variant: outcome(answers: 10, up: 10, down: 0),
        ])
        #expect(few.decision == nil)
        let alike = ArmComparison([
            .control: outcome(answers: 100, up: 50, down: 50, supported: 90),
            .variant: outcome(answers: 100, up: 51, down: 49, supported: 91),
        ])
        #expect(alike.decision == nil && alike.json["better"] == .null)
    }
}
