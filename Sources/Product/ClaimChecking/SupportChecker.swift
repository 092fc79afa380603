/// Compares each sentence of an answer with exactly the passages that it cites.
///
/// Numbers, units, dates, names, codes and denial have to agree within one sentence, two neighbours or one row; of the other
/// words so many have to stand there too. The parts of a sentence are looked at one by one: when some are borne out and others
/// are not, the sentence is partly.
public struct SupportChecker: Sendable {
    /// Share of a claim's words that has to be found.
    private static let enough = 0.5
    /// The same for a part of a sentence.
    private static let enoughOfPart = 0.51
    /// Less than that is another matter.
    private static let little = 0.3
    /// The same for a part that is borne out elsewhere than the whole is.
    private static let enoughElsewhere = 0.67

    /// A checker.
    public init() {}

    /// The sentences of an answer that cite something.
    ///
    /// - Parameter passages: The passages by whose numbers it cites.
    public func check(_ answer: String, passages: [CitedPassage]) -> [CheckedSentence] {
        let text = AnswerSentences(answer)
        var ready: [Int: Passage] = [:]
        return text.sentences.compactMap { sentence in
            var cited: [Passage] = []
            for number in sentence.numbers {
                if ready[number] == nil { ready[number] = passages.first { $0.number == number }.map(Passage.init) }
                if let passage = ready[number] { cited.append(passage) }
            }
            return cited.isEmpty ? nil : check(sentence.range, text.scalars, cited)
        }
    }

    /// A source made ready for comparing.
    private struct Passage {
        let number: Int
        let name: Set<String>
        let units: PassageUnits
        let windows: [Window]

        init(_ source: CitedPassage) {
            number = source.number
            name = Window.words(source.name)
            units = PassageUnits(source.text)
            windows = Window.windows(units, name: source.name)
        }
    }

    private func check(_ range: Range<Int>, _ scalars: [Unicode.Scalar], _ passages: [Passage]) -> CheckedSentence {
        let tokens = Tokenizer.tokens(scalars, in: range)
        let names = passages.reduce(into: Set<String>()) { $0.formUnion($1.name) }
        let small = passages.reduce(into: Set<String>()) { $0.formUnion($1.units.small) }
        let known = passages.reduce(into: Set<String>()) { $0.formUnion($1.units.words) }
        let sentence = Claim(tokens, small: small, known: known, beginsSentence: true)
        let whole = Comparison(sentence, passages)
        let quotes = passages.map { CheckedSentence.Quote(number: $0.number, range: whole.best[$0.number]?.range) }
        guard !NoClaims.contains(tokens, scalars[range], names: names) else {
            return CheckedSentence(range: range, isClaim: false, support: .supported, quotes: quotes)
        }
        func parts(_ border: Claim.Border) -> [Comparison] {
            let slices = Claim.parts(tokens, at: border)
            guard slices.count > 1 else { return [] }
            return slices.enumerated().map { index, slice in
                Comparison(
                    Claim(Array(slice), small: small, known: known, beginsSentence: index == 0, partOf: sentence),
                    passages)
            }
        }
        let support: Support
        if whole.top.map({ $0.agrees && $0.share >= Self.enough }) ?? false {
            support = parts(.comma).allSatisfy { isBorneOut($0, beside: whole) } ? .supported : .partly
        } else {
            let clauses = parts(.mainClause)
            let borneOut = clauses.count { isBorneOut($0, beside: whole) }
            let isNear = whole.top.map { $0.agrees && $0.share >= Self.little } ?? false
            support =
                borneOut == clauses.count && borneOut > 0 ? .supported : borneOut > 0 || isNear ? .partly : .unsupported
        }
        return CheckedSentence(range: range, isClaim: true, support: support, quotes: quotes)
    }

    private func isBorneOut(_ part: Comparison, beside whole: Comparison) -> Bool {
        guard let top = part.top, top.agrees else { return false }
        let isNear = whole.top.map { $0.number == top.number && $0.range.overlaps(top.range) } ?? false
        return top.share >= (isNear ? Self.enoughOfPart : Self.enoughElsewhere)
    }

    /// A claim beside every stretch of the passages.
    private struct Comparison {
        struct Match {
            /// By how much more of a claim's words a stretch that says the contrary has to have.
            private static let clearly = 0.25

            let number: Int
            let range: Range<Int>
            let agrees: Bool
            let contradicts: Bool
            /// Facts that agree less those that do not.
            let balance: Int
            let share: Double
            /// The same of its words alone.
            let words: Double

            func isBetter(than other: Match) -> Bool {
                // One number may be said of something else, two are not by chance.
                let isSure = agrees && balance > 2 || other.agrees && other.balance > 2
                if !isSure, agrees && other.contradicts || contradicts && other.agrees {
                    return contradicts ? words > other.words + Self.clearly : words >= other.words - Self.clearly
                }
                if agrees != other.agrees, max(share, other.share) < 2 * min(share, other.share) + 0.2 { return agrees }
                let (mine, theirs) = (share + 0.15 * Double(balance), other.share + 0.15 * Double(other.balance))
                // The shorter one of two that say the same.
                return mine > theirs + 1e-9 || mine > theirs - 1e-9 && range.count < other.range.count
            }
        }

        private(set) var best: [Int: Match] = [:]
        private(set) var top: Match?

        init(_ claim: Claim, _ passages: [Passage]) {
            let coverage = WordCoverage(claim, units: passages.flatMap(\.units.units))
            for passage in passages {
                for window in passage.windows {
                    let words = coverage.share(claim, window)
                    // What has neither a word nor a number of the claim does not speak of it.
                    guard words > 0 || !claim.facts.isEmpty else { continue }
                    let agreement = Agreement(claim, window, passage.units, coverage, name: passage.name)
                    let share = coverage.share(claim, window, facts: agreement.numbers)
                    guard share > 0 || agreement.matched > 0 else { continue }
                    // Names alone in common are not enough.
                    let hasSubstance = agreement.numbers > 0 || coverage.hasSubstance(claim, window)
                    let match = Match(
                        number: passage.number, range: window.range, agrees: agreement.isWhole && hasSubstance,
                        contradicts: agreement.contradicts,
                        balance: agreement.matched - agreement.missing,
                        share: share, words: words)
                    if best[passage.number].map({ match.isBetter(than: $0) }) ?? true { best[passage.number] = match }
                    if top.map({ match.isBetter(than: $0) }) ?? true { top = match }
                }
            }
        }
    }
}
