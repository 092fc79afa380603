import Digests
import HTTPMessages
import JSONCoding
import Markup
import SQLite
import Telemetry

/// List Blobs: flat or rolled up at a delimiter, in pages that neither skip nor repeat a blob that stays
/// (docs/reference/azure-storage.md, 2.5).
struct BlobListing {
    let service: BlobService
    let call: StorageCall

    /// What a page begins with: the first name at or after this one, and of that name the first snapshot.
    private struct Marker {
        let name: String
        let snapshot: String

        init(name: String, snapshot: String) { (self.name, self.snapshot) = (name, snapshot) }

        init(text: String) throws(StorageFailure) {
            guard let bytes = Base64URL.decode(text), let json = try? JSONParser.parse(bytes),
                let name = json[0]?.string, let snapshot = json[1]?.string
            else { throw .parameter("marker", text, "It is not a marker of this service.") }
            self.init(name: name, snapshot: snapshot)
        }

        var text: String { Base64URL.encode(JSONValue.strings([name, snapshot]).encoded) }
    }

    /// The query parameters of the operation; `startfrom` is newer than most clients.
    static let parameters: Set<String> = ["prefix", "delimiter", "marker", "maxresults", "include", "startfrom"]

    static func maximum(_ call: StorageCall) throws(StorageFailure) -> Int {
        min(5000, try call.number("maxresults", default: 5000, in: 1...Int(Int32.max)))
    }

    private static let known: Set<String> = [
        "snapshots", "metadata", "uncommittedblobs", "copy", "deleted", "tags", "versions", "deletedwithversions",
        "immutabilitypolicy", "legalhold", "permissions",
    ]

    func run(_ containerName: String) throws -> HTTPResponse {
        let container = try service.store.container(call.account, containerName)
        try service.check(call, container: container).require(
            .init("l", account: "l", "c", publicAccess: ["container"]))
        let includes = Set((call.parameter("include") ?? "").lowercased().split(separator: ",").map(String.init))
        if let unknown = includes.first(where: { !Self.known.contains($0) }) {
            throw StorageFailure.parameter("include", unknown, "It is none of the known datasets.")
        }
        let prefix = call.parameter("prefix") ?? ""
        let maximum = try Self.maximum(call)
        var start =
            try call.parameter("marker").map { text throws(StorageFailure) in try Marker(text: text) }
            ?? Marker(name: max(prefix, call.parameter("startfrom") ?? ""), snapshot: "")
        var page = Page(
            maximum: maximum, includes: includes, prefix: prefix, delimiter: call.parameter("delimiter"),
            now: service.store.clock.milliseconds)
        // Each round reads up to the next group of names that share a rolled-up prefix, and jumps behind it.
        while let jump = try read(container.id, from: start, into: &page) {
            start = Marker(name: jump + "\u{10FFFF}", snapshot: "")
        }
        var body =
            "<EnumerationResults ServiceEndpoint=\"\(XMLText.escape(call.endpoint))/\" ContainerName=\"\(containerName)\">"
        body += Self.element("Prefix", prefix) + "<Marker>\(XMLText.escape(call.parameter("marker") ?? ""))</Marker>"
        if call.parameter("maxresults") != nil { body += "<MaxResults>\(maximum)</MaxResults>" }
        if let delimiter = page.delimiter { body += "<Delimiter>\(XMLText.escape(delimiter))</Delimiter>" }
        let next = page.next.map { Marker(name: $0.name, snapshot: $0.snapshot).text } ?? ""
        return BlobService.xml(
            body + "<Blobs>\(page.items)</Blobs><NextMarker>\(next)</NextMarker></EnumerationResults>")
    }

    /// Adds rows to the page. Returns the prefix behind which reading has to go on, `nil` at the end of page or listing.
    private func read(_ container: Int64, from start: Marker, into page: inout Page) throws -> String? {
        var jump: String?
        let kinds =
            switch (page.includes.contains("snapshots"), page.includes.contains("uncommittedblobs")) {
            case (false, false): " AND snapshot = '~'"
            case (true, false): " AND snapshot <> '!'"
            case (false, true): " AND snapshot IN ('~', '!')"
            case (true, true): ""
            }
        try service.store.reader.read { access in
            try access.scan(
                """
                SELECT \(BlobRecord.columns) FROM blobs
                WHERE container = ?1 AND name >= ?2 AND (name > ?2 OR snapshot >= ?3)\(kinds) ORDER BY name, snapshot
                """, [.integer(container), .text(start.name), .text(start.snapshot)]
            ) { row in
                let record = BlobRecord(row)
                switch page.add(record) {
                case .more: return true
                case .full, .past: return false
                case .rolledUp(let prefix):
                    jump = prefix
                    return false
                }
            }
        }
        return jump
    }

    /// A name as element text; names that XML cannot carry are percent-encoded and say so.
    static func element(_ element: String, _ name: String) -> String {
        name.utf8.allSatisfy { $0 >= 32 && $0 < 128 } || name.unicodeScalars.allSatisfy(XMLText.isAllowed)
            ? "<\(element)>\(XMLText.escape(name))</\(element)>"
            : "<\(element) Encoded=\"true\">\(percentEncoded(name, keeping: "/"))</\(element)>"
    }

    private struct Page {
        enum Step {
            case more, full, past
            case rolledUp(String)
        }

        private let maximum: Int
        let includes: Set<String>
        private let prefix: String
        let delimiter: String?
        private let now: Int64
        var items = ""
        var count = 0
        private var lastDate: (seconds: Int64, text: String) = (-1, "")
        var next: (name: String, snapshot: String)?

        init(maximum: Int, includes: Set<String>, prefix: String, delimiter: String?, now: Int64) {
            self.now = now
            self.maximum = maximum
            self.includes = includes
            self.prefix = prefix
            self.delimiter = delimiter
        }

        mutating func add(_ record: BlobRecord) -> Step {
            guard record.name.utf8.starts(with: prefix.utf8) else {
                return record.name.utf8.lexicographicallyPrecedes(prefix.utf8) ? .more : .past
            }
            var rolled: String?
            if let delimiter {
                rolled = Self.rolledUp(record.name, prefix, delimiter)
            }
            guard count < maximum else {
                next = rolled.map { ($0, "") } ?? (record.name, record.snapshot)
                return .full
            }
            count += 1
            guard let rolled else {
                append(record)
                return .more
            }
            items += "<BlobPrefix>\(BlobListing.element("Name", rolled))</BlobPrefix>"
            return .rolledUp(rolled)
        }

        private static func rolledUp(_ name: String, _ prefix: String, _ delimiter: String) -> String? {
            let rest = Array(name.utf8.dropFirst(prefix.utf8.count))
            let mark = Array(delimiter.utf8)
            guard rest.count >= mark.count else { return nil }
            for place in 0...(rest.count - mark.count) where rest[place..<place + mark.count].elementsEqual(mark) {
                return prefix + String(decoding: rest[..<(place + mark.count)], as: UTF8.self)
            }
            return nil
        }

        /// The date of a time; many blobs of a listing share theirs.
        private mutating func date(_ seconds: Int64) -> String {
            if seconds != lastDate.seconds { lastDate = (seconds, Timestamp.httpDate(seconds: seconds)) }
            return lastDate.text
        }

        /// Appends a blob's element. Thousands are written in a row, so nothing is put together on the side.
        private mutating func append(_ record: BlobRecord) {
            let isUncommitted = record.snapshot == BlobStore.uncommitted
            items += "<Blob>"
            items += BlobListing.element("Name", record.name)
            if record.isSnapshot { element("Snapshot", record.snapshot) }
            items += "<Properties>"
            element("Creation-Time", date(record.created))
            if !isUncommitted {
                element("Last-Modified", date(record.modified))
                items += "<Etag>"
                items += record.etag.dropFirst().dropLast()
                items += "</Etag>"
            }
            element("Content-Length", String(record.size))
            element("Content-Type", XMLText.escape(record.headers.type))
            element("Content-Encoding", XMLText.escape(record.headers.encoding))
            element("Content-Language", XMLText.escape(record.headers.language))
            items += "<Content-CRC64 />"
            element("Content-MD5", record.headers.md5)
            element("Cache-Control", XMLText.escape(record.headers.cacheControl))
            element("Content-Disposition", XMLText.escape(record.headers.disposition))
            items += "<BlobType>BlockBlob</BlobType>"
            if record.tier.isEmpty {
                items += "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
            } else {
                element("AccessTier", record.tier)
            }
            if !record.isSnapshot { items += record.lease.id.isEmpty ? Self.noLease : record.lease.xml(now) }
            if includes.contains("copy"), !record.copy.id.isEmpty {
                element("CopyId", record.copy.id)
                element("CopyStatus", "success")
                element("CopySource", XMLText.escape(record.copy.source))
                element("CopyProgress", record.copy.progress)
                element("CopyCompletionTime", date(record.copy.completed))
            }
            items += "<ServerEncrypted>true</ServerEncrypted>"
            if !record.tags.pairs.isEmpty { element("TagCount", String(record.tags.pairs.count)) }
            items += "</Properties>"
            if includes.contains("metadata") { items += record.metadata.xml }
            if includes.contains("tags"), !record.tags.pairs.isEmpty { items += record.tags.xml }
            items += "</Blob>"
        }

        private static let noLease = Lease().xml(0)

        private mutating func element(_ name: StaticString, _ escaped: String) {
            let name = name.description
            items += "<"
            items += name
            if escaped.isEmpty {
                items += " />"
                return
            }
            items += ">"
            items += escaped
            items += "</"
            items += name
            items += ">"
        }
    }
}

/// Find Blobs by Tags, in an account or a container.
struct TagSearch {
    let service: BlobService
    let call: StorageCall

    static let parameters: Set<String> = ["where", "marker", "maxresults"]

    func run(container: String?) throws -> HTTPResponse {
        let row = try container.map { try service.store.container(call.account, $0) }
        try service.check(call, container: row).require(
            .init(row == nil ? nil : "f", account: "f", row == nil ? "s" : "c"))
        guard let text = call.parameter("where") else { throw StorageFailure.missingParameter("where") }
        let condition = try TagCondition(text, parameter: "where")
        let maximum = try BlobListing.maximum(call)
        let after = Int64(call.parameter("marker") ?? "") ?? 0
        var items = ""
        var count = 0
        var next = ""
        try service.store.reader.read { access in
            try access.scan(
                """
                SELECT blobs.id, containers.name, blobs.name, tags FROM blobs JOIN containers ON containers.id = container
                WHERE account = ?1 AND tags <> '' AND snapshot = '~' AND blobs.id >= ?2 AND (?3 IS NULL OR containers.name = ?3)
                ORDER BY blobs.id
                """, [.text(call.account), .integer(after), .optional(container)]
            ) { row in
                let tags = BlobTags(stored: row.text(3) ?? "")
                let name = row.text(1) ?? ""
                guard condition.matches(tags, container: name) else { return true }
                guard count < maximum else {
                    next = String(row.int(0))
                    return false
                }
                count += 1
                items += "<Blob>" + BlobListing.element("Name", row.text(2) ?? "")
                items += "<ContainerName>\(name)</ContainerName>\(tags.xml)</Blob>"
                return true
            }
        }
        return BlobService.xml(
            "<EnumerationResults ServiceEndpoint=\"\(XMLText.escape(call.endpoint))/\"><Where>\(XMLText.escape(text))</Where>"
                + "<Blobs>\(items)</Blobs><NextMarker>\(next)</NextMarker></EnumerationResults>")
    }
}
