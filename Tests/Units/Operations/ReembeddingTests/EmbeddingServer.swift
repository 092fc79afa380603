import FoundationEssentials
import HTTPMessages
import HTTPServing
import JSONCoding
import Synchronization

/// An embeddings endpoint whose vectors can be told from the texts.
final class EmbeddingServer: Sendable {
    private final class Script: Sendable {
        let texts = Mutex<[String]>([])
        let refuses = Mutex(false)
        let givesTokens = Mutex(false)
    }

    private let script: Script
    private let server: HTTPServer

    init() throws {
        let script = Script()
        self.script = script
        server = try HTTPServer(HTTPServer.Configuration()) { await Self.answer($0, script) }
    }

    var url: String { "http://127.0.0.1:\(server.port)/v1" }
    /// What it was asked to embed.
    var texts: [String] { script.texts.withLock { $0 } }
    /// From now on those who prefer it get embeddings of tokens.
    func giveTokens() { script.givesTokens.withLock { $0 = true } }

    /// Whether it refuses what it is asked.
    func refuse(_ refuses: Bool) { script.refuses.withLock { $0 = refuses } }

    func shutDown() async { await server.shutDown() }

    static func vector(_ text: String) -> [Float] {
        let number = Float(text.split(separator: " ").last ?? "") ?? -1
        return [0.5, 0.25, 1, number]
    }

    private static func answer(_ request: HTTPRequest, _ script: Script) async -> HTTPResponse {
        guard let bytes = try? await request.body.collect(limit: 1 << 20), let body = try? JSONParser.parse(bytes),
            !script.refuses.withLock({ $0 })
        else { return HTTPResponse(.badRequest, fields: [:], body: .bytes([])) }
        let texts = body["input"]?.array?.compactMap(\.string) ?? []
        script.texts.withLock { $0 += texts }
        let data = texts.enumerated().map { index, text -> JSONValue in
            let vector = vector(text).withUnsafeBytes { Data($0) }.base64EncodedString()
            var entry: JSONObject = ["index": .int(Int64(index)), "embedding": .string(vector)]
            if request.fields["prefer"] == "token-embeddings", script.givesTokens.withLock({ $0 }) {
                let bytes = [2] + [UInt8](repeating: 0, count: 3 * 64)
                entry["token_embeddings"] = .string(Data(bytes).base64EncodedString())
            }
            return .object(entry)
        }
        let answer: JSONValue = ["data": .array(data)]
        return HTTPResponse(.ok, fields: ["Content-Type": "application/json"], body: .bytes(answer.encoded))
    }
}
