import Catalog
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `/api/account/audit` and `/api/account/workspaces/{id}/audit`: who did what.
struct AuditRoutes: Sendable {
    private static let page = 500
    static let listPage = PageSize(standard: 50, most: 500)

    let catalog: CatalogDatabase

    /// `?workspace=&person=&from=&until=&limit=&before=`, the newest first.
    ///
    /// - Parameter workspace: The only one that the caller may look at; `nil` for all.
    func list(_ request: HTTPRequest, of workspace: String?) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.listPage)
        var filter = CatalogDatabase.AuditFilter()
        filter.workspace = workspace ?? request.target.parameter("workspace")
        filter.person = try request.idParameter("person")
        filter.from = try Self.time("from", request)
        filter.until = try Self.time("until", request)
        var before: Int?
        if let text = request.target.parameter("before") {
            guard let number = Int(text), number > 0 else {
                throw InvalidFields(field: "before", detail: "Must be the `next` of the page before.")
            }
            before = number
        }
        let page = try await catalog.audit(filter, limit: limit + 1, before: before)
        let shown = page.prefix(limit)
        return HTTPResponse(
            json: [
                "entries": .array(shown.map(\.json)),
                "next": page.count > limit ? .optional(shown.last.map { String($0.number) }) : .null,
            ])
    }

    private static func time(_ name: String, _ request: HTTPRequest) throws -> String? {
        guard let text = request.target.parameter(name) else { return nil }
        guard let time = Timestamp.milliseconds(iso8601: text) else {
            throw InvalidFields(field: name, detail: "Must be a time such as 2026-01-31T10:00:00Z.")
        }
        return Timestamp.format(milliseconds: time)
    }

    /// All entries in their order, one JSON object on a line.
    func export() async throws -> HTTPResponse {
        // What cannot be reached is said before the file begins.
        let first = try await catalog.audit(after: 0, limit: Self.page)
        return HTTPResponse(
            .ok,
            fields: [
                "Content-Type": "application/x-ndjson",
                "Content-Disposition": "attachment; filename=\"apus-audit-\(Timestamp.now().prefix(10)).jsonl\"",
            ],
            body: .stream(length: nil) { writer in
                var page = first
                while let last = page.last {
                    var lines: [UInt8] = []
                    for entry in page {
                        entry.json.write(to: &lines)
                        lines.append(10)
                    }
                    try await writer.write(lines)
                    guard page.count == Self.page else { return }
                    page = try await catalog.audit(after: last.number, limit: Self.page)
                }
            })
    }

    /// Whether the chain is whole: `{state: "intact", entries}` or `{state: "broken", at}`.
    func state() async throws -> HTTPResponse {
        switch try await catalog.auditState() {
        case .intact(let count): HTTPResponse(json: ["state": "intact", "entries": .int(Int64(count))])
        case .broken(let number): HTTPResponse(json: ["state": "broken", "at": .int(Int64(number))])
        }
    }
}
