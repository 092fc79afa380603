public import Catalog
public import HTTPMessages
public import JSONCoding
import Problems

/// `/v1/responses/{id}`: responses that were kept.
public struct StoredResponseRoutes: Sendable {
    let catalog: WorkspaceCatalog

    /// The responses of one person.
    public init(catalog: WorkspaceCatalog) { self.catalog = catalog }

    /// `GET`: one of them, however far it is.
    public func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        for (name, value) in request.target.query where !["include", "include[]"].contains(name) {
            if ["stream", "include_obfuscation"].contains(name), value == "false" { continue }
            throw InvalidFields(
                field: String(name.prefix(100)),
                detail: "Not supported: a response is given as a whole. Stream it when it is created.")
        }
        let include = try ListQuery.include(request)
        let record = try await record(request)
        return HTTPResponse(
            json: Self.shown(record.response, withResults: include.contains(Include.results))
        ).pollSoon
    }

    /// `DELETE`: removes it; what it added to a conversation stays.
    public func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let record = try await record(request)
        guard try await catalog.removeResponse(record.id) else { throw Self.unknown(request) }
        return HTTPResponse(json: VectorStoreForm.deleted(ObjectID.response.text(record.id), "response"))
    }

    /// `POST …/cancel`: ends one that is written in the background; one that has ended stays as it is.
    public func cancel(_ request: HTTPRequest) async throws -> HTTPResponse {
        let record = try await record(request)
        guard record.response["background"]?.bool == true else {
            throw Problem(
                .badRequest, "Only responses that were created with background=true can be cancelled.",
                code: "not_supported")
        }
        guard ["queued", "in_progress"].contains(record.status) else {
            return HTTPResponse(json: Self.shown(record.response, withResults: false))
        }
        var response = record.response.object ?? JSONObject()
        response["status"] = "cancelled"
        let cancelled = ResponseRecord(
            id: record.id, chat: record.chat, previous: record.previous, status: "cancelled", input: record.input,
            response: .object(response))
        // Whoever writes it sees that within a second. It may have ended just now.
        try await catalog.keepResponse(cancelled, isNew: false)
        return HTTPResponse(json: Self.shown(try await self.record(request).response, withResults: false))
    }

    /// `GET …/input_items`: what it answers.
    public func inputItems(_ request: HTTPRequest) async throws -> HTTPResponse {
        let page = try ListQuery.read(request, allowed: ["include"], hasBefore: false, id: ObjectID.anyID)
        let include = try ListQuery.include(request)
        let items = try await record(request).input.compactMap(ResponseItem.init(stored:))
        var ordered = (page.isAscending ? items : items.reversed())[...]
        if let after = page.after {
            guard let place = ordered.firstIndex(where: { $0.id == after }) else {
                throw InvalidFields(field: "after", detail: "There is no item with this id.")
            }
            ordered = ordered[(place + 1)...]
        }
        let shown = ordered.prefix(page.limit + 1).map { $0.json(withResults: include.contains(Include.results)) }
        return HTTPResponse(json: ListForm.json(shown, limit: page.limit))
    }

    /// A response without what was not asked for.
    public static func shown(_ response: JSONValue, withResults: Bool) -> JSONValue {
        guard !withResults, var object = response.object, let output = object["output"]?.array else { return response }
        object["output"] = .array(
            output.map { item in
                guard item["type"]?.string == "file_search_call", var search = item.object else { return item }
                search["results"] = .null
                return .object(search)
            })
        return .object(object)
    }

    private func record(_ request: HTTPRequest) async throws -> ResponseRecord {
        guard let id = ObjectID.response.id(request.parameters["id"] ?? ""),
            let record = try await catalog.response(id)
        else { throw Self.unknown(request) }
        guard record.isAbandoned, var response = record.response.object else { return record }
        response["status"] = "failed"
        response["error"] = ["code": "server_error", "message": "The process that wrote it ended. Ask again."]
        let failed = ResponseRecord(
            id: record.id, chat: record.chat, previous: record.previous, status: "failed", input: record.input,
            response: .object(response))
        try await catalog.keepResponse(failed, isNew: false)
        return failed
    }

    private static func unknown(_ request: HTTPRequest) -> Problem {
        OpenAIError.unknown("response", request.parameters["id"] ?? "")
    }
}
