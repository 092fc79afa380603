import JSONCoding
import Synchronization

/// What the tools of one answer may send out of the house.
///
/// A document may tell the model to carry what other documents say to somebody: in an address, in a search, in an argument.
/// The model is not to be trusted with that, so what leaves depends on where it comes from. Addresses come from the user,
/// from a search, or from a page that was read; words of searches come from the user; and there is a budget, which every
/// model that works on the answer shares.
public final class EgressGuard: Sendable {
    /// Most of each in one answer.
    enum Budget {
        static let calls = 32
        static let pages = 8
        /// Pages that only another page names, read beside documents: the choice among a page's links says something, too.
        static let linkedPages = 2
        static let linksOfAPage = 32
        static let queries = 6
        static let words = 16
        static let bytes = 8 << 20
    }

    private struct State {
        var calls = 0
        var pages = 0
        var linkedPages = 0
        var queries = 0
        var bytes = 0
        /// Addresses of search results, and those that pages were read from.
        var found: Set<String> = []
        /// Addresses in the texts of pages.
        var linked: Set<String> = []
        var confidential: [String] = []
        // Made when they are needed: most answers use no tool that sends anything.
        var named: Set<String>?
        var spoken: SpokenWords?
        var told: (count: Int, words: Set<String>) = (0, [])
    }

    /// The message that is being answered.
    let question: String
    private let messages: [String]
    private let state = Mutex(State())

    /// A guard for the answer to a question.
    ///
    /// - Parameters:
    ///   - earlier: The user's earlier messages.
    ///   - confidential: What the model is given from the beginning and the user has not written: passages, earlier answers.
    public init(question: String, earlier: [String], confidential: [String]) {
        self.question = question
        messages = [question] + earlier
        state.withLock { $0.confidential = confidential.filter { !$0.isEmpty } }
    }

    /// Notes that the model gets to see something that must not leave.
    public func noteConfidential(_ text: String) {
        guard !text.isEmpty else { return }
        state.withLock { $0.confidential.append(text) }
    }

    /// Counts a call of a tool.
    ///
    /// - Throws: `ToolFailure` when there were enough.
    public func countCall() throws(ToolFailure) {
        let isAllowed = state.withLock { state in
            state.calls += 1
            return state.calls <= Budget.calls
        }
        guard isAllowed else { throw ToolFailure("At most \(Budget.calls) tools can be used for one answer.") }
    }

    /// Counts bytes that came from elsewhere.
    func count(bytes: Int) { state.withLock { $0.bytes += bytes } }

    private func checkBytes() throws(ToolFailure) {
        guard state.withLock({ $0.bytes < Budget.bytes }) else {
            throw ToolFailure("At most \(Budget.bytes >> 20) MiB can be read for one answer.")
        }
    }

    // MARK: - Pages

    /// Lets a page be read, or does not.
    ///
    /// - Parameter isInside: Whether the operator has allowed the host, which is then none of a stranger's.
    /// - Throws: `ToolFailure`.
    func permit(_ address: WebAddress, isInside: Bool) throws(ToolFailure) {
        try checkBytes()
        let text = address.description
        let refusal: String? = state.withLock { state in
            let isNamed = named(&state).contains(text) || state.found.contains(text)
            if !isNamed {
                guard state.linked.contains(text) else { return Self.unnamed }
                if !state.confidential.isEmpty, !isInside {
                    guard !tellsSomething(text, &state) else { return Self.telling }
                    guard state.linkedPages < Budget.linkedPages else { return Self.enoughLinks }
                    state.linkedPages += 1
                }
            }
            guard state.pages < Budget.pages else { return Self.enoughPages }
            state.pages += 1
            return nil
        }
        if let refusal { throw ToolFailure(refusal) }
    }

    private static let unnamed = """
        Nobody has named this address. Only addresses can be read that the user's messages, a search result or a page name \
        letter by letter; that a document names one is not enough. Ask the user to send the address in a message.
        """
    private static let telling = "The address holds words of a document. Ask the user to send it in a message."
    private static let enoughLinks =
        "At most \(Budget.linkedPages) pages that only other pages name can be read beside documents."
    private static let enoughPages = "At most \(Budget.pages) pages can be read for one answer."

    /// Notes a page that was read: it may be read on, and what it names may be read next.
    ///
    /// - Parameter isConfidential: Whether what it says must not leave.
    func note(page address: WebAddress, text: String, isConfidential: Bool) {
        let linked = WebAddress.named(in: text, limit: Budget.linksOfAPage)
        state.withLock { state in
            state.found.insert(address.description)
            state.linked.formUnion(linked)
            if isConfidential { state.confidential.append(text) }
        }
    }

    private func named(_ state: inout State) -> Set<String> {
        if let named = state.named { return named }
        let named = messages.reduce(into: Set<String>()) { $0.formUnion(WebAddress.named(in: $1)) }
        state.named = named
        return named
    }

    private func spoken(_ state: inout State) -> SpokenWords {
        if let spoken = state.spoken { return spoken }
        let spoken = SpokenWords(messages)
        state.spoken = spoken
        return spoken
    }

    /// Whether an address holds a word that only confidential texts have.
    private func tellsSomething(_ address: String, _ state: inout State) -> Bool {
        for text in state.confidential[state.told.count...] {
            state.told.words.formUnion(SpokenWords.words(of: text).filter { $0.unicodeScalars.count >= 4 })
        }
        state.told.count = state.confidential.count
        let spoken = self.spoken(&state)
        // Of the scheme every text with an address has the word.
        let rest = address.drop { $0 != ":" }
        return SpokenWords.words(of: PercentText.decoded(String(rest))).contains {
            state.told.words.contains($0) && !spoken.contains($0)
        }
    }

    // MARK: - Searches

    /// What of a query may be sent: all of it when the model has nothing confidential, else the user's own words in it.
    ///
    /// - Throws: `ToolFailure` when nothing is left, or there were enough.
    func permitted(_ query: String) throws(ToolFailure) -> String {
        try checkBytes()
        let permitted: String? = state.withLock { state in
            state.queries += 1
            guard state.queries <= Budget.queries else { return nil }
            guard !state.confidential.isEmpty else { return query }
            return spoken(&state).said(of: query).prefix(Budget.words).joined(separator: " ")
        }
        guard let permitted else { throw ToolFailure("At most \(Budget.queries) searches can be made for one answer.") }
        guard !permitted.isEmpty else {
            throw ToolFailure("Beside documents a search can have words of the user's messages only.")
        }
        return permitted
    }

    /// Notes what a search found: it may be read.
    func note(results: [String]) {
        let addresses = results.compactMap { (try? WebAddress($0))?.description }
        state.withLock { $0.found.formUnion(addresses) }
    }

    // MARK: - Arguments

    /// Lets arguments go to a service, or does not: an address in them has to be one that may be read, and to stand alone.
    ///
    /// - Throws: `ToolFailure`.
    func permit(_ arguments: JSONValue) throws(ToolFailure) {
        try checkBytes()
        let refused = state.withLock { state in
            guard !state.confidential.isEmpty else { return false }
            return arguments.texts.contains { !permits($0, &state) }
        }
        guard !refused else {
            throw ToolFailure("An argument holds an address that the user's messages do not have. Leave it out.")
        }
    }

    private func permits(_ text: String, _ state: inout State) -> Bool {
        let plain = PercentText.decoded(text)
        guard AddressSigns.areIn(plain) else { return true }
        if let address = try? WebAddress(text) {
            return named(&state).contains(address.description) || state.found.contains(address.description)
        }
        return messages.contains { $0.contains(word: text) }
    }

    // MARK: - Changes

    /// Whether the question itself orders a call: it names the tool, and every text and number of the arguments.
    func isOrdered(_ tool: String, _ arguments: JSONValue) -> Bool {
        guard question.contains(word: tool) else { return false }
        return arguments.leaves.allSatisfy { leaf in
            switch leaf {
            case .string(let text): question.contains(word: text)
            case .int, .double: question.contains(word: leaf.text)
            case .null, .bool, .array, .object: false
            }
        }
    }
}
