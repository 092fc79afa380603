import AzureSignatures
import Digests
import HTTPMessages
import Telemetry
import TextSearch

extension BlobClient {
    /// Deletes many blobs, 256 in a request. Those that are not there count as deleted.
    ///
    /// - Returns: How many there were.
    /// - Throws: `StorageError` of the first one that could not be deleted; the others of its request are gone.
    public func delete(_ container: String, _ names: [String]) async throws -> Int {
        var deleted = 0
        for start in stride(from: 0, to: names.count, by: 256) {
            let part = Array(names[start..<min(start + 256, names.count)])
            guard case .key(let key) = transport.credential else {
                // Other credentials would have to be repeated in each part; one by one is as safe.
                for name in part where try await delete(container, name) { deleted += 1 }
                continue
            }
            deleted += try await deleteBatch(container, part, key)
        }
        return deleted
    }

    private func deleteBatch(_ container: String, _ names: [String], _ key: SharedKey) async throws -> Int {
        let boundary = "batch_" + UUIDv7.random()
        var body = ""
        for (place, name) in names.enumerated() {
            let target = HTTPTarget(url: url(container, name))
            var fields: HTTPFields = ["x-ms-delete-snapshots": "include"]
            fields["x-ms-date"] = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
            fields["Authorization"] = key.authorization(
                method: .delete, target: target, fields: fields, contentLength: 0)
            body += "--\(boundary)\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            body += "Content-ID: \(place)\r\n\r\nDELETE \(target.text) HTTP/1.1\r\n"
            for field in fields.all { body += "\(field.name): \(field.value)\r\n" }
            body += "Content-Length: 0\r\n\r\n"
        }
        body += "--\(boundary)--\r\n"
        var call = try call("Blob Batch", .post, container, expected: [202])
        call.query = [("restype", "container"), ("comp", "batch")]
        call.fields["Content-Type"] = "multipart/mixed; boundary=\(boundary)"
        call.body = body.bytes
        let answer = String(decoding: try await transport.call(call).body, as: UTF8.self)
        var statuses: [Int] = []
        var rest = answer[...]
        while let head = rest.firstRange(of: "HTTP/1.1 ") {
            rest = rest[head.upperBound...]
            if let status = Int(rest.prefix(3)) { statuses.append(status) }
        }
        guard statuses.count == names.count else {
            throw StorageError(
                service: transport.service, operation: call.operation, status: .ok,
                code: "the answer has \(statuses.count) parts for \(names.count) deletions", requestID: "")
        }
        if let failed = statuses.first(where: { $0 != 202 && $0 != 404 }) {
            throw StorageError(
                service: transport.service, operation: "Delete Blob in a batch", status: HTTPStatus(rawValue: failed),
                code: "see the service's log", requestID: "")
        }
        return statuses.count { $0 == 202 }
    }
}
