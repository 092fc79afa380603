import Digests
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// The header fields of resumable uploads (https://tus.io/protocols/resumable-upload, version 1.0.0).
enum ResumableProtocol {
    static let version = "1.0.0"
    static let extensions =
        "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation"
    /// Of the body of a request that brings bytes.
    static let contentType = "application/offset+octet-stream"

    /// - Throws: `Problem` 412 when a request is not of this version.
    static func requireVersion(_ request: HTTPRequest) throws {
        let given = request.fields["tus-resumable"]
        guard given != version else { return }
        let detail =
            given == nil
            ? "The header Tus-Resumable is missing. Send Tus-Resumable: \(version)."
            : "The header Tus-Resumable names a version that is not spoken here. Send Tus-Resumable: \(version)."
        throw Problem(
            .preconditionFailed, detail,
            fields: [FieldProblem(field: "Tus-Resumable", detail: "Must be \(version).")],
            headers: ["Tus-Version": version])
    }

    /// Whether a request brings bytes.
    ///
    /// - Throws: `Problem` 415 where its body is something else.
    static func bringsBytes(_ request: HTTPRequest) throws -> Bool {
        if isContentType(request) { return true }
        guard length(of: request) ?? 1 > 0, request.fields["content-length"] != nil || isChunked(request) else {
            return false
        }
        throw wrongType
    }

    /// - Throws: `Problem` 415 when a request does not say that it brings bytes.
    static func requireContentType(_ request: HTTPRequest) throws {
        guard isContentType(request) else { throw wrongType }
    }

    private static func isContentType(_ request: HTTPRequest) -> Bool {
        request.fields["content-type"].map { equalIgnoringCase($0, contentType) } ?? false
    }

    private static func isChunked(_ request: HTTPRequest) -> Bool { request.fields["transfer-encoding"] != nil }

    private static var wrongType: Problem {
        Problem(
            .unsupportedMediaType, "Bytes of an upload are sent with Content-Type: \(contentType).",
            fields: [FieldProblem(field: "Content-Type", detail: "Must be \(contentType).")])
    }

    /// Bytes of a request's body, where it says so.
    static func length(of request: HTTPRequest) -> Int? { request.fields["content-length"].flatMap { Int($0) } }

    /// A field that has a number of bytes; `nil` when it is not there.
    ///
    /// - Throws: `InvalidFields`.
    static func bytes(_ name: String, _ request: HTTPRequest) throws -> Int? {
        guard let text = request.fields[name] else { return nil }
        // More digits than any file has; a sign or a space is none.
        guard text.utf8.count <= 15, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text) else {
            throw InvalidFields(field: name, detail: "Must be a number of bytes, in digits alone.")
        }
        return number
    }

    /// The value of `Upload-Expires`.
    static func date(_ seconds: Int) -> String { Timestamp.httpDate(seconds: Int64(seconds)) }
}
