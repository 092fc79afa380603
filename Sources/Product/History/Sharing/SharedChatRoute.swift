import AccessControl
import Catalog
import ChatMessages
import Digests
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `GET /api/share/{token}`: the chat of a link, for whoever has it and may see it. The token may come in `x-apus-link` instead,
/// which no server on the way keeps in its log.
struct SharedChatRoute: Sendable {
    private static let template = "/api/share/{token}"
    private static let atATime = 100
    static let page = PageSize(standard: 100, most: 500)

    let catalog: CatalogDatabase
    let messages: MessageStore
    let gate: AccessGuard
    let trail: AuditTrail?
    private let log: Log
    private let noted = NotedOpenings()

    init(catalog: CatalogDatabase, messages: MessageStore, gate: AccessGuard, trail: AuditTrail?, log: Log) {
        self.catalog = catalog
        self.messages = messages
        self.gate = gate
        self.trail = trail
        self.log = log
    }

    /// Answers; refusals, too, are for nobody's index and tell no other site where somebody was.
    func open(_ request: HTTPRequest) async -> HTTPResponse {
        var response: HTTPResponse
        do { response = try await answer(request) } catch {
            let problem = Problem(error)
            if problem.status.rawValue >= 500 {
                log.error(
                    "request failed", ["path": request.target.loggedPath, "error": String(reflecting: error)])
            }
            response = problem.response(requestID: request.id)
        }
        response.fields["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response.fields["Referrer-Policy"] = "no-referrer"
        return response
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let isMarkdown = try Self.isMarkdown(request)
        let limit = try PageLimit.read(request, Self.page)
        let place = try Self.place(request)
        let (share, caller, access) = try await opened(request)
        let view = access.map { catalog.view(for: $0) } ?? catalog.view(of: share.workspace)
        let count = try await view.shownMessages(of: share, isOutside: access == nil)
        if let trail, noted.takesNote(of: share.record.id, by: caller?.person) {
            await trail.note(
                .openedLink(share.record.id, of: share.workspace, by: caller, request, template: Self.template))
        }
        if isMarkdown { return file(share, view, count) }
        let end = min(count, place + limit)
        let shown = try await page(of: share, view, from: place, to: end)
        return HTTPResponse(
            json: [
                "name": count < share.record.messages ? .null : .string(share.name),
                "createdAt": .string(share.record.createdAt),
                "expiresAt": .string(share.record.expiresAt), "count": .int(Int64(share.record.messages)),
                "withheld": .int(Int64(share.record.messages - count)), "messages": .array(shown.map(\.sharedJSON)),
                "next": end < count ? .int(Int64(end)) : .null,
            ])
    }

    // MARK: - Who may see it

    private static let unknown = Problem(.notFound, "The link is not found or has ended.")

    /// The link, and what whoever asks may in its workspace; `nil` for somebody from outside to whom it is open.
    ///
    /// - Throws: `Problem`, the same whatever the reason: 401 for whoever is not signed in, since it may be for those who are.
    private func opened(_ request: HTTPRequest) async throws -> (OpenedShare, Caller?, Access?) {
        var caller: Caller?
        var refusal = Self.unknown
        do { caller = try await gate.identify(request) } catch let problem as Problem
            where problem.status == .unauthorized
        {
            refusal = Problem(
                .unauthorized, "The link is not found or has ended, or is for people who are signed in.",
                code: problem.code, headers: problem.headers)
        }
        let text = request.parameters["token"] ?? request.fields["x-apus-link"] ?? ""
        guard let token = ShareToken(text) else { throw refusal }
        let share = try await catalog.share(token.selector)
        guard token.opens(share?.secret), let share else { throw refusal }
        let access = try await access(of: caller, to: share, request)
        guard access != nil || share.isPublic else { throw refusal }
        return (share, caller, access)
    }

    private func access(of caller: Caller?, to share: OpenedShare, _ request: HTTPRequest) async throws -> Access? {
        guard let caller else { return nil }
        var named = request
        named.fields["x-apus-workspace"] = share.workspace
        do {
            let access = try await gate.access(of: caller, named)
            return access.permits(.read) ? access : nil
        } catch let problem as Problem where problem.status == .notFound {
            return nil
        }
    }

    // MARK: - What is shown

    private func file(_ share: OpenedShare, _ view: WorkspaceCatalog, _ count: Int) -> HTTPResponse {
        let name = count < share.record.messages ? "Chat" : share.name
        return ChatFile.response(name, MarkdownFormat()) { [self] output in
            try await output.put { _ in MarkdownFormat.heading(name, share.record.createdAt) }
            for start in stride(from: 0, to: count, by: Self.atATime) {
                let part = try await page(of: share, view, from: start, to: min(count, start + Self.atATime))
                for message in part { try await output.put { $0.message(message) } }
            }
        }
    }

    /// The messages as they were; an answer that was tried again since is left out.
    private func page(of share: OpenedShare, _ view: WorkspaceCatalog, from start: Int, to end: Int) async throws
        -> [ChatMessage]
    {
        guard start < end else { return [] }
        let wanted = try await view.messages(of: share, from: start, limit: end - start)
        let attempts = Dictionary(wanted.map { ($0.id, $0.attempt) }) { first, _ in first }
        return try await messages.view(of: share.workspace).messages(wanted.map(\.id), in: share.chat)
            .filter { attempts[$0.id] == $0.attempt ?? "" }.map(\.shared)
    }

    private static func isMarkdown(_ request: HTTPRequest) throws -> Bool {
        switch request.target.parameter("format") ?? "json" {
        case "json": false
        case "markdown": true
        default: throw InvalidFields(field: "format", detail: "Must be json or markdown.")
        }
    }

    private static func place(_ request: HTTPRequest) throws -> Int {
        guard let text = request.target.parameter("after") else { return 0 }
        guard let place = Int(text), (0...MessageStore.mostWithVersions).contains(place) else {
            throw InvalidFields(
                field: "after", detail: "Must be the `next` of the page before, 0 to \(MessageStore.mostWithVersions).")
        }
        return place
    }
}
