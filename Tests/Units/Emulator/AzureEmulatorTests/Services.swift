import AzureSignatures
import Digests
import FoundationEssentials
import HTTPMessages
import JSONCoding
import Markup
import RequestGuards
import Settings
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import AzureEmulator

/// The five services over a folder of their own, without sockets; requests are signed as the protocols want it.
final class Services: Sendable {
    let folder: String
    let clock = EmulatorClock()
    let token: AdminToken
    private let configuration: Emulator.Configuration
    private let opened: Mutex<EmulatorServices>

    /// - Parameter ranges: More than one makes Cosmos DB as demanding as the real gateway.
    init(ranges: Int = 1) throws {
        folder = try Fixtures.temporaryDirectory()
        var configuration = Emulator.Configuration()
        configuration.dataDirectory = folder
        configuration.partitionRanges = ranges
        configuration.accounts = [(Self.otherAccount, [Self.otherKey, Self.secondKey])]
        // Names that mean something to the services, whoever answers to them.
        configuration.hosts.add("*.test")
        self.configuration = configuration
        token = try AdminToken(directory: folder, given: nil)
        opened = Mutex(
            try EmulatorServices(configuration, clock: clock, certificate: "the authority", token: token))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A second storage account with two keys.
    static let otherAccount = "otheraccount"
    static let otherKey = "b3RoZXIga2V5IG9mIDMyIGJ5dGVzIGZvciB0ZXN0cyE="
    static let secondKey = "c2Vjb25kIGtleSBvZiAzMiBieXRlcyBmb3IgdGVzdHM="

    private var services: EmulatorServices { opened.withLock { $0 } }
    var stores: EmulatorStores { services.stores }

    /// Opens the same folder again, as after a restart.
    func restart() throws {
        let fresh = try EmulatorServices(configuration, clock: clock, certificate: "the authority", token: token)
        opened.withLock { $0 = fresh }
    }

    // MARK: - Requests

    /// Sends a request exactly as it is given.
    func send(
        _ service: EmulatorServices.Name, _ method: HTTPMethod, _ target: String, _ fields: HTTPFields = [:],
        _ body: [UInt8] = [], connection: HTTPRequest.Connection = .init(isEncrypted: false, peer: "127.0.0.1")
    ) async -> Answer {
        var fields = fields
        if fields["host"] == nil { fields["host"] = "127.0.0.1" }
        if fields["content-length"] == nil { fields["content-length"] = String(body.count) }
        var request = HTTPRequest(
            method: method, target: HTTPTarget(target), fields: fields, body: .bytes(body), id: "test")
        request.connection = connection
        return await Answer(await services.answer(service, request), isHead: method == .head)
    }

    /// Sends a request to the emulator itself.
    func admin(_ method: HTTPMethod, _ page: String, _ body: JSONValue? = nil) async -> Answer {
        await admin(.blob, method, page, ["Content-Type": "application/json"], body?.encoded ?? [])
    }

    /// Sends a request to the emulator itself over a service's port, with the folder's token.
    func admin(
        _ service: EmulatorServices.Name, _ method: HTTPMethod, _ page: String, _ fields: HTTPFields = [:],
        _ body: [UInt8] = []
    ) async -> Answer {
        var fields = fields
        fields["Authorization"] = "Bearer \(token.secret.value)"
        return await send(service, method, "/_emulator/" + page, fields, body)
    }

    /// Sends a storage request signed with an account's key.
    func storage(
        _ service: EmulatorServices.Name, _ method: HTTPMethod, _ path: String, _ fields: HTTPFields = [:],
        _ body: [UInt8] = [], account: String = DevelopmentAccount.storageName,
        key: String = DevelopmentAccount.storageKey
    ) async throws -> Answer {
        var fields = fields
        if fields["x-ms-version"] == nil { fields["x-ms-version"] = "2021-12-02" }
        let target = HTTPTarget("/\(account)/\(path)")
        // A test may declare another length than it sends.
        let length = fields["content-length"].flatMap { Int($0) } ?? body.count
        fields = try Self.signed(method, target, fields, length: length, account: account, key: key)
        return await send(service, method, target.text, fields, body)
    }

    /// A storage request's fields with a date and the signature of an account's key.
    static func signed(
        _ method: HTTPMethod, _ target: HTTPTarget, _ fields: HTTPFields, length: Int = 0,
        account: String = DevelopmentAccount.storageName, key: String = DevelopmentAccount.storageKey
    ) throws -> HTTPFields {
        var fields = fields
        if fields["x-ms-date"] == nil {
            fields["x-ms-date"] = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        }
        let shared = try #require(SharedKey(account: account, base64Key: key))
        fields["Authorization"] = shared.authorization(
            method: method, target: target, fields: fields, contentLength: length)
        return fields
    }

    /// Sends a request to Blob Storage with the account's key.
    @discardableResult
    func blob(
        _ method: HTTPMethod, _ path: String, _ fields: HTTPFields = [:], _ body: String = ""
    ) async throws -> Answer {
        try await storage(.blob, method, path, fields, body.bytes)
    }

    /// Sends a request to Queue Storage with the account's key.
    @discardableResult
    func queue(
        _ method: HTTPMethod, _ path: String, _ fields: HTTPFields = [:], _ body: String = ""
    ) async throws -> Answer {
        try await storage(.queue, method, path, fields, body.bytes)
    }

    /// Sends a request to Cosmos DB with the master key.
    ///
    /// - Parameters:
    ///   - partition: The partition key's JSON list.
    ///   - signed: Type and link that are signed where they are not those of the path.
    @discardableResult
    func cosmos(
        _ method: HTTPMethod, _ path: String, partition: String? = nil, _ fields: HTTPFields = [:],
        _ body: JSONValue? = nil, signed: (type: String, link: String)? = nil
    ) async throws -> Answer {
        try await cosmosBytes(method, path, partition: partition, fields, body?.encoded ?? [], signed: signed)
    }

    /// The same with a body that need not be JSON.
    @discardableResult
    func cosmosBytes(
        _ method: HTTPMethod, _ path: String, partition: String? = nil, _ fields: HTTPFields = [:], _ body: [UInt8],
        signed: (type: String, link: String)? = nil
    ) async throws -> Answer {
        var fields = fields
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        fields["x-ms-date"] = date
        if let partition { fields["x-ms-documentdb-partitionkey"] = partition }
        let parts = try #require(HTTPTarget(path).segments)
        let isFeed = parts.count % 2 == 1
        let type = isFeed ? parts[parts.count - 1] : parts.count > 1 ? parts[parts.count - 2] : ""
        let link = (isFeed ? parts.dropLast()[...] : parts[...]).joined(separator: "/")
        let key = try #require(CosmosMasterKey(base64Key: DevelopmentAccount.cosmosKey))
        fields["authorization"] = key.authorization(
            method: method, resourceType: signed?.type ?? type, resourceLink: signed?.link ?? link, date: date)
        return await send(.cosmos, method, path, fields, body)
    }

    /// A token of the managed identity.
    func token(_ resource: String) async throws -> String {
        let answer = await send(
            .identity, .get, "/msi/token?api-version=2019-08-01&resource=\(resource)",
            ["X-IDENTITY-HEADER": "apus-local-identity"])
        return try #require(answer.json["access_token"]?.string)
    }

    /// Sends a request to Key Vault with a token.
    @discardableResult
    func vault(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
        let token = try await token("https://vault.azure.net")
        let mark = path.contains("?") ? "&" : "?"
        return await send(
            .vault, method, "\(path)\(mark)api-version=7.4", ["Authorization": "Bearer \(token)"],
            body?.encoded ?? [])
    }

    /// A text's MD5 as header fields carry it.
    static func md5(_ text: String) -> String {
        let hasher = MD5Hasher()
        hasher.update(text.bytes)
        return Base64.encode(hasher.finalize())
    }

    // MARK: - What many tests begin with

    /// A Cosmos DB container of the database `d`.
    func container(_ body: JSONObject = [:], id: String = "c", paths: [String] = ["/pk"]) async throws -> String {
        try await cosmos(.post, "/dbs", [:], ["id": "d"])
        var body = body
        body["id"] = .string(id)
        if body["partitionKey"] == nil {
            body["partitionKey"] = [
                "paths": .strings(paths), "kind": paths.count > 1 ? "MultiHash" : "Hash", "version": 2,
            ]
        }
        let made = try await cosmos(.post, "/dbs/d/colls", [:], .object(body))
        #expect(made.status == 201, "\(made.text)")
        return "/dbs/d/colls/\(id)"
    }
}

/// An answer with its whole body.
struct Answer: Sendable {
    let status: Int
    let fields: HTTPFields
    let bytes: [UInt8]
    /// The length that the answer has or, to a HEAD, would have.
    let length: Int
    /// Whether the body ended before its end.
    let isCut: Bool

    /// - Parameter isHead: Whether a server would keep the body back.
    fileprivate init(_ response: HTTPResponse, isHead: Bool) async {
        status = response.status.rawValue
        fields = response.fields
        let bytes: [UInt8]
        switch response.body {
        case .bytes(let whole): (bytes, isCut) = (whole, false)
        case .file(let slice): (bytes, isCut) = (slice.readAll(), false)
        case .stream(_, let write):
            let collector = Collector()
            do {
                try await write(collector)
                isCut = false
            } catch {
                isCut = true
            }
            bytes = await collector.bytes
        }
        length = bytes.count
        self.bytes = isHead ? [] : bytes
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The body as JSON, `null` when it is none.
    var json: JSONValue { (try? JSONParser.parse(bytes)) ?? .null }
    /// The body as XML.
    var xml: XMLNode { get throws { try MarkupReader.tree(bytes) } }
    var etag: String { fields["etag"] ?? "" }

    /// The error's code, by field or body; `nil` when it is no error.
    var code: String? {
        fields["x-ms-error-code"] ?? (status < 400 ? nil : json["code"]?.string ?? json["error"]?["code"]?.string)
    }

    /// Status and code in one text, for tables: `404 BlobNotFound`.
    var outcome: String { code.map { "\(status) \($0)" } ?? "\(status)" }

    private actor Collector: HTTPBodyWriter {
        var bytes: [UInt8] = []
        func write(_ piece: [UInt8]) { bytes += piece }
    }
}
