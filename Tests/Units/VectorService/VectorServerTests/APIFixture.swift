import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Telemetry
import TestSupport
import VectorServer
import Vectors

/// The vectors port over a store in a folder of its own, asked without a network between.
struct APIFixture {
    let api: VectorAPI
    let store: VectorStore
    let folder: String

    /// An answer as a caller sees it.
    struct Answer {
        let status: Int
        let fields: HTTPFields
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
        var json: JSONValue { (try? JSONParser.parse(bytes)) ?? .null }
        /// `error` and `message` of Chroma's errors.
        var error: String { json["error"]?.string ?? "" }
        var message: String { json["message"]?.string ?? "" }
    }

    /// Loaded once for all tests.
    static let model = EmbeddingModelLoader(directory: Fixtures.model)
    static let database = "/api/v2/tenants/default_tenant/databases/default_database"
    static let collections = database + "/collections"

    static func with(
        _ options: VectorAPI.Options = VectorAPI.Options(), model: EmbeddingModelLoader? = nil,
        _ body: (APIFixture) async throws -> Void
    ) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try VectorStore(directory: folder + "/data")
        let telemetry = TelemetryRoutes(client: HTTPSession(), traces: nil)
        let api = VectorAPI(
            store: store, model: model, telemetry: telemetry, options: options, log: Log(label: "test", level: .error))
        do {
            try await body(APIFixture(api: api, store: store, folder: folder))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    func call(
        _ method: HTTPMethod, _ target: String, _ body: JSONValue? = nil, _ fields: HTTPFields = [:]
    ) async throws -> Answer {
        try await call(method, target, bytes: body?.encoded ?? [], fields)
    }

    func call(
        _ method: HTTPMethod, _ target: String, bytes: [UInt8], _ fields: HTTPFields = [:]
    ) async throws -> Answer {
        let request = HTTPRequest(
            method: method, target: HTTPTarget(target), fields: fields, body: .bytes(bytes), id: "0123-abcd")
        return try Self.read(await api.answer(request))
    }

    /// Makes a collection and returns the path of its records' routes.
    func collection(_ name: String = "docs", _ members: JSONObject = [:]) async throws -> String {
        var body = members
        body["name"] = .string(name)
        let answer = try await call(.post, Self.collections, .object(body))
        guard answer.status == 200, let id = answer.json["id"]?.string else { throw TestFailure(answer.text) }
        return Self.collections + "/" + id
    }

    /// Three records, of which the third has neither document nor metadata.
    func sample(_ name: String = "docs") async throws -> String {
        let path = try await collection(name)
        let answer = try await call(
            .post, path + "/add",
            [
                "ids": ["a", "b", "c"], "embeddings": [[1, 2, 3], [4, 5, 6], [0, 1, 0]],
                "documents": ["first text", "second text", nil], "uris": [nil, "file:///b", nil],
                "metadatas": [["k": 1, "t": "x"], ["k": 2.5], nil],
            ])
        guard answer.status == 201 else { throw TestFailure(answer.text) }
        return path
    }

    func count(_ path: String) async throws -> Int64? { try await call(.get, path + "/count").json.int }

    static func read(_ response: HTTPResponse) throws -> Answer {
        switch response.body {
        case .bytes(let bytes): return Answer(status: response.status.rawValue, fields: response.fields, bytes: bytes)
        case .file(let slice):
            return Answer(status: response.status.rawValue, fields: response.fields, bytes: slice.readAll())
        case .stream: throw TestFailure("a stream where a whole body was expected")
        }
    }
}
