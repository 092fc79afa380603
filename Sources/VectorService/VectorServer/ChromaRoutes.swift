import Chroma
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Settings
import Telemetry
import Vectors

/// Chroma's HTTP API, version 2, over a vector store.
struct ChromaRoutes: Sendable {
    let store: VectorStore
    let options: VectorAPI.Options

    static let base = "/api/v2"

    func add(to router: inout Router) {
        addSystem(to: &router)
        addTenants(to: &router)
        CollectionRoutes(store: store, allowsSparse: options.allowsSparse).add(to: &router)
        RecordRoutes(store: store, allowsSparse: options.allowsSparse).add(to: &router)
    }

    private func addSystem(to router: inout Router) {
        let heartbeat: Router.Action = { _ in
            HTTPResponse(json: ["nanosecond heartbeat": .int(Timestamp.nowMilliseconds() * 1_000_000)])
        }
        router.on(.get, Self.base, heartbeat)
        router.on(.get, Self.base + "/heartbeat", heartbeat)
        router.on(.get, Self.base + "/healthcheck") { _ in
            HTTPResponse(json: ["is_executor_ready": true, "is_log_client_ready": true])
        }
        router.on(.get, Self.base + "/version") { _ in HTTPResponse(json: "1.0.0") }
        router.on(.get, Self.base + "/pre-flight-checks") { _ in
            HTTPResponse(
                json: [
                    "max_batch_size": 5461, "supports_base64_encoding": true, "supports_token_embeddings": true,
                ])
        }
        router.on(.get, Self.base + "/auth/identity") { [store, options] request in
            guard case .tenant(let tenant) = try options.tokens?.caller(of: request) else {
                return HTTPResponse(json: [
                    "user_id": "", "tenant": "default_tenant", "databases": ["default_database"],
                ])
            }
            let databases = store.databases(tenant: tenant, offset: 0, limit: 1000).map(\.name)
            return HTTPResponse(json: ["user_id": "", "tenant": .string(tenant), "databases": .strings(databases)])
        }
        router.on(.post, Self.base + "/reset") { [store, options] _ in
            guard options.allowsReset else {
                throw ChromaError(.forbidden, "ChromaError", "Reset is disabled by config")
            }
            try await store.reset()
            return HTTPResponse(json: true)
        }
    }

    private func addTenants(to router: inout Router) {
        let tenants = Self.base + "/tenants"
        router.on(.post, tenants) { [store] request in
            let name = try NameRequest.tenant(try await request.json())
            try await store.createTenant(name)
            return HTTPResponse(json: [:])
        }
        router.on(.get, tenants + "/{tenant}") { [store] request in
            let name = request.parameters["tenant"] ?? ""
            guard store.hasTenant(name) else { throw ChromaError.notFound("Tenant [\(name)] not found") }
            return HTTPResponse(
                json: ["name": .string(name), "resource_name": .optional(store.resourceName(tenant: name))])
        }
        router.on(.patch, tenants + "/{tenant}") { [store] request in
            let name = try NameRequest.resource(try await request.json())
            try await store.setResourceName(name, tenant: request.parameters["tenant"] ?? "")
            return HTTPResponse(json: [:])
        }
        let databases = tenants + "/{tenant}/databases"
        router.on(.post, databases) { [store] request in
            let name = try NameRequest.database(try await request.json())
            try await store.createDatabase(name, id: UUIDv7.random(), tenant: request.parameters["tenant"] ?? "")
            return HTTPResponse(json: [:])
        }
        router.on(.get, databases) { [store] request in
            let tenant = request.parameters["tenant"] ?? ""
            let list = store.databases(
                tenant: tenant, offset: try request.number("offset") ?? 0, limit: try request.number("limit") ?? 1000)
            return HTTPResponse(
                json: .array(list.map { ["id": .string($0.id), "name": .string($0.name), "tenant": .string(tenant)] }))
        }
        router.on(.get, databases + "/{database}") { [store] request in
            let (tenant, name) = try request.scope
            guard let id = store.databaseID(name, tenant: tenant) else {
                throw ChromaError.notFound("Database [\(name)] not found. Are you sure it exists?")
            }
            return HTTPResponse(json: ["id": .string(id), "name": .string(name), "tenant": .string(tenant)])
        }
        router.on(.delete, databases + "/{database}") { [store] request in
            let (tenant, name) = try request.scope
            try await store.deleteDatabase(name, tenant: tenant)
            return HTTPResponse(json: [:])
        }
    }

    private static let tooLarge = HTTPResponse(
        .contentTooLarge,
        json: ["error": "ChromaError", "message": "Failed to buffer the request body: length limit exceeded"])

    /// The response for an error, in Chroma's shape.
    static func response(for error: any Error) -> HTTPResponse {
        switch error {
        case let error as ChromaError: return HTTPResponse(error.status, json: error.json)
        case let problem as Problem where [404, 405].contains(problem.status.rawValue):
            return HTTPResponse(problem.status)
        case is HTTPBodyTooLarge: return tooLarge
        case let problem as Problem where problem.status == .contentTooLarge: return tooLarge
        case let problem as Problem where problem.status == .badRequest:
            return HTTPResponse(.badRequest, json: ChromaError.invalid(problem.detail).json)
        case is HTTPBodyTooSlow:
            return HTTPResponse(
                .requestTimeout,
                json: ["error": "ChromaError", "message": "The request's body took too long to arrive"])
        case let error as JSONSyntaxError:
            return HTTPResponse(
                .badRequest, json: ChromaError.invalid("Failed to parse the request body as JSON: \(error)").json)
        default:
            return HTTPResponse(
                .internalServerError, json: ["error": "InternalError", "message": "The server's log has the reason"])
        }
    }
}

extension HTTPRequest {
    /// The body's limit, as Chroma has it: 40 MiB.
    static let chromaBodyLimit = 41_943_040

    /// The time a body may take to arrive.
    private static let chromaBodyTime = Duration.seconds(120)

    /// The body as JSON, if its content type allows that.
    func json() async throws -> JSONValue {
        if let type = fields["content-type"] {
            let plain = type.split(separator: ";").first.map { $0.lowercased() } ?? ""
            let media = plain.filter { $0 != " " }
            guard media == "application/json" || media.hasPrefix("application/") && media.hasSuffix("+json") else {
                throw ChromaError(
                    .unsupportedMediaType, "ChromaError", "Expected request with `Content-Type: application/json`")
            }
        }
        return try JSONParser.parse(try await body.collect(limit: Self.chromaBodyLimit, within: Self.chromaBodyTime))
    }

    /// Tenant and database of the path.
    var scope: (tenant: String, database: String) {
        get throws(ChromaError) {
            let database = parameters["database"] ?? ""
            guard database.utf8.count >= 3 else { throw .invalid("database name must be at least 3 characters") }
            return (parameters["tenant"] ?? "", database)
        }
    }

    /// A query parameter that has to be an unsigned number.
    func number(_ name: String) throws(ChromaError) -> Int? {
        guard let text = target.parameter(name) else { return nil }
        guard let value = UInt32(text) else {
            throw .invalid("Failed to deserialize query string: \(name): invalid digit found in string")
        }
        return Int(value)
    }
}
