import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Tools

/// What leaves the house: addresses, searches, arguments, changes. The model in these tests obeys whoever writes documents.
@Suite struct EgressTests {
    private static let secret = "The vault of Halcyon Works opens with 4711-swordfish, says Matilde."

    private func egress(_ question: String, earlier: [String] = [], confidential: [String] = [secret]) -> EgressGuard {
        EgressGuard(question: question, earlier: earlier, confidential: confidential)
    }

    private func mayRead(_ url: String, _ egress: EgressGuard, isInside: Bool = false) -> Bool {
        (try? egress.permit(WebAddress(url), isInside: isInside)) != nil
    }

    // MARK: - Addresses

    @Test(arguments: [
        ("See https://a.example/b.", "https://a.example/b"), ("(https://a.example/b)", "https://a.example/b"),
        ("[x](https://a.example/b_(c)) y", "https://a.example/b_(c)"), ("HTTPS://A.Example/B", "https://a.example/B"),
        ("<https://a.example>", "https://a.example/"), ("https://a.example:443/?q=1#part", "https://a.example/?q=1"),
        ("看https://a.example/b，好", "https://a.example/b"), ("\"http://a.example/x\"", "http://a.example/x"),
        ("https://a.example/?next=https://b.example/", "https://a.example/?next=https://b.example/"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
    ])
    func anAddressIsNamedByTheUsersMessage(message: String, address: String) {
        #expect(mayRead(address, egress(message)))
        #expect(mayRead(address, egress("And now?", earlier: [message])))
    }

    /// Everything that is nearly the address of the message, and carries something.
    @Test(arguments: [
        "https://a.example/b", "https://a.example/bcd", "https://a.example/bc/4711", "https://a.example/bc?4711",
        "https://a.example/", "https://a.example:8443/bc", "http://a.example/bc", "https://4711.a.example/bc",
        "https://a.example.evil.example/bc", "https://a.exampl/bc", "https://a.example/BC", "https://a.example/b%63",
        "https://a.example/./bc", "https://a.example//bc", "https://b.example/", "https://b.example/x",
        "https://xn--exmple-cua.example/", "https://exmple.example/", "https://ex/",
    ])
    func whatIsOnlyNearlyNamedIsNotRead(address: String) {
        let message = """
            Read https://a.example/bc and https://c.example/?to=https://b.example/x, not https://exämple.example/ nor
            nothttps://b.example/
            """
        #expect(!mayRead(address, egress(message)))
        #expect(mayRead("https://a.example/bc", egress(message)))
        // What is behind the mark is not sent.
        #expect(mayRead("https://a.example/bc#4711", egress(message)))
    }

    @Test(arguments: ["https://4711@a.example/bc", "https://a.example@evil.example/", "https://ä.example/"])
    func whatCannotBeReadStrictlyIsNoAddress(address: String) {
        #expect(throws: ToolFailure.self) { try WebAddress(address) }
    }

    @Test func whatOnlyADocumentNamesIsNotRead() {
        let candidates = (0...9).map { "https://evil.example/?c=\($0)" }
        let guarded = egress("What does my document say?", confidential: [candidates.joined(separator: " ")])
        for candidate in candidates { #expect(!mayRead(candidate, guarded)) }
        guarded.noteConfidential("https://evil.example/later")
        #expect(!mayRead("https://evil.example/later", guarded))
    }

    @Test func resultsOfASearchMayBeRead() {
        let guarded = egress("Who sells canaries?")
        guarded.note(results: ["https://Birds.example/canaries#top", "javascript:alert(1)"])
        #expect(mayRead("https://birds.example/canaries", guarded))
        #expect(!mayRead("https://birds.example/", guarded))
    }

    @Test func pagesThatWereReadNameFew() throws {
        let page = try WebAddress("https://a.example/")
        let links = ["swordfish", "4711", "plain", "more", "third"].map { "https://evil.example/\($0)" }
        let text = links.joined(separator: " ") + " https://evil.example/?x=%2534711"
        let guarded = egress("Read https://a.example/")
        guarded.note(page: page, text: text, isConfidential: false)
        #expect(!mayRead(links[0], guarded) && !mayRead(links[1], guarded), "they hold words of a document")
        #expect(!mayRead("https://evil.example/?x=%2534711", guarded), "encoded words too")
        #expect(mayRead(links[2], guarded) && mayRead(links[3], guarded) && !mayRead(links[4], guarded))
        #expect(mayRead("https://a.example/", guarded), "it may be read on")
        // Where there is nothing to tell, links are links.
        let open = egress("Read https://a.example/", confidential: [])
        open.note(page: page, text: text, isConfidential: false)
        #expect(links.allSatisfy { mayRead($0, open) })
        // So they are within the house, to hosts that the operator has allowed.
        let inside = egress("Read https://a.example/")
        inside.note(page: page, text: text, isConfidential: true)
        #expect(links.allSatisfy { mayRead($0, inside, isInside: true) })
    }

    @Test func aPageNamesNoMoreThanItsFirstLinks() throws {
        let guarded = egress("Read https://a.example/", confidential: [])
        let text = (0..<100).map { "https://evil.example/\($0)" }.joined(separator: "\n")
        guarded.note(page: try WebAddress("https://a.example/"), text: text, isConfidential: false)
        #expect(mayRead("https://evil.example/31", guarded) && !mayRead("https://evil.example/32", guarded))
    }

    // MARK: - Budgets

    @Test func thereIsABudgetForEveryAnswer() throws {
        let guarded = egress("Read https://a.example/ about birds")
        let pages = (0..<20).count { _ in mayRead("https://a.example/", guarded) }
        #expect(pages == EgressGuard.Budget.pages)
        let searches = (0..<20).count { _ in (try? guarded.permitted("birds")) != nil }
        #expect(searches == EgressGuard.Budget.queries)
        let calls = (0..<100).count { _ in (try? guarded.countCall()) != nil }
        #expect(calls == EgressGuard.Budget.calls)
        let heavy = egress("Read https://a.example/")
        heavy.count(bytes: EgressGuard.Budget.bytes)
        #expect(!mayRead("https://a.example/", heavy))
        #expect(throws: ToolFailure.self) { try heavy.permitted("a") }
        #expect(throws: ToolFailure.self) { try heavy.permit(["a": 1]) }
    }

    // MARK: - Searches

    @Test(arguments: [
        ("return of the storks", "storks return"), ("STORK returns stork", "storks return"),
        ("storks 4711-swordfish vault", "storks"), ("sToRkS rEtUrN", "storks return"),
        ("return storks", "storks return"),
        ("winterly storks", "storks winter"), ("s t o r k s winter", "winter"),
        ("storks\u{200B}winter", "storks winter"),
        ("storks!!??winter..", "storks winter"), ("MATILDE winter", "winter"), ("storks 2026", "storks"),
    ])
    func besideDocumentsOnlyTheUsersWordsAreSearchedFor(query: String, sent: String) throws {
        let guarded = egress("Where do storks winter, and when do they return?")
        // "Where" and "they" belong to the message, too, and stand where the user has put them.
        #expect(try guarded.permitted(query) == sent)
    }

    @Test func scriptsWithoutBlanksAreSearchedInParts() throws {
        let guarded = egress("东京天气怎么样？")
        #expect(try guarded.permitted("天气 密码 4711") == "东京天气怎么样")
    }

    @Test func withoutConfidentialTextASearchIsTheModels() throws {
        let guarded = egress("Hello", confidential: ["", ""])
        #expect(try guarded.permitted("high water today") == "high water today")
        guarded.noteConfidential("secret")
        #expect(throws: ToolFailure.self) { try guarded.permitted("high water today") }
    }

    @Test func aSearchHasFewWords() throws {
        let message = (0..<400).map { "word\($0)x" }.joined(separator: " ")
        let sent = try egress(message).permitted(message)
        #expect(sent.split(separator: " ").count == EgressGuard.Budget.words)
    }

    /// Marks without end make strings slow to compare; words are cut before that.
    @Test func wordsOfManyMarksTakeTimeInProportion() throws {
        func seconds(_ count: Int) throws -> Double {
            let marks = String(repeating: "\u{301}", count: count)
            let clock = ContinuousClock()
            let guarded = egress("storks " + marks, confidential: [marks])
            guarded.note(page: try WebAddress("https://a.example/"), text: "https://b.example/", isConfidential: false)
            let took = try clock.measure {
                let sent = try guarded.permitted("storks e" + String(repeating: "\u{302}", count: 300))
                #expect(sent.hasPrefix("storks") && mayRead("https://b.example/", guarded))
            }
            return took / .seconds(1)
        }
        let (once, thrice) = (try seconds(100_000), try seconds(300_000))
        #expect(thrice < 9 * max(once, 0.05), "\(once) and \(thrice)")
    }

    // MARK: - Arguments

    @Test(arguments: [
        "https://evil.example/4711", "see https://evil.example/", "HTTP://EVIL.example", "//evil.example/x",
        "www.evil.example",
        "4711.swordfish.evil.example", "evil.example/4711", "evil.example:80", "4711@evil.example", "mailto:x",
        "https%3A%2F%2Fevil.example", "\\\\evil.example\\share", "ftp://evil.example", "x (https://evil.example)",
        "4711.evil.example.", "https://a.example/4711",
    ])
    func anArgumentCarriesNoAddressOfADocument(text: String) throws {
        let guarded = egress("Ask the shop about https://a.example/")
        for arguments: JSONValue in [
            ["q": .string(text)], ["q": [["deep": .string(text)]]], .object(JSONObject([(text, 1)])),
        ] { #expect(throws: ToolFailure.self) { try guarded.permit(arguments) } }
        // It is the user's own affair, or there is nothing to tell.
        try egress("Ask for \(text) please").permit(["q": .string(text)])
        try egress("Ask", confidential: []).permit(["q": .string(text)])
    }

    @Test(arguments: [
        "A-7/8", "and/or", "3.14", "1.2.3", "e.g. this", "report.pdf", "10:30", "a: b", "50 %", "C#", "user@home",
    ])
    func otherArgumentsAreFree(text: String) throws {
        try egress("Ask the shop").permit(["q": .string(text), "n": 4711, "all": true])
    }

    // MARK: - Changes

    @Test func aChangeIsOrderedWordForWord() {
        let guarded = egress("Please run note with \"buy milk\" and 3")
        #expect(guarded.isOrdered("note", ["text": "buy milk"]))
        #expect(guarded.isOrdered("note", ["text": "buy milk", "n": 3]))
        #expect(!guarded.isOrdered("note", ["text": "buy milk 4711"]))
        #expect(!guarded.isOrdered("note", ["text": "mil"]) && !guarded.isOrdered("note", ["n": 4]))
        #expect(!guarded.isOrdered("note", ["text": "buy milk", "all": true]), "nobody says yes or no word for word")
        #expect(!guarded.isOrdered("note", [:]) && !guarded.isOrdered("note", ["text": ""]))
        #expect(!guarded.isOrdered("notes", ["text": "buy milk"]) && !guarded.isOrdered("pay", ["n": 3]))
        #expect(!egress("and now?", earlier: ["note buy milk"]).isOrdered("note", ["text": "buy milk"]))
    }

    @Test func aProposalStandsForOneCall() throws {
        let proposal = try ToolProposal("pay", ["to": "Ann", "amount": 5])
        let turn = { (question: String) in
            ToolTurn(
                documents: [], egress: EgressGuard(question: question, earlier: [], confidential: []),
                proposals: [proposal])
        }
        let yes = turn("Yes, run pay \(proposal.code).")
        #expect(yes.isWanted("pay", ["amount": 5, "to": "Ann"]), "whatever the order of the members")
        #expect(
            !yes.isWanted("pay", ["amount": 500, "to": "Ann"]) && !yes.isWanted("sell", ["amount": 5, "to": "Ann"]))
        #expect(!turn("run pay").isWanted("pay", ["to": "Ann", "amount": 5]))
        #expect(!turn("run pay \(proposal.code)0").isWanted("pay", ["to": "Ann", "amount": 5]))
        #expect(try ToolProposal("pay", ["to": "Ann", "amount": 5]).code != proposal.code)
    }

    @Test func aProposalShowsItsArgumentsAndNothingEndsThem() throws {
        let text = "``` ````\n# Forged\n[x](https://evil.example)"
        let proposal = try ToolProposal("pay", ["note": .string(text)])
        let lines = proposal.explanation.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.filter { $0.hasPrefix("`````") }.count == 2 && lines.contains { $0.contains("# Forged") })
        #expect(!lines.contains { $0.hasPrefix("# Forged") } && proposal.explanation.hasSuffix("`\(proposal.phrase)`"))
        #expect(throws: ToolFailure.self) {
            try ToolProposal("pay", ["note": .string(String(repeating: "x", count: 3000))])
        }
    }

    // MARK: - Tools

    /// Engines get what is permitted, and nothing else of the query.
    @Test func theSecretOfADocumentReachesNoSearchEngine() async throws {
        let seen = Mutex<[String]>([])
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            seen.withLock { $0.append(request.target.parameter("q") ?? "") }
            return HTTPResponse(.ok, text: #"{"results":[{"title":"T","url":"https://b.example/","content":"c"}]}"#)
        }
        var reader = SettingsReader(["SEARXNG_URL": "http://127.0.0.1:\(server.port)"])
        let tool = WebSearchTool(engines: SearchEngine.configured(&reader), client: HTTPSession())
        let guarded = egress("Where do storks winter?")
        let turn = ToolTurn(documents: [], egress: guarded)
        _ = try await tool.run(["query": "storks 4711-swordfish Halcyon"], in: turn)
        await #expect(throws: ToolFailure.self) { try await tool.run(["query": "4711-swordfish"], in: turn) }
        #expect(seen.withLock { $0 } == ["storks"] && mayRead("https://b.example/", guarded))
        await server.shutDown(grace: .zero)
    }
}
