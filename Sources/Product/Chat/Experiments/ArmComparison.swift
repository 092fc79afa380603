import Catalog
import JSONCoding

/// What the two arms of a trial came to, side by side.
struct ArmComparison: Sendable {
    /// A figure of both arms.
    struct Figure: Sendable {
        let name: String
        /// Whether more is better.
        let isGain: Bool
        let control: Estimate?
        let variant: Estimate?

        /// What the variant has more; `nil` until both arms have something.
        var difference: Estimate? {
            guard let control, let variant else { return nil }
            return control.difference(to: variant)
        }

        /// The better arm; `nil` where it may be chance.
        var better: SplitRecord.Arm? {
            guard let difference, difference.isBeyondChance, difference.count >= ArmComparison.fewest else {
                return nil
            }
            return (difference.value > 0) == isGain ? .variant : .control
        }
    }

    /// Observations of each arm below which nothing is decided.
    static let fewest = 20

    private let outcomes: [SplitRecord.Arm: ArmOutcomes]
    let figures: [Figure]

    init(_ outcomes: [SplitRecord.Arm: ArmOutcomes]) {
        self.outcomes = outcomes
        func figure(_ name: String, isGain: Bool, _ estimate: (ArmOutcomes) -> Estimate?) -> Figure {
            Figure(
                name: name, isGain: isGain, control: outcomes[.control].flatMap(estimate),
                variant: outcomes[.variant].flatMap(estimate))
        }
        // In the order in which they decide: what people say, then what can be checked, then what it takes.
        figures = [
            figure("helpful", isGain: true) { .share($0.up, of: $0.up + $0.down) },
            figure("supported", isGain: true) { .share($0.supported, of: $0.sentences) },
            figure("refused", isGain: false) { .share($0.refused, of: $0.answers) },
            figure("failed", isGain: false) { .share($0.failed, of: $0.answers) },
            figure("cost", isGain: false) {
                .mean(sum: $0.cost.sum, squares: $0.cost.squares, of: $0.answers)
            },
            figure("milliseconds", isGain: false) {
                .mean(sum: $0.milliseconds.sum, squares: $0.milliseconds.squares, of: $0.answers)
            },
        ]
    }

    /// The figure that tells the arms apart, and the better one: the first of the order in which they differ beyond chance.
    var decision: (figure: Figure, arm: SplitRecord.Arm)? {
        for figure in figures { if let arm = figure.better { return (figure, arm) } }
        return nil
    }

    var json: JSONValue {
        var arms: JSONObject = [:]
        for arm in SplitRecord.Arm.allCases {
            let outcome = outcomes[arm] ?? ArmOutcomes()
            var object: JSONObject = ["chats": .int(Int64(outcome.chats)), "answers": .int(Int64(outcome.answers))]
            for figure in figures {
                object[figure.name] = (arm == .control ? figure.control : figure.variant)?.json ?? .null
            }
            arms[arm.rawValue] = .object(object)
        }
        var differences: JSONObject = [:]
        for figure in figures { differences[figure.name] = figure.difference?.json ?? .null }
        return [
            "arms": .object(arms), "difference": .object(differences),
            "better": .optional(decision?.arm.rawValue), "by": .optional(decision?.figure.name),
        ]
    }
}
