import HTTPMessages
import HTTPServing
import JSONCoding
import Problems

/// The ranges of effective partition keys: one, or several when the emulator is strict
/// (docs/reference/cosmos-db.md, 5 and 6.2).
struct PartitionRanges: Sendable {
    /// Half-open ranges of keys as text.
    let ranges: [(minimum: String, maximum: String)]

    init(count: Int) {
        // Keys are spread over 00 to 3F.
        let ends = (0...count).map { step -> String in
            if step == 0 { return "" }
            if step == count { return "FF" }
            let byte = String(64 * step / count, radix: 16, uppercase: true)
            return String(repeating: "0", count: 2 - byte.count) + byte + String(repeating: "0", count: 30)
        }
        ranges = zip(ends, ends.dropFirst()).map { ($0, $1) }
    }

    /// The range of that id.
    subscript(_ id: String) -> (minimum: String, maximum: String)? {
        guard let index = Int(id), ranges.indices.contains(index) else { return nil }
        return ranges[index]
    }

    /// Answers `pkranges`. The request that repeats the entity tag has to get 304, or SDKs ask for ever.
    func answer(_ request: HTTPRequest, _ container: CosmosStore.Container) -> HTTPResponse {
        let etag = "\"\(container.rid)-\(ranges.count)\""
        if request.fields["if-none-match"] == etag { return HTTPResponse(.notModified, fields: ["etag": etag]) }
        let items = ranges.enumerated().map { index, range -> JSONValue in
            [
                "_rid": .string(container.rid), "id": .string(String(index)), "_etag": .string(etag),
                "minInclusive": .string(range.minimum), "maxExclusive": .string(range.maximum),
                "ridPrefix": .int(Int64(index)), "_self": .string("\(container.link)pkranges/\(index)/"),
                "throughputFraction": .double(1 / Double(ranges.count)), "status": "online", "parents": [], "_ts": 0,
                "lsn": 1,
            ]
        }
        var response = CosmosService.feed("PartitionKeyRanges", items, rid: container.rid)
        response.fields["etag"] = etag
        return response
    }
}
