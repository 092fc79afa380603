import APIDescription
import AccessControl
import Accounts
import Chat
import FoundationEssentials
import History
import Telemetry
import Testing
import Upload

/// The description of the product's API, which is made here: `scripts/describe-api` writes it anew.
@Suite struct ProductDescriptionTests {
    private static let file = "web/openapi.json"
    /// Has the file be written instead of compared.
    private static let writes = "APUS_TEST_WRITE_DESCRIPTION"

    private static let about = """
        Ask your documents. JSON in UTF-8 with times in UTC (RFC 3339) and ids that are UUIDs of version 7. Unknown members are \
        refused. Problems are documents of RFC 9457 whose `type` leads to an explanation. Lists have a `next`, which asks for the \
        page after them and is null at the end. Every answer has an `x-request-id`.

        Programs send a key: `Authorization: Bearer apus_…`. Everything belongs to a workspace: the key's, or the one that \
        `x-apus-workspace` names.
        """

    /// What the apps need to be made; nothing of it is asked for here.
    private static let environment = [
        "APUS_DATABASE_URL": "host=127.0.0.1 port=1 dbname=none", "APUS_COSMOS_ENDPOINT": "http://127.0.0.1:1",
        "APUS_COSMOS_KEY": "a2V5", "APUS_CHROMA_URL": "http://127.0.0.1:1",
        "APUS_EMBEDDINGS_URL": "http://127.0.0.1:1/v1", "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "APUS_SIGN_IN": "local", "APUS_SIGNING_KEYS": "k1:" + String(repeating: "QUFB", count: 16),
    ]

    private static func document() async throws -> APIDocument {
        let log = Log(label: "description", level: .error)
        let chat = try await ChatFunctions.guarded(environment: environment, log: log)
        let upload = try await UploadFunctions.guarded(environment: environment, log: log)
        let history = try await HistoryFunctions.guarded(environment: environment, log: log)
        let account = try await AccountFunctions.guarded(environment: environment, log: log)
        return APIDocument(
            title: "Apus", version: Product.version, about: about, sessionCookie: Cookies.token,
            apps: [
                .init(chat.declared, ChatFunctions.topics), .init(upload.declared, UploadFunctions.topics),
                .init(history.declared, HistoryFunctions.topics), .init(account.declared, AccountFunctions.topics),
            ])
    }

    @Test func everyRouteIsDescribedAndTheFileIsWhatTheCodeSays() async throws {
        let document = try await Self.document()
        #expect(document.faults == [])
        let text = Array((document.json.indented + "\n").utf8)
        if ProcessInfo.processInfo.environment[Self.writes] != nil {
            try Data(text).write(to: URL(filePath: Self.file))
            return
        }
        let written = FileManager.default.contents(atPath: Self.file).map { Array($0) } ?? []
        #expect(written == text, "\(Self.file) is not what the code says: run scripts/describe-api")
    }
}

extension JSONValue {
    /// With a member on a line, so that changes can be read.
    fileprivate var indented: String { indented(by: "") }

    private func indented(by space: String) -> String {
        let inner = space + "  "
        switch self {
        case .object(let object) where !object.isEmpty:
            let lines = object.members.map {
                "\(inner)\(JSONValue.string($0.name).text): \($0.value.indented(by: inner))"
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(space)}"
        case .array(let values) where values.contains { $0.object != nil || $0.array != nil }:
            return "[\n" + values.map { inner + $0.indented(by: inner) }.joined(separator: ",\n") + "\n\(space)]"
        default: return text
        }
    }
}
