import AzureSignatures
import Digests
import HTTPMessages
import SQLite
import Telemetry

// Reading a blob: content, ranges, properties, metadata, tags.
extension BlobOperations {
    func read() async throws -> HTTPResponse {
        try require(.init("r", account: "r", "o", publicAccess: ["blob", "container"]))
        let asked = call.method == .head ? nil : Self.range(call.field("x-ms-range") ?? call.field("range"))
        // The blob and its content are of one moment, however often it is overwritten meanwhile.
        let (blob, range, body) = try store.reading { access in
            let blob = try current(access)
            let range = try asked.map { try Self.inside($0, blob) }
            return (blob, range, try store.body(of: blob, range: range ?? 0..<blob.size, access))
        }
        var fields = blob.fields(now: store.clock.milliseconds)
        overrideFields(&fields)
        if call.method == .head {
            fields["x-ms-access-tier"] = blob.tier.isEmpty ? "Hot" : blob.tier
            if blob.tier.isEmpty { fields["x-ms-access-tier-inferred"] = "true" }
        }
        guard let range else {
            fields.add("Content-MD5", blob.headers.md5)
            return HTTPResponse(.ok, fields: fields, body: body)
        }
        fields["Content-Range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(blob.size)"
        fields.add("x-ms-blob-content-md5", blob.headers.md5)
        try await addChecksums(&fields, body, count: range.count)
        return HTTPResponse(.partialContent, fields: fields, body: body)
    }

    private static func inside(_ range: (start: Int, end: Int?), _ blob: BlobRecord) throws -> Range<Int> {
        guard range.start < blob.size else {
            var failure = StorageFailure(
                416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
            failure.fields["Content-Range"] = "bytes */\(blob.size)"
            throw failure
        }
        return range.start..<min(range.end ?? blob.size - 1, blob.size - 1) + 1
    }

    private func addChecksums(_ fields: inout HTTPFields, _ body: HTTPResponse.Body, count: Int) async throws {
        func wants(_ name: String) -> Bool { call.field(name)?.lowercased() == "true" }
        let (md5, crc) = (wants("x-ms-range-get-content-md5"), wants("x-ms-range-get-content-crc64"))
        guard md5 || crc else { return }
        guard count <= 4 << 20 else {
            throw StorageFailure(400, "OutOfRangeInput", "A range whose checksum is wanted has at most 4 MiB.")
        }
        let bytes = try await Self.bytes(of: body)
        if md5 {
            let hasher = MD5Hasher()
            hasher.update(bytes)
            fields["Content-MD5"] = Base64.encode(hasher.finalize())
        }
        if crc {
            var checksum = CRC64()
            checksum.update(bytes)
            fields["x-ms-content-crc64"] = checksum.base64
        }
    }

    /// Everything that a body sends.
    static func bytes(of body: HTTPResponse.Body) async throws -> [UInt8] {
        switch body {
        case .bytes(let whole): return whole
        case .file(let slice): return slice.readAll()
        case .stream(_, let write):
            let collector = BodyCollector()
            try await write(collector)
            return await collector.bytes
        }
    }

    /// A shared access signature can prescribe fields of the answer.
    private func overrideFields(_ fields: inout HTTPFields) {
        guard case .signature(let signature) = call.caller else { return }
        for (name, field) in [
            ("rscc", "Cache-Control"), ("rscd", "Content-Disposition"), ("rsce", "Content-Encoding"),
            ("rscl", "Content-Language"), ("rsct", "Content-Type"),
        ] {
            if let value = signature.parameters[name], !value.isEmpty { fields[field] = value }
        }
    }

    /// `bytes=a-b` or `bytes=a-`; anything else is ignored, as the service does.
    static func range(_ text: String?) -> (start: Int, end: Int?)? {
        guard let text, text.hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Int(parts[0]), start >= 0 else { return nil }
        if parts[1].isEmpty { return (start, nil) }
        guard let end = Int(parts[1]), end >= start, end < Int.max else { return nil }
        return (start, end)
    }

    /// The blob as it is, if the request's conditions let it be read.
    private func current(_ access: borrowing SQLiteDatabase.Access) throws -> BlobRecord {
        let moment = try call.snapshotTime() ?? BlobStore.base
        guard let blob = try BlobStore.blob(access, container.id, name, moment) else { throw BlobStore.noBlob }
        try Conditions(call).checkRead(blob.version)
        try blob.lease.checkRead(call.leaseID(), now: store.clock.milliseconds, kind: "Blob")
        try checkTags(blob)
        return blob
    }

    private func checkTags(_ blob: BlobRecord) throws(StorageFailure) {
        guard let text = call.field("x-ms-if-tags") else { return }
        guard try TagCondition(text, parameter: "x-ms-if-tags").matches(blob.tags, container: container.name) else {
            throw .conditionNotMet
        }
    }

    func metadata() throws -> HTTPResponse {
        try require(.init("r", account: "r", "o", publicAccess: ["blob", "container"]))
        let blob = try store.reader.read { try current($0) }
        var fields = blob.versionFields
        blob.metadata.add(to: &fields)
        return HTTPResponse(.ok, fields: fields)
    }

    func tags() throws -> HTTPResponse {
        try require(.init("t", account: "t", "o"))
        return BlobService.xml(try store.reader.read { try current($0) }.tags.xml)
    }
}

/// Takes what a body writes.
private actor BodyCollector: HTTPBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ piece: [UInt8]) async throws { bytes += piece }
}
