import Digests
import FoundationEssentials
import HTTPMessages
import JSONCoding
import ProductFixture
import Synchronization
import TestSupport
import Testing

/// People of two workspaces do whatever they like; nobody is ever told what is not theirs to see.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct PrivacyFeatureTests {
    /// Steps of all people together; `APUS_EXAMPLES` sets them.
    private static let steps = ProcessInfo.processInfo.environment["APUS_EXAMPLES"].flatMap { Int($0) } ?? 2400

    /// Who may see a word that stands in one chat or document and nowhere else.
    private struct Owner: Sendable {
        let workspace: String
        /// `nil` for everybody in the workspace.
        let person: Int?
        /// Whether the workspace's owners see it besides.
        let isForOwners: Bool
        /// How many words there were before.
        let number: Int

        func isSeen(by somebody: Int) -> Bool {
            person.map { $0 == somebody || isForOwners && somebody == PrivacyFeatureTests.boss } ?? true
        }
    }

    /// A link to one of somebody's chats, for the members of its workspace.
    private struct Link: Sendable {
        let token: String
        let workspace: String
        let person: Int
        /// How many words there were when it was made.
        let words: Int

        func shows(_ word: Owner) -> Bool {
            word.workspace == workspace && word.person == person && word.number < words && !word.isForOwners
        }
    }

    /// The owner of the first workspace.
    private static let boss = 1

    /// What there is, and whose it is: words are entered before they are sent anywhere.
    private final class Secrets: Sendable {
        private struct State {
            var owners: [String: Owner] = [:]
            var chats: [String] = []
            var documents: [String] = []
            var answers: [String] = []
            var links: [Link] = []
        }

        private let state = Mutex(State())

        func make(_ workspace: String, _ person: Int?, isForOwners: Bool = false) -> String {
            let word = "zq" + Digest.hex(Digest.randomBytes(6))
            state.withLock {
                $0.owners[word] = Owner(
                    workspace: workspace, person: person, isForOwners: isForOwners, number: $0.owners.count)
            }
            return word
        }

        func addChat(_ id: String) { state.withLock { $0.chats.append(id) } }
        func addAnswer(_ id: String) { state.withLock { $0.answers.append(id) } }
        func addDocument(_ id: String) { state.withLock { $0.documents.append(id) } }
        var chat: String { state.withLock { $0.chats.randomElement() } ?? UUIDv7.make() }
        var answer: String { state.withLock { $0.answers.randomElement() } ?? UUIDv7.make() }
        var document: String { state.withLock { $0.documents.randomElement() } ?? UUIDv7.make() }
        /// Notes a link that somebody has just made; what they say later is not in it.
        func addLink(_ token: String, _ workspace: String, _ person: Int) {
            state.withLock {
                $0.links.append(Link(token: token, workspace: workspace, person: person, words: $0.owners.count))
            }
        }
        var link: Link? { state.withLock { $0.links.randomElement() } }
        var word: String { state.withLock { $0.owners.keys.randomElement() } ?? "zq" }

        /// The words of a text that somebody may not see, but for one that they have sent themselves.
        func leaked(in text: String, to person: Int, of workspace: String, sent: String) -> [String] {
            state.withLock { state in
                Self.words(in: text).filter { word in
                    guard word != sent, let owner = state.owners[word] else { return false }
                    return owner.workspace != workspace || !owner.isSeen(by: person)
                }
            }
        }

        /// The words of a link's answer that it does not show, to whoever is a member of its workspace.
        func leaked(in text: String, of link: Link) -> [String] {
            state.withLock { state in
                Self.words(in: text).filter { word in state.owners[word].map { !link.shows($0) } ?? false }
            }
        }

        private static func words(in text: String) -> [String] {
            let marked = text.split(separator: "zq", omittingEmptySubsequences: false).dropFirst()
            return marked.map { "zq" + $0.prefix(12) }
        }
    }

    private struct Somebody: Sendable {
        let number: Int
        let browser: Browser
        let workspaces: [String]
        let secrets: Secrets

        /// Does one thing; returns what was said to it that should not have been.
        func act() async throws -> String? {
            let workspace = workspaces.randomElement() ?? "default"
            let action = Int.random(in: 0..<29)
            var sent = ""
            let answer: AppAnswer
            switch action {
            case 0, 1: answer = try await ask(in: workspace)
            case 2:
                sent = secrets.word
                answer = try await browser.send(
                    .history, .get, "/api/history/search?q=\(sent)&limit=100", workspace: workspace)
            case 3: answer = try await browser.send(.history, .get, "/api/history?limit=200", workspace: workspace)
            case 4:
                answer = try await browser.send(.history, .get, "/api/history/\(secrets.chat)", workspace: workspace)
            case 5:
                let format = Bool.random() ? "json" : "markdown"
                let of = Bool.random() ? "" : "/\(secrets.chat)"
                answer = try await browser.send(
                    .history, .get, "/api/history\(of)/export?format=\(format)", workspace: workspace)
            case 6:
                sent = secrets.make(workspace, number)
                answer = try await browser.send(
                    .history, .patch, "/api/history/\(secrets.chat)", ["name": .string(sent)], workspace: workspace)
            case 7 where Int.random(in: 0..<4) == 0:
                answer = try await browser.send(.history, .delete, "/api/history/\(secrets.chat)", workspace: workspace)
            case 8, 9: answer = try await upload(to: workspace)
            case 10:
                answer = try await browser.send(.upload, .get, "/api/documents?limit=200", workspace: workspace)
            case 11:
                let part = ["", "/content", "/text", "/report"].randomElement() ?? ""
                answer = try await browser.send(
                    .upload, .get, "/api/documents/\(secrets.document)\(part)", workspace: workspace)
            case 12 where Int.random(in: 0..<4) == 0:
                answer = try await browser.send(
                    .upload, .delete, "/api/documents/\(secrets.document)", workspace: workspace)
            case 15, 16: answer = try await uploadForSome(in: workspace)
            case 13:
                answer = try await browser.send(
                    .chat, .get, "/api/chat/\(secrets.answer)/events", workspace: workspace)
            case 14:
                answer = try await browser.send(
                    .chat, .post, "/api/chat/\(secrets.answer)/stop", [:], workspace: workspace)
            case 19:
                answer = try await browser.send(
                    .chat, .post, "/api/chat/\(secrets.answer)/regenerate", [:], workspace: workspace)
            case 20:
                answer = try await browser.send(
                    .history, .post, "/api/history/\(secrets.chat)/branch", ["messageId": .string(secrets.answer)],
                    workspace: workspace)
            case 21:
                sent = secrets.make(workspace, number)
                answer = try await browser.send(
                    .history, .put, "/api/history/\(secrets.chat)/messages/\(UUIDv7.make())", ["text": .string(sent)],
                    workspace: workspace)
            case 22: answer = try await share(in: workspace)
            case 23:
                let id = [UUIDv7.make(), secrets.answer].randomElement() ?? ""
                answer = try await browser.send(
                    .history, .delete, "/api/history/\(secrets.chat)/share/\(id)", workspace: workspace)
            case 25:
                sent = secrets.make(workspace, number)
                answer = try await browser.send(
                    .history, .patch, "/api/history/\(secrets.chat)", ["folder": .string(sent), "pinned": true],
                    workspace: workspace)
            case 26: answer = try await browser.send(.history, .get, "/api/history/folders", workspace: workspace)
            case 27 where Int.random(in: 0..<2) == 0:
                let undo = Int.random(in: 0..<4) > 0
                answer = try await browser.send(
                    .history, .post, "/api/history/delete",
                    ["ids": [.string(secrets.chat), .string(secrets.chat)], "undo": .bool(undo)], workspace: workspace)
            case 27, 28:
                answer = try await browser.send(
                    .history, .post, "/api/history/\(secrets.chat)/restore", workspace: workspace)
            case 24:
                guard let link = secrets.link else { return nil }
                return try await open(link)
            default:
                // The same question from everybody, which is remembered.
                answer = try await browser.send(
                    .chat, .post, "/api/chat", ["message": "What is said?", "useDocuments": false], workspace: workspace
                )
            }
            guard answer.status < 500 else { return "\(action): \(answer.status) \(answer.text)" }
            let leaked = secrets.leaked(in: answer.text, to: number, of: workspace, sent: sent)
            return leaked.isEmpty ? nil : "\(number) in \(workspace), \(action): \(leaked) in \(answer.text)"
        }

        /// One of their own chats, or any.
        private func share(in workspace: String) async throws -> AppAnswer {
            let path = "/api/history/\(secrets.chat)/share"
            let answer = try await browser.send(.history, .post, path, [:], workspace: workspace)
            if let token = answer.json["token"]?.string { secrets.addLink(token, workspace, number) }
            return Bool.random() ? answer : try await browser.send(.history, .get, path, workspace: workspace)
        }

        /// A link of anybody's, as one of the workspace or from outside.
        private func open(_ link: Link) async throws -> String? {
            let format = Bool.random() ? "json" : "markdown"
            let answer = try await browser.send(.history, .get, "/api/share/\(link.token)?format=\(format)")
            if answer.status == 200, workspaces.contains(link.workspace) {
                let leaked = secrets.leaked(in: answer.text, of: link)
                return leaked.isEmpty ? nil : "\(number), link: \(leaked) in \(answer.text)"
            }
            return answer.status == 404 ? nil : "\(number), link: \(answer.status) \(answer.text)"
        }

        /// In a chat of their own, or in any.
        private func ask(in workspace: String) async throws -> AppAnswer {
            var body: JSONObject = [
                "message": .string("Remember \(secrets.make(workspace, number))"), "useDocuments": false,
            ]
            if Bool.random() { body["chatId"] = .string(secrets.chat) }
            // One that somebody else may have used.
            if Int.random(in: 0..<3) == 0 { body["messageId"] = .string(secrets.chat) }
            let answer = try await browser.send(
                .chat, .post, "/api/chat", .object(body), workspace: workspace, asEvents: Bool.random())
            let start = (try? answer.event("start")) ?? .null
            if let id = (answer.json["answerId"] ?? start["answerId"])?.string { secrets.addAnswer(id) }
            if let chat = start["chatId"]?.string { secrets.addChat(chat) }
            if let chat = answer.json["chatId"]?.string { secrets.addChat(chat) }
            return answer
        }

        /// A document that nobody else in the workspace sees, but its owners.
        private func uploadForSome(in workspace: String) async throws -> AppAnswer {
            let word = secrets.make(workspace, number, isForOwners: true)
            let answer = try await browser.send(
                .upload, .post, "/api/upload?name=\(word).txt&readers=me", .string("The word is \(word)."),
                workspace: workspace)
            if let id = answer.json["documents"]?[0]?["id"]?.string { secrets.addDocument(id) }
            return answer
        }

        private func upload(to workspace: String) async throws -> AppAnswer {
            let chat = Bool.random() ? secrets.chat : nil
            let word = secrets.make(workspace, chat == nil ? nil : number)
            let of = chat.map { "&chatId=\($0)" } ?? ""
            let answer = try await browser.send(
                .upload, .post, "/api/upload?name=\(word).txt\(of)", .string("The word is \(word)."),
                workspace: workspace)
            if let id = answer.json["documents"]?[0]?["id"]?.string { secrets.addDocument(id) }
            return answer
        }
    }

    @Test func nobodyIsToldWhatIsNotTheirs() async throws {
        try await House.with([.chat, .upload, .history], model: { .text("You said: \($0.last)") }) { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"]).status == 201)
            let secrets = Secrets()
            let places = [["default"], ["default"], ["default", "other"], ["other"]]
            var people: [Somebody] = []
            for (number, workspaces) in places.enumerated() {
                let roles = Dictionary(workspaces.map { ($0, number == Self.boss ? "owner" : "editor") }) { $1 }
                let person = try await house.person("p\(number)", roles)
                people.append(
                    Somebody(number: number, browser: person.browser, workspaces: workspaces, secrets: secrets))
            }
            let each = Self.steps / people.count
            let faults = try await withThrowingTaskGroup(of: [String].self) { group in
                for person in people {
                    group.addTask {
                        var faults: [String] = []
                        for _ in 0..<each where faults.count < 5 {
                            if let fault = try await person.act() { faults.append(fault) }
                        }
                        return faults
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(faults.isEmpty, "\(faults.prefix(3))")
        }
    }
}
