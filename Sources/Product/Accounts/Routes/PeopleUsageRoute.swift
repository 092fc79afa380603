import AccessControl
import Catalog
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `GET /api/account/usage?from=2026-01-01&to=2026-01-31&of=me`: questions, tokens and money by day; this month when not said.
struct PeopleUsageRoute: Sendable {
    let catalog: WorkspaceCatalog

    func answer(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        let today = String(Timestamp.now().prefix(10))
        let to = try request.dayParameter("to") ?? today
        let from = try request.dayParameter("from") ?? String(today.prefix(8)) + "01"
        guard from <= to else { throw InvalidFields(field: "from", detail: "Must not be after to.") }
        let whom = try whom(request.target.parameter("of"), access)
        let days = try await catalog.use(of: whom, from: from, to: to)
        guard days.count < WorkspaceCatalog.mostUsageDays else {
            throw InvalidFields(
                field: "from", detail: "There are more than \(WorkspaceCatalog.mostUsageDays) rows. Ask for fewer days."
            )
        }
        return HTTPResponse(
            json: [
                "from": .string(from), "to": .string(to), "currency": "USD", "days": .array(days.map(\.json)),
                "total": QuotaUsageDay.total(days),
            ])
    }

    private func whom(_ text: String?, _ access: Access) throws -> WorkspaceCatalog.UsageOf {
        switch text {
        // Where nobody signs in the workspace is whoever asks.
        case nil, "me": return access.person.map { .person($0) } ?? .workspace
        case "workspace", "people", "keys":
            guard access.permits(.manage) else {
                throw Problem(.forbidden, "What others have used is for owners of the workspace.")
            }
            return text == "people" ? .people : text == "keys" ? .keys : .workspace
        case .some: throw InvalidFields(field: "of", detail: "Must be me, workspace, people or keys.")
        }
    }
}
