import Catalog
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `GET /api/usage?from=2026-01-01&to=2026-01-31`: what answers took, by day and model; the last 30 days when not said.
struct UsageRoute: Sendable {
    private static let standardDays: Int64 = 30

    let catalog: WorkspaceCatalog

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let now = Timestamp.nowMilliseconds()
        let to = try request.dayParameter("to") ?? Self.day(now)
        let from = try request.dayParameter("from") ?? Self.day(now - Self.standardDays * 86_400_000)
        guard from <= to else { throw InvalidFields(field: "from", detail: "Must not be after to.") }
        let days = try await catalog.usage(from: from, to: to)
        return HTTPResponse(
            json: [
                "from": .string(from), "to": .string(to), "currency": "USD", "days": .array(days.map(\.json)),
                "total": UsageDay.total(days),
            ])
    }

    private static func day(_ milliseconds: Int64) -> String {
        String(Timestamp.format(milliseconds: milliseconds).prefix(10))
    }
}
