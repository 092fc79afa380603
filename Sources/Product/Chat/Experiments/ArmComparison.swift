import Catalog
import JSONCoding

/// What the two arms of a trial came to, side by side.
struct ArmComparison: Sendable {
    /// A figure of both arms.
    struct Figure: Sendable {
        let kind: ArmOutcomes.Figure
        let control: Estimate?
        let variant: Estimate?
        /// What the variant has more, as surely as six figures need; `nil` until both arms have something.
        let difference: Estimate?

        init(_ kind: ArmOutcomes.Figure, _ outcomes: [SplitRecord.Arm: ArmOutcomes]) {
            self.kind = kind
            func estimate(_ arm: SplitRecord.Arm, _ certainty: Estimate.Certainty) -> Estimate? {
                guard let outcome = outcomes[arm], let sums = outcome.sums[kind] else { return nil }
                switch kind {
                case .helpful, .supported, .refused, .failed: return .share(sums, certainty)
                case .milliseconds: return .mean(sums, certainty)
                // What some chats cost, where the others have no price, says nothing.
                case .cost: return sums.count == outcome.chats ? .mean(sums, certainty) : nil
                }
            }
            control = estimate(.control, .one)
            variant = estimate(.variant, .one)
            difference = estimate(.control, .ofSix).flatMap { control in
                estimate(.variant, .ofSix).map { control.difference(to: $0) }
            }
        }

        /// The arm that looks better, be it by chance; `nil` where they are equal.
        var leader: SplitRecord.Arm? {
            guard let value = difference?.value, value != 0 else { return nil }
            let isGain = kind == .helpful || kind == .supported
            return (value > 0) == isGain ? .variant : .control
        }

        /// The better arm; `nil` where it may be chance.
        var better: SplitRecord.Arm? {
            guard let difference, difference.isBeyondChance, difference.count >= ArmComparison.fewest else {
                return nil
            }
            return leader
        }
    }

    /// Chats of each arm below which nothing is decided.
    static let fewest = 20

    private let outcomes: [SplitRecord.Arm: ArmOutcomes]
    /// In the order in which they decide: what people say, then what can be checked, then what it takes.
    let figures: [Figure]

    init(_ outcomes: [SplitRecord.Arm: ArmOutcomes]) {
        self.outcomes = outcomes
        figures = ArmOutcomes.Figure.allCases.map { Figure($0, outcomes) }
    }

    /// The figure that tells the arms apart, and the better one: the first that differs beyond chance, unless the other arm looks
    /// better by one before it.
    var decision: (figure: ArmOutcomes.Figure, arm: SplitRecord.Arm)? {
        guard let place = figures.firstIndex(where: { $0.better != nil }), let arm = figures[place].better else {
            return nil
        }
        guard figures[..<place].allSatisfy({ $0.leader == nil || $0.leader == arm }) else { return nil }
        return (figures[place].kind, arm)
    }

    var json: JSONValue {
        var arms: JSONObject = [:]
        for arm in SplitRecord.Arm.allCases {
            let outcome = outcomes[arm]
            var object: JSONObject = [
                "chats": .int(Int64(outcome?.chats ?? 0)), "answers": .int(Int64(outcome?.answers ?? 0)),
                "rated": .int(Int64(outcome?.rated ?? 0)),
            ]
            for figure in figures {
                object[figure.kind.rawValue] = (arm == .control ? figure.control : figure.variant)?.json ?? .null
            }
            arms[arm.rawValue] = .object(object)
        }
        var differences: JSONObject = [:]
        for figure in figures { differences[figure.kind.rawValue] = figure.difference?.json ?? .null }
        return [
            "arms": .object(arms), "difference": .object(differences),
            "better": .optional(decision?.arm.rawValue), "by": .optional(decision?.figure.rawValue),
        ]
    }
}
