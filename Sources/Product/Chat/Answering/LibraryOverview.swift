import Catalog
import ChatMessages
import Retrieval
import SentenceUnits
import TextAnalysis

/// What can be said of the documents themselves without a language model: their names, and how they begin.
struct LibraryOverview: Sendable {
    private static let mostNames = 50
    private static let mostOpenings = 4
    private static let longestOpening = 600
    private static let mostMentions = 8
    private static let searched = 20
    private static let longestPage = 2000
    private static let needsModel = """
        A summary needs a language model, and this answer is made without one. This is how the documents begin:

        """

    let question: LibraryQuestion
    let names: [String]
    /// How many documents there are.
    let count: Int
    /// The first pages of those that are asked about, not numbered yet.
    let openings: [FoundPassage]

    /// Reads what a question about the documents is answered with; `nil` when it names something that is no document.
    ///
    /// - Parameters:
    ///   - documents: Ids of those that may be searched.
    static func read(_ question: LibraryQuestion, of documents: [String], _ library: Library) async throws
        -> LibraryOverview?
    {
        var records = try await library.catalog.names(of: documents, limit: mostNames)
        if case .mentions(let words) = question {
            let passages = try await mentions(of: words, in: documents, library)
            guard !passages.isEmpty else { return nil }
            return LibraryOverview(question: question, names: [], count: passages.count, openings: passages)
        }
        guard case .summary(let wanted) = question else {
            return LibraryOverview(question: question, names: records.map(\.name), count: documents.count, openings: [])
        }
        if !wanted.isEmpty {
            let meant = Self.meant(records.map(\.name), by: wanted)
            records = meant.map { records[$0] }
            guard !records.isEmpty else { return nil }
        }
        var openings: [FoundPassage] = []
        for record in records.prefix(mostOpenings) {
            let pages = try await library.pages.pages(of: record.name, from: 1, to: 1, in: [record.id])
            openings += pages.prefix(1).map(Self.beginning)
        }
        return LibraryOverview(question: question, names: records.map(\.name), count: records.count, openings: openings)
    }

    /// The best passage of each document that has all of the words; documents that were found make room for others.
    private static func mentions(of words: [String], in documents: [String], _ library: Library) async throws
        -> [FoundPassage]
    {
        var found: [FoundPassage] = []
        var left = documents
        while found.count < mostMentions, !left.isEmpty {
            let passages = try await library.search(words.joined(separator: " "), in: left, count: searched).passages
            let before = found.count
            for passage in passages where found.count < mostMentions && says(words, passage.text) == words.count {
                if !found.contains(where: { $0.documentId == passage.documentId }) { found.append(passage) }
            }
            guard found.count > before else { break }
            let known = Set(found.map(\.documentId))
            left.removeAll { known.contains($0) }
        }
        return found
    }

    /// How many of the words a text says, in whatever form.
    private static func says(_ words: [String], _ text: String) -> Int {
        let stemmer = Stemmer(.en)
        let said = Set(AnswerWord.words(text, .english).flatMap { [$0.plain, $0.stem] })
        return words.count { said.contains($0) || said.contains(stemmer.stem($0)) }
    }

    /// Which of the names some words mean: those that have one of them, but for those of which another name has the same words
    /// and more. "zstd-README.md" is not every README.
    static func meant(_ names: [String], by wanted: some Collection<String>) -> [Int] {
        let stemmer = Stemmer(.en)
        let said = names.map { name in
            let words = Set(AnswerWord.words(name, .english).flatMap { [$0.plain, $0.stem] })
            return Set(wanted.filter { words.contains($0) || words.contains(stemmer.stem($0)) })
        }
        return names.indices.filter { index in
            !said[index].isEmpty && !said.contains { $0.isStrictSuperset(of: said[index]) }
        }
    }

    /// The answer.
    ///
    /// - Parameter sources: Where the pages get their numbers.
    func answer(_ sources: SourceList) -> ExtractiveAnswerer.Answer {
        if question == .names {
            let more = count > names.count ? ["\n- and \(count - names.count) more"] : []
            let first = count == 1 ? "There is one document:\n" : "There are \(count) documents:\n"
            return .init(
                pieces: [first] + names.map { "\n- \(MarkdownName.escaped($0))" } + more, citations: [], isFound: true)
        }
        if case .mentions(let words) = question {
            let citations = sources.add(openings).compactMap { Self.mention(words, $0) }
            let first =
                switch count {
                case 1: "One document mentions this:\n"
                case Self.mostMentions...: "These documents mention this, and others may:\n"
                default: "\(count) documents mention this:\n"
                }
            let lines = citations.map {
                "\n- \(MarkdownName.escaped($0.passage.name)): “\($0.quote.oneLine)” [\($0.passage.n)]"
            }
            return .init(pieces: [first] + lines, citations: citations, isFound: true)
        }
        let citations = sources.add(openings).compactMap { Self.opening($0) }
        let lines = citations.map {
            "\n- \(MarkdownName.escaped($0.passage.name)): “\($0.quote.oneLine)” [\($0.passage.n)]"
        }
        return .init(pieces: [Self.needsModel] + lines, citations: citations, isFound: true)
    }

    /// The sentence that says most of the words.
    private static func mention(_ words: [String], _ passage: FoundPassage) -> Citation? {
        let reading = PassageUnits(passage.text, .english)
        let counts = reading.units.map { says(words, $0.text) }
        guard let best = counts.max(), let index = counts.firstIndex(of: best) else { return nil }
        return Citation(passage, reading.scalars, range: reading.units[index].range)
    }

    /// A page may be a whole book.
    private static func beginning(_ page: FoundPassage) -> FoundPassage {
        let text = String(String.UnicodeScalarView(page.text.unicodeScalars.prefix(longestPage)))
        return FoundPassage(
            n: 0, documentId: page.documentId, name: page.name, page: page.page, start: page.start,
            end: page.start + text.unicodeScalars.count, text: text, score: 0, similarity: 0)
    }

    /// The first sentences of a page, after its title.
    private static func opening(_ page: FoundPassage) -> Citation? {
        let reading = PassageUnits(page.text, .english)
        let sentences = reading.units.filter { if case .sentence = $0.kind { true } else { false } }
        guard let first = sentences.first ?? reading.units.first else { return nil }
        var end = first.range.upperBound
        for next in sentences.dropFirst().prefix(2)
        where next.range.upperBound - first.range.lowerBound <= longestOpening {
            end = next.range.upperBound
        }
        return Citation(page, reading.scalars, range: first.range.lowerBound..<end)
    }
}
