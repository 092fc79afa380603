import Digests
import HTTPMessages

/// Blob Batch: up to 256 deletes or tier changes in one multipart request, each with an answer of its own.
struct BatchOperations {
    let service: BlobService
    let call: StorageCall

    private static let maximumParts = 256

    func run() async throws -> HTTPResponse {
        if case .anonymous = call.caller {
            throw StorageFrontEnd.challenge("NoAuthenticationInformation", "A batch has to be authorized.")
        }
        guard let type = call.field("content-type"), type.hasPrefix("multipart/mixed"),
            let boundary = type.split(separator: "boundary=").last.map({ $0.filter { $0 != "\"" } })
        else { throw StorageFailure.header("Content-Type", call.field("content-type") ?? "") }
        let text = String(decoding: try await call.body(limit: 4 << 20), as: UTF8.self)
        let parts = text.replacing("\r\n", with: "\n").split(separator: "--" + boundary)
            .filter { !$0.hasPrefix("--") && $0.contains("HTTP/1.1") }
        guard (1...Self.maximumParts).contains(parts.count) else {
            throw StorageFailure(400, "InvalidInput", "A batch has 1 to 256 requests.")
        }
        let mark = "batchresponse_" + UUIDv7.random()
        var body = ""
        for part in parts {
            let (id, request) = try request(in: part)
            let answer = await service.answer(request, isPart: true)
            body += "--\(mark)\r\nContent-Type: application/http\r\nContent-ID: \(id)\r\n\r\n"
            body += "HTTP/1.1 \(answer.status.rawValue) \(answer.status.phrase)\r\n"
            for field in answer.fields.all { body += "\(field.name): \(field.value)\r\n" }
            var inner: [UInt8] = []
            if case .bytes(let bytes) = answer.body { inner = bytes }
            if !inner.isEmpty { body += "Content-Length: \(inner.count)\r\n" }
            body += "\r\n" + String(decoding: inner, as: UTF8.self) + (inner.isEmpty ? "" : "\r\n")
        }
        body += "--\(mark)--\r\n"
        return HTTPResponse(
            .accepted, fields: ["Content-Type": "multipart/mixed; boundary=\(mark)"], body: .bytes(body.bytes))
    }

    private func request(in part: Substring) throws -> (id: String, HTTPRequest) {
        let blocks = part.split(separator: "\n\n", maxSplits: 1)
        guard blocks.count == 2 else { throw StorageFailure.badInput }
        let id =
            blocks[0].split(separator: "\n").first { $0.lowercased().hasPrefix("content-id:") }
            .map { String($0.dropFirst("content-id:".count).drop { $0 == " " }) } ?? "0"
        var lines = blocks[1].split(separator: "\n", omittingEmptySubsequences: false)[...]
        let words = (lines.popFirst() ?? "").split(separator: " ").map(String.init)
        guard words.count == 3, words[0] == "DELETE" || words[0] == "PUT", words[1].hasPrefix("/") else {
            throw StorageFailure(400, "InvalidInput", "A batch can only delete blobs or set their tier.")
        }
        var fields: HTTPFields = [:]
        for line in lines {
            if line.isEmpty { break }
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            fields.append(String(pair[0]), String(pair[1].drop { $0 == " " }))
        }
        var target = words[1]
        // The clients end a path without parameters in a question mark.
        if target.hasSuffix("?") { target.removeLast() }
        let parsed = HTTPTarget(target)
        let isBlob = parsed.parameter("restype") == nil
        guard isBlob, words[0] == "DELETE" || parsed.parameter("comp") == "tier" else {
            throw StorageFailure(400, "InvalidInput", "A batch can only delete blobs or set their tier.")
        }
        fields["host"] = fields["host"] ?? call.field("host")
        var request = HTTPRequest(
            method: HTTPMethod(rawValue: words[0]), target: parsed, fields: fields, body: .bytes([]),
            id: call.request.id)
        request.connection = call.request.connection
        return (id, request)
    }
}
