import HTTPMessages
import HTTPServing
import JSONCoding
import SQLite
import Telemetry

/// Items in the order of their last change; each shows once, as it is now, and deletions do not show
/// (docs/reference/cosmos-db.md, 7).
struct ChangeFeed {
    let store: CosmosStore
    let container: CosmosStore.Container
    let request: HTTPRequest
    let scope: ItemScope

    func answer() throws -> HTTPResponse {
        guard request.fields["a-im"]?.lowercased() == "incremental feed" else {
            throw CosmosFailure.bad("This emulator has the latest-version change feed only.")
        }
        let newest =
            try store.reader.query("SELECT lsn FROM containers WHERE key = ?", [.integer(container.id)])
            .first?[0].int ?? 0
        var after: Int64 = 0
        if let tag = request.fields["if-none-match"], !tag.isEmpty {
            guard tag != "*" else { return Self.nothing(newest) }
            guard let lsn = Int64(tag.filter { $0 != "\"" }) else {
                throw CosmosFailure.bad("The change feed's position is malformed.")
            }
            after = lsn
        }
        var since: Int64 = 0
        if let text = request.fields["if-modified-since"] {
            guard let seconds = Timestamp.seconds(httpDate: text) else {
                throw CosmosFailure.bad("If-Modified-Since is no HTTP date.")
            }
            since = seconds
        }
        let (condition, values) = scope.condition(container, now: store.clock.seconds)
        let rows = try store.reader.query(
            "SELECT body, lsn FROM items WHERE \(condition) AND lsn > ? AND ts >= ? ORDER BY lsn LIMIT ?",
            values + [.integer(after), .integer(since), .integer(Int64(try QueryRequest.pageSize(request)))])
        guard let last = rows.last?[1].int else { return Self.nothing(max(after, newest)) }
        let items = try rows.map { row -> JSONValue in
            var item = try ItemText.parse(row[0].string ?? "").object ?? JSONObject()
            item["_lsn"] = .int(row[1].int ?? 0)
            return .object(item)
        }
        var response = CosmosService.feed("Documents", items, rid: container.rid)
        response.fields["etag"] = "\"\(last)\""
        return response
    }

    private static func nothing(_ lsn: Int64) -> HTTPResponse {
        HTTPResponse(.notModified, fields: ["etag": "\"\(lsn)\""])
    }
}
