import Models
import Retrieval
import Synchronization
import Telemetry
import Tools

/// The answer while it grows. Providers' tasks write it, whoever stores it reads it.
final class Draft: Sendable {
    private struct State {
        var filter: CitationFilter
        var seam: TextSeam?
        var text = ""
        var ending = AnswerEnding.stop
        var quotes: [Citation]?
        var firstTokenMilliseconds: Double?
        var toolCalls: [ToolCall] = []
        var receipt: Receipt
    }

    let sources: SourceList
    /// What tools may send out for this answer, whichever model asks for it.
    let egress: EgressGuard
    private let unsupported: UnsupportedHandling
    /// What is said when nothing of an answer is left.
    private let refusal: String
    private let searched: AnswerTimes
    private let watch: Stopwatch
    private let state: Mutex<State>

    /// - Parameters:
    ///   - unsupported: What becomes of sentences that are not borne out.
    ///   - refusal: What is said when nothing else is left.
    ///   - searched: What finding the sources took.
    ///   - question: The question as it was searched, where that is not as it was asked.
    ///   - retrieval: How the sources were found.
    ///   - trial: The trial that the answer belongs to.
    init(
        sources: SourceList, egress: EgressGuard, unsupported: UnsupportedHandling, refusal: String,
        searched: AnswerTimes, model: String, provider: String, question: String?, retrieval: RetrievalConfiguration?,
        trial: Trial?, watch: Stopwatch
    ) {
        self.sources = sources
        self.unsupported = unsupported
        self.refusal = refusal
        self.egress = egress
        self.searched = searched
        self.watch = watch
        var receipt = Receipt(model: model, provider: provider)
        receipt.question = question
        receipt.retrieval = retrieval?.json
        receipt.trial = trial
        state = Mutex(State(filter: CitationFilter(count: sources.count), receipt: receipt))
    }

    var text: String { state.withLock { $0.text } }
    var asksForNothing: Bool { state.withLock { $0.toolCalls.isEmpty } }

    /// Takes what a model wrote; returns what may be shown of it.
    func take(_ text: String) -> String {
        state.withLock { state in
            state.filter.count = sources.count
            return Self.show(&state, state.seam?.feed(text) ?? text, watch)
        }
    }

    /// What was held back until now.
    func endOfText() -> String {
        state.withLock { state in
            var shown = Self.show(&state, state.seam?.finish() ?? "", watch)
            let rest = state.filter.finish()
            state.text += rest
            shown += rest
            state.seam = nil
            return shown
        }
    }

    /// The next model goes on where the text ends.
    func beginContinuation() {
        state.withLock { state in
            state.text += state.filter.finish()
            state.seam = state.text.isEmpty ? nil : TextSeam(after: state.text)
        }
    }

    private static func show(_ state: inout State, _ text: String, _ watch: Stopwatch) -> String {
        guard !text.isEmpty else { return "" }
        if state.firstTokenMilliseconds == nil { state.firstTokenMilliseconds = watch.milliseconds }
        let shown = state.filter.feed(text)
        state.text += shown
        return shown
    }

    /// Takes over a text that is whole and checked.
    func adopt(_ text: String, quotes: [Citation], ending: AnswerEnding) {
        state.withLock { state in
            if state.firstTokenMilliseconds == nil { state.firstTokenMilliseconds = watch.milliseconds }
            state.text += text
            state.quotes = quotes
            state.ending = ending
        }
    }

    /// Adds a text of our own. Returns what is new of the answer.
    func append(_ text: String) -> String {
        state.withLock { state in
            let added = (state.text.isEmpty ? "" : "\n\n") + text
            state.text += added
            return added
        }
    }

    func setEnding(_ ending: AnswerEnding) { state.withLock { $0.ending = ending } }
    func setToolCalls(_ calls: [ToolCall]) { state.withLock { $0.toolCalls = calls } }
    func note(_ change: (inout Receipt) -> Void) { state.withLock { change(&$0.receipt) } }

    /// The sentences that a model wrote and that the passages they cite do not bear out, where it is to correct them.
    var toBeCorrected: [String] {
        let (text, isQuoted, asks) = state.withLock { ($0.text, $0.quotes != nil, !$0.toolCalls.isEmpty) }
        guard unsupported == .correct, !isQuoted, !asks else { return [] }
        return CheckedAnswer(text, passages: sources.all).unsupported
    }

    /// Puts a model's second answer in the place of the first, when more of it is borne out.
    func correct(_ text: String) {
        var filter = CitationFilter(count: sources.count)
        let corrected = filter.feed(text) + filter.finish()
        let before = CheckedAnswer(self.text, passages: sources.all)
        let after = CheckedAnswer(corrected, passages: sources.all)
        guard corrected.contains(where: \.isLetter), after.unsupported.count < before.unsupported.count else { return }
        state.withLock { $0.text = corrected }
    }

    /// The answer as it stands, with each sentence compared with what it cites.
    ///
    /// - Parameter ending: Wins over the model's own.
    func finish(_ ending: AnswerEnding?) -> AnswerOutcome {
        let passages = sources.all
        let quotes = state.withLock { $0.quotes }
        var (text, final) = state.withLock { ($0.text, ending ?? $0.ending) }
        var checked = quotes.map { CheckedAnswer(text, quotes: $0) } ?? CheckedAnswer(text, passages: passages)
        let counts = checked.counts
        if unsupported == .remove, !checked.unsupported.isEmpty {
            text = checked.textWithoutUnsupported
            if text.isEmpty { (text, final) = (refusal, .notFound) }
            checked = CheckedAnswer(text, passages: passages)
        }
        let (receipt, toolCalls, firstToken) = state.withLock { state in
            state.receipt.passagesConsidered = passages.count
            state.receipt.passagesUsed = Set(checked.citations.map(\.passage.n)).count
            state.receipt.support = counts
            return (state.receipt, state.toolCalls, state.firstTokenMilliseconds)
        }
        var times = searched
        times.firstToken = firstToken ?? 0
        times.total = watch.milliseconds
        return AnswerOutcome(
            text, final, citations: checked.citations, passages: passages, receipt: receipt, toolCalls: toolCalls,
            times: times)
    }
}
