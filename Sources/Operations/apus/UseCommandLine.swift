import HTTPClient
import ProductStack
import ProgramSupport

/// What somebody does with a running Apus from a terminal.
let useCommands: Set<String> = ["ask", "add", "documents", "chat", "mcp"]

/// The command line of these.
func useCommandLine(_ arguments: [String]) -> ProgramOptions {
    ProgramOptions(
        program: "apus",
        usage: "ask QUESTION  |  add FILE…  |  documents  |  chat  |  mcp  [options]",
        summary: """
            Uses a running Apus. Where people sign in, the key of APUS_API_KEY says who asks.

            Commands:
              ask        Have one question answered; its citations stand below the answer.
              add        Upload files, and wait until they can be asked about.
              documents  List what there is.
              chat       Ask one question after the other, each on a line, until the input ends (Ctrl-D).
              mcp        Offer the documents to other programs' models, by the Model Context Protocol over standard input and
                         output: docs/mcp.md.
            """,
        options: [
            .init("url", "URL", "Where Apus is (default http://127.0.0.1:8080)."),
            .init("port", "PORT", "The same on this machine, by the port of its page."),
            .init("model", "NAME", "ask, chat: who answers (default: the product's first)."),
            .init("document", "ID", "ask, chat: a document to answer from; may be repeated (default: all of them)."),
            .init("no-wait", nil, "add: do not wait until the files are read."),
            .init("json", nil, "ask, documents: print one JSON object."),
        ],
        arguments: arguments)
}

/// Carries out one of them.
func use(_ options: ProgramOptions) async throws {
    let use = UseCommand(options)
    do {
        switch options.words.first {
        case "ask": try await use.ask()
        case "add": try await use.add()
        case "documents": try await use.documents()
        case "chat": try await use.chat()
        default: try await use.serveModels()
        }
    } catch let error as HTTPClientError where error.isConnection {
        throw CommandError("nothing answers at \(use.url); start Apus first, or say where it is with --url or --port")
    }
}

/// Where Apus is, without a final slash: `--url`, or `--port` on this machine.
func url(_ options: ProgramOptions) -> String {
    let given = options.value("url") ?? "http://127.0.0.1:\(options.port("port", default: 8080))"
    guard given.hasPrefix("http://") || given.hasPrefix("https://") else {
        options.fail("--url must begin with http:// or https://, not \(given)")
    }
    return given.hasSuffix("/") ? String(given.dropLast()) : given
}
