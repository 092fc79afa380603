import HTTPMessages
import Markup

extension BlobClient {
    /// Names of the blobs with a prefix, in order, page by page until none is left or `limit` is reached.
    public func list(_ container: String, prefix: String, limit: Int = 100_000) async throws -> [String] {
        var names: [String] = []
        var marker: String?
        repeat {
            let page = try await page(container, prefix: prefix, marker: marker)
            names += page.blobs.map(\.name)
            marker = page.next
        } while marker != nil && names.count < limit
        return Array(names.prefix(limit))
    }

    /// One page of a listing; it may be empty and still have a next one.
    ///
    /// - Parameters:
    ///   - delimiter: Rolls names up that go on behind it, usually `/`; `nil` lists flat.
    ///   - marker: `next` of the page before.
    ///   - maximum: 1 to 5000.
    public func page(
        _ container: String, prefix: String = "", delimiter: String? = nil, marker: String? = nil, maximum: Int = 5000
    ) async throws -> BlobPage {
        var call = try call("List Blobs", .get, container, expected: [200])
        call.query = [("restype", "container"), ("comp", "list"), ("maxresults", String(maximum))]
        if !prefix.isEmpty { call.query.append(("prefix", prefix)) }
        if let delimiter { call.query.append(("delimiter", delimiter)) }
        if let marker { call.query.append(("marker", marker)) }
        let tree = try MarkupReader.tree(try await transport.call(call).body)
        let entries = tree["Blobs"]
        let next = tree["NextMarker"]?.text ?? ""
        return BlobPage(
            blobs: (entries?.all("Blob") ?? []).compactMap { BlobItem($0) },
            prefixes: (entries?.all("BlobPrefix") ?? []).compactMap { $0["Name"].map { BlobItem.text($0) } },
            next: next.isEmpty ? nil : next)
    }
}
