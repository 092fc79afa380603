import JSONCoding

/// One thing that is measured: a value for each question that it applies to, and what is made of these.
public struct Metric: Sendable {
    /// What values mean.
    enum Unit: Sendable {
        /// From 0 to 1.
        case share
        /// A share that is 0 or 1 for each question.
        case verdict
        case milliseconds, tokens, dollars
    }

    /// What it is called in files and options.
    public let name: String
    let title: String
    let unit: Unit
    let moreIsBetter: Bool
    let statistic: Statistic
    /// The question's value; `nil` where it does not apply.
    let value: @Sendable (Question, Answer) -> Double?

    private init(
        _ name: String, _ title: String, _ unit: Unit = .verdict, moreIsBetter: Bool = true,
        _ statistic: Statistic = .mean,
        _ value: @escaping @Sendable (Question, Answer) -> Double?
    ) {
        self.name = name
        self.title = title
        self.unit = unit
        self.moreIsBetter = moreIsBetter
        self.statistic = statistic
        self.value = value
    }

    /// How many passages are looked at.
    static let depths = [1, 3, 5, 8]

    /// Everything that is measured, in the order of reports.
    public static let all: [Metric] = retrieval + answers + citations + refusals + effort

    /// The metric of a name.
    static func named(_ name: String) -> Metric? { all.first { $0.name == name } }

    // MARK: - The metrics

    private static let retrieval: [Metric] =
        depths.map { k in
            located("near@\(k)", "right page ±1 among the first \(k)") {
                RetrievalMeasures.success($0, $1, at: k, within: 1)
            }
        }
        + depths.map { k in
            located("page@\(k)", "right page among the first \(k)") { RetrievalMeasures.success($0, $1, at: k) }
        }
        + depths.map { k in
            located("recall@\(k)", "share of the right pages among the first \(k)", .share) {
                RetrievalMeasures.recall($0, $1, at: k)
            }
        } + [
            located("mrr", "mean reciprocal rank", .share, RetrievalMeasures.reciprocalRank),
            located("ndcg@8", "nDCG of the first 8", .share) { RetrievalMeasures.normalisedGain($0, $1, at: 8) },
            located("document-first", "right document first", .verdict, RetrievalMeasures.documentFirst),
        ]
        + depths.map { k in
            Metric("evidence@\(k)", "share of the evidence in the first \(k)", .share) { question, answer in
                guard !question.evidence.isEmpty else { return nil }
                return EvidenceCoverage.share(of: question.evidence, in: answer.passages.prefix(k).map(\.text))
            }
        }

    /// A metric of the passages, for questions whose places are known.
    private static func located(
        _ name: String, _ title: String, _ unit: Unit = .verdict,
        _ measure: @escaping @Sendable ([Place], [Place]) -> Double
    ) -> Metric {
        Metric(name, title, unit) { question, answer in
            question.places.isEmpty ? nil : measure(answer.found, question.places)
        }
    }

    private static let answers: [Metric] = [
        said("exact", "exact match") { AnswerMeasures.exactMatch($0, $1) },
        said("f1", "F1 of words", .share) { AnswerMeasures.f1($0, $1) },
        said("number", "numbers right") { AnswerMeasures.numberRight($0, $1) },
        Metric("evidence", "all evidence in the answer") { question, answer in
            guard !question.evidence.isEmpty else { return nil }
            return answer.isRefused ? 0 : AnswerMeasures.evidenceHeld(answer.text, question.evidence)
        },
    ]

    /// A metric of the text, for questions with known answers; what is refused has nothing right.
    private static func said(
        _ name: String, _ title: String, _ unit: Unit = .verdict,
        _ measure: @escaping @Sendable (String, [String]) -> Double?
    ) -> Metric {
        Metric(name, title, unit) { question, answer in
            guard !question.answers.isEmpty else { return nil }
            return measure(answer.text, question.answers).map { answer.isRefused ? 0 : $0 }
        }
    }

    private static let citations: [Metric] = [
        cited("cited-near", "answers that cite the right page ±1") {
            RetrievalMeasures.success($0, $1, at: $0.count, within: 1)
        },
        cited("citation-precision", "citations that name a right page", .share, CitationMeasures.precision),
        cited("citation-recall", "right pages that are cited", .share, CitationMeasures.recall),
        Metric("supported", "citations found supported", .share) { _, answer in
            answer.isRefused ? nil : CitationMeasures.supported(answer.citations.map(\.support))
        },
    ]

    /// A metric of the citations, for questions whose places are known and that were answered.
    private static func cited(
        _ name: String, _ title: String, _ unit: Unit = .verdict,
        _ measure: @escaping @Sendable ([Place], [Place]) -> Double
    ) -> Metric {
        Metric(name, title, unit) { question, answer in
            question.places.isEmpty || answer.isRefused ? nil : measure(answer.citations.map(\.place), question.places)
        }
    }

    private static let refusals: [Metric] = [
        Metric("wrongly-refused", "answerable questions refused", moreIsBetter: false) { question, answer in
            question.isAnswerable ? (answer.isRefused ? 1 : 0) : nil
        },
        Metric("wrongly-answered", "unanswerable questions answered", moreIsBetter: false) { question, answer in
            question.isAnswerable ? nil : (answer.isRefused ? 0 : 1)
        },
    ]

    private static let effort: [Metric] = [
        Metric("latency-p50", "time to the whole answer, median", .milliseconds, moreIsBetter: false, .quantile(0.5)) {
            $1.isRemembered ? nil : $1.milliseconds
        },
        Metric("latency-p95", "time to the whole answer, p95", .milliseconds, moreIsBetter: false, .quantile(0.95)) {
            $1.isRemembered ? nil : $1.milliseconds
        },
        Metric("tokens-in", "tokens read for a question", .tokens, moreIsBetter: false) { $1.tokens("prompt") },
        Metric("tokens-out", "tokens written for a question", .tokens, moreIsBetter: false) {
            $1.tokens("completion")
        },
        Metric("cost", "cost of a question", .dollars, moreIsBetter: false) { _, answer in
            answer.tokens("prompt") == nil ? nil : answer.receipt["cost"]?.double
        },
    ]
}

extension Answer {
    /// Tokens by the receipt; `nil` where no model was asked for this answer.
    fileprivate func tokens(_ name: String) -> Double? {
        guard let tokens = receipt["tokens"], !isRemembered,
            (tokens["prompt"]?.int ?? 0) + (tokens["completion"]?.int ?? 0) > 0
        else { return nil }
        return tokens[name]?.double
    }
}
