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
    private let searched: AnswerTimes
    private let watch: Stopwatch
    private let state: Mutex<State>

    /// - Parameters:
    ///   - searched: What finding the sources took.
    ///   - question: The question as it was searched, where that is not as it was asked.
    init(
        sources: SourceList, egress: EgressGuard, searched: AnswerTimes, model: String, provider: String,
        question: String?, watch: Stopwatch
    ) {
        self.sources = sources
        self.egress = egress
        self.searched = searched
        self.watch = watch
        var receipt = Receipt(model: model, provider: provider)
        receipt.question = question
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

    /// The answer as it stands.
    ///
    /// - Parameter ending: Wins over the model's own.
    func finish(_ ending: AnswerEnding?) -> AnswerOutcome {
        state.withLock { state in
            let passages = sources.all
            let citations =
                state.quotes?.filter { state.text.contains("[\($0.passage.n)]") }
                ?? Citation.resolve(answer: state.text, cited: state.filter.cited, passages: passages)
            state.receipt.passagesConsidered = passages.count
            state.receipt.passagesUsed = citations.count
            var times = searched
            times.firstToken = state.firstTokenMilliseconds ?? 0
            times.total = watch.milliseconds
            return AnswerOutcome(
                state.text, ending ?? state.ending, citations: citations, passages: passages, receipt: state.receipt,
                toolCalls: state.toolCalls, times: times)
        }
    }
}
