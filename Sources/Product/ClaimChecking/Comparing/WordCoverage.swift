/// How much of a claim's words a stretch of a passage has; rare ones count for more.
struct WordCoverage: Sendable {
    /// For each word of the claim, the words of the passages that are the same.
    private let same: [String: Set<String>]
    private let weights: [String: Double]
    /// Names and codes among the words.
    private let named: Set<String>

    init(_ claim: Claim, units: [PassageUnit]) {
        let all = units.reduce(into: Set<String>()) { $0.formUnion($1.stems) }
        var same: [String: Set<String>] = [:]
        var weights: [String: Double] = [:]
        let named = Set(claim.facts.codes + claim.names.map { Stems.stem($0.text) })
        for stem in claim.stems {
            let alike = all.filter { Stems.areAlike($0, stem) }
            same[stem] = alike
            let holders = alike.isEmpty ? 0 : units.count { !alike.isDisjoint(with: $0.stems) }
            // One that stands everywhere says little about which sentence it is.
            let isName = named.contains(stem)
            weights[stem] =
                isName ? 1.5 : holders == 0 ? 0.8 : 1 / (1 + 0.5 * (Double(holders) / Double(units.count)) * 4)
        }
        self.named = named
        self.same = same
        self.weights = weights
    }

    /// Whether a word stands among others.
    func holds(_ stems: Set<String>, _ stem: String) -> Bool {
        same[stem].map { !$0.isDisjoint(with: stems) } ?? false
    }

    /// Whether a stretch has any of the claim's words that are no names, where there are some to be had.
    func hasSubstance(_ claim: Claim, _ window: Window) -> Bool {
        let plain = claim.stems.filter { !named.contains($0) }
        return plain.count < 2
            || 3 * plain.count { holds(window.stems, $0) || holds(window.context, $0) } >= plain.count
    }

    /// The weight of the words that stand in one stretch and not in another.
    func weight(_ words: Set<String>, in stretch: Set<String>, not other: Set<String>) -> Double {
        words.reduce(0) { $0 + (holds(stretch, $1) && !holds(other, $1) ? weights[$1] ?? 0 : 0) }
    }

    /// The share of the claim's words that stand in the stretch; those in the titles above it count for a part.
    ///
    /// - Parameter facts: How many of its numbers and dates agree; `nil` for its words alone.
    func share(_ claim: Claim, _ window: Window, facts: Int? = nil) -> Double {
        var (found, whole) = (0.0, 0.0)
        if let facts {
            (found, whole) = (Double(facts), Double(claim.facts.quantities.count + claim.facts.dates.count))
        }
        for stem in claim.stems {
            let weight = weights[stem] ?? 1
            whole += weight
            if holds(window.stems, stem) {
                found += weight
            } else if holds(window.context, stem) {
                found += 0.7 * weight
            }
        }
        return whole > 0 ? found / whole : 1
    }
}
