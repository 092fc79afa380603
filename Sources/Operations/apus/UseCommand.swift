import Glibc
import HTTPClient
import HTTPMessages
import JSONCoding
import Problems
import ProductStack
import ProgramSupport
import Telemetry
import TerminalClient

/// The commands for using a running Apus.
struct UseCommand {
    private static let longestReading = Duration.seconds(3600)
    private static let pageSize = 100
    private static let mostDocuments = 10_000

    let options: ProgramOptions
    let url: String
    private let client = HTTPSession()
    private let fields = OwnName.fields(ProgramLife.environment)
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    init(_ options: ProgramOptions) {
        self.options = options
        url = apus.url(options)
    }

    private var sender: QuestionSender { QuestionSender(url: url, client: client, fields: fields) }

    func ask() async throws {
        guard options.words.count == 2 else { options.fail("ask: name one question, in quotation marks") }
        let body = question("question", options.words[1])
        if options.flag("json") {
            let answer = try await sender.ask("/api/ask", body) { _ in }.answer
            return writeAll(AnswerText.line(answer), to: STDOUT_FILENO)
        }
        try await show("/api/ask", body)
    }

    func chat() async throws {
        guard options.words.count == 1 else { options.fail("chat: questions come from standard input, each on a line") }
        let lines = LineReader()
        let isAsked = isatty(STDIN_FILENO) == 1
        var chat: String?
        while true {
            if isAsked { writeAll("> ", to: STDOUT_FILENO) }
            guard let line = try await lines.next() else { break }
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            guard case .object(var body) = question("message", line) else { continue }
            if let chat { body["chatId"] = .string(chat) }
            do {
                chat = try await show("/api/chat", .object(body))["chatId"]?.string ?? chat
            } catch let refusal as QuestionSender.Refusal where isAsked {
                // Somebody at a terminal may ask another one.
                writeAll("\(refusal.description)\n", to: STDERR_FILENO)
            }
        }
        if isAsked { writeAll("\n", to: STDOUT_FILENO) }
    }

    private func question(_ name: String, _ text: String) -> JSONValue {
        var body: JSONObject = [name: .string(text)]
        if let model = options.value("model") { body["model"] = .string(model) }
        let documents = options.all("document")
        if !documents.isEmpty { body["documents"] = .strings(documents) }
        return .object(body)
    }

    /// Shows an answer as it is written where somebody watches, else when it is whole.
    @discardableResult
    private func show(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        var shown = ""
        let (start, answer) = try await sender.ask(path, body) { piece in
            guard isTerminal else { return }
            shown += piece
            writeAll(piece, to: STDOUT_FILENO)
        }
        let text = AnswerText.printable(answer["text"]?.string ?? "")
        if shown != text { writeAll((shown.isEmpty ? "" : "\n\nCorrected:\n") + text, to: STDOUT_FILENO) }
        let notes = AnswerText.footnotes(answer)
        let (dim, plain) = isTerminal ? ("\u{1B}[2m", "\u{1B}[0m") : ("", "")
        writeAll(notes.isEmpty ? "\n" : "\n\n\(dim)\(notes.joined(separator: "\n"))\(plain)\n", to: STDOUT_FILENO)
        return start
    }

    func add() async throws {
        let files = options.words.dropFirst()
        guard !files.isEmpty else { options.fail("add: name one or more files") }
        let page = RunningPage(url: url, client: client, fields: fields)
        var failures = 0
        func fail(_ reason: String) {
            failures += 1
            writeAll(AnswerText.printable(reason) + "\n", to: STDERR_FILENO)
        }
        var documents: [RunningPage.Document] = []
        for file in files {
            do { documents.append(try await page.upload(file)) } catch let error as StackError { fail("\(error)") }
        }
        for document in documents {
            guard !options.flag("no-wait") else {
                writeAll("\(document.id)  \(AnswerText.printable(document.name))\n", to: STDOUT_FILENO)
                continue
            }
            switch try await page.readings([document.id], within: Self.longestReading).first {
            case .failed(let reason): fail(reason)
            default: writeAll("\(document.id)  \(AnswerText.printable(document.name))\n", to: STDOUT_FILENO)
            }
        }
        guard failures == 0 else { throw CommandError("\(failures) of \(files.count) files cannot be asked about") }
    }

    func documents() async throws {
        guard options.words.count == 1 else { options.fail("documents: takes no words") }
        var documents: [JSONValue] = []
        var after: String?
        repeat {
            let cursor = after.map { "&after=\($0)" } ?? ""
            let answer = try await client.fetch(
                .init(.get, "\(url)/api/documents?limit=\(Self.pageSize)\(cursor)", fields: fields))
            let json = (try? JSONParser.parse(answer.body)) ?? .null
            guard let page = json["documents"]?.array else {
                throw CommandError(json["detail"]?.string ?? "the documents were answered \(answer.status.rawValue)")
            }
            documents += page
            after = json["next"]?.string
        } while after != nil && documents.count < Self.mostDocuments
        if options.flag("json") {
            let list: JSONValue = ["documents": .array(documents)]
            return writeAll(AnswerText.line(list), to: STDOUT_FILENO)
        }
        for document in documents {
            let pages = document["pages"]?.int.map { counted(Int(clamping: $0), "page") }
            let state = document["status"]?.string ?? ""
            let shown = [
                document["id"]?.string ?? "", state == "ready" ? pages ?? state : state,
                document["name"]?.string ?? "",
            ]
            writeAll(AnswerText.printable(shown.joined(separator: "  ")) + "\n", to: STDOUT_FILENO)
        }
    }

    func serveModels() async throws {
        guard options.words.count == 1 else { options.fail("mcp: takes no words") }
        let bridge = MCPBridge(url: url, client: client, fields: fields) { writeAll($0 + "\n", to: STDOUT_FILENO) }
        let lines = LineReader()
        try await bridge.run { try await lines.next() }
    }
}
