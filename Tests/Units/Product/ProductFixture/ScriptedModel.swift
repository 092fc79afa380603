import HTTPMessages
import HTTPServing
public import JSONCoding
import Synchronization

/// Something that happens once.
public final class Gate: Sendable {
    private let state = Mutex(false)

    /// A closed one.
    public init() {}

    /// Whether it has happened.
    public var isOpen: Bool { state.withLock { $0 } }
    /// Lets it happen.
    public func open() { state.withLock { $0 = true } }
}

/// A service that speaks OpenAI's chat completions and says what a test wants it to say.
public final class ScriptedModel: Sendable {
    /// Decides what is said to a request.
    public typealias Script = @Sendable (Call) -> Reply

    /// A request that came.
    public struct Call: Sendable {
        /// How many requests came before it.
        public let number: Int
        public let body: JSONValue

        public var model: String { body["model"]?.string ?? "" }
        public var messages: [JSONValue] { body["messages"]?.array ?? [] }
        /// What the first message says, the instructions.
        public var instructions: String { messages.first?["content"]?.string ?? "" }
        /// What the last message says.
        public var last: String { messages.last?["content"]?.string ?? "" }
        /// Names of the tools that are offered.
        public var tools: [String] {
            (body["tools"]?.array ?? []).compactMap { $0["function"]?["name"]?.string }
        }
        /// Whether a conversation is to get a title, which happens behind the tests' back.
        public var isForTitle: Bool { instructions.hasPrefix("Give the conversation a title") }
    }

    /// What is said.
    public enum Reply: Sendable {
        /// Pieces of text, and why it ends.
        case pieces([String], finish: String)
        /// Tools that are asked for: name and arguments.
        case tools([(name: String, arguments: String)])
        /// A refusal.
        case refusal(Int, JSONValue, fields: [String: String] = [:])
        /// Pieces of text, after which the connection breaks.
        case broken([String])
        /// A piece of text, and then nothing until the caller has gone.
        case endless(String)

        /// A text that is held back until the test lets it go.
        case held(String, until: Gate)

        /// A whole text.
        public static func text(_ text: String) -> Reply { .pieces([text], finish: "stop") }
    }

    private struct Broken: Error {}

    private let calls = Mutex<[Call]>([])
    private let ended = Mutex(0)
    private let server = Mutex<HTTPServer?>(nil)

    /// Starts the service.
    public init(_ script: @escaping Script) throws {
        let started = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            guard let self, let bytes = try? await request.body.collect(limit: 8 << 20),
                let body = try? JSONParser.parse(bytes)
            else { return HTTPResponse(.badRequest) }
            let call = calls.withLock { calls in
                let call = Call(number: calls.count, body: body)
                calls.append(call)
                return call
            }
            return response(script(call))
        }
        server.withLock { $0 = started }
    }

    /// Base URL for settings.
    public var url: String { "http://127.0.0.1:\(server.withLock { $0?.port } ?? 0)/v1" }
    /// What was asked so far, titles left out.
    public var asked: [Call] { calls.withLock { $0 }.filter { !$0.isForTitle } }
    /// Everything that was asked.
    public var all: [Call] { calls.withLock { $0 } }
    /// How many endless answers have been given up by their callers.
    public var givenUp: Int { ended.withLock { $0 } }

    func shutDown() async { await server.withLock { $0 }?.shutDown(grace: .zero) }

    private func response(_ reply: Reply) -> HTTPResponse {
        switch reply {
        case .pieces(let pieces, let finish):
            return Self.stream { try await Self.answer(pieces, finish: finish, $0) }
        case .held(let text, let gate):
            return Self.stream { writer in
                while !gate.isOpen {
                    try await Task.sleep(for: .milliseconds(10))
                    try await writer.write(": still here\n\n".bytes)
                }
                try await Self.answer([text], finish: "stop", writer)
            }
        case .tools(let tools):
            let calls = tools.enumerated().map { index, tool -> JSONValue in
                [
                    "index": .int(Int64(index)), "id": .string("call_\(index)"), "type": "function",
                    "function": ["name": .string(tool.name), "arguments": .string(tool.arguments)],
                ]
            }
            return Self.stream { writer in
                try await writer.write(Self.chunk(["tool_calls": .array(calls)]))
                try await writer.write(Self.chunk([:], finish: "tool_calls"))
            }
        case .refusal(let status, let body, let fields):
            var head: HTTPFields = ["Content-Type": "application/json"]
            for (name, value) in fields { head[name] = value }
            return HTTPResponse(HTTPStatus(rawValue: status), fields: head, body: .bytes(body.encoded))
        case .broken(let pieces):
            return Self.stream { writer in
                for piece in pieces { try await writer.write(Self.chunk(["content": .string(piece)])) }
                throw Broken()
            }
        case .endless(let text):
            return Self.stream { [weak self] writer in
                defer { self?.ended.withLock { $0 += 1 } }
                try await writer.write(Self.chunk(["content": .string(text)]))
                while true {
                    try await Task.sleep(for: .milliseconds(20))
                    try await writer.write(": still here\n\n".bytes)
                }
            }
        }
    }

    private static func answer(_ pieces: [String], finish: String, _ writer: any HTTPBodyWriter) async throws {
        for piece in pieces { try await writer.write(chunk(["content": .string(piece)])) }
        try await writer.write(chunk([:], finish: finish))
        try await writer.write(usage)
    }

    private static func stream(_ produce: @escaping @Sendable (any HTTPBodyWriter) async throws -> Void)
        -> HTTPResponse
    {
        HTTPResponse(
            .ok, fields: ["Content-Type": "text/event-stream"], body: .stream(length: nil, produce))
    }

    private static func chunk(_ delta: JSONValue, finish: String? = nil) -> [UInt8] {
        let choice: JSONValue = ["index": 0, "delta": delta, "finish_reason": .optional(finish)]
        let chunk: JSONValue = ["object": "chat.completion.chunk", "choices": [choice]]
        return "data: \(chunk.text)\n\n".bytes
    }

    private static let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7}}\n\n"
        .bytes
}
