import Digests
import HTTPMessages
import Markup
import Telemetry

/// An error as the storage services word it.
struct StorageFailure: Error {
    let status: HTTPStatus
    let code: String
    let message: String
    var detail: String?

    init(_ status: Int, _ code: String, _ message: String, detail: String? = nil) {
        self.status = HTTPStatus(rawValue: status)
        self.code = code
        self.message = message
        self.detail = detail
    }

    func response(requestID: String) -> HTTPResponse {
        var body =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code><Message>\(XMLText.escape(message))"
        body += "\nRequestId:\(requestID)\nTime:\(Timestamp.now())</Message>"
        if let detail { body += "<AuthenticationErrorDetail>\(XMLText.escape(detail))</AuthenticationErrorDetail>" }
        body += "</Error>"
        let fields: HTTPFields = ["Content-Type": "application/xml", "x-ms-error-code": code]
        return HTTPResponse(status, fields: fields, body: .bytes(status == .notModified ? [] : body.bytes))
    }
}

/// What both storage services do with a request before and after their own work.
struct StorageFrontEnd: Sendable {
    /// A request whose signature is right, with the account taken off its path.
    struct Call: Sendable {
        let request: HTTPRequest
        let account: String
        /// Path segments after the account, decoded.
        let segments: [String]
        let contentLength: Int

        var resource: String? { request.target.parameter("restype") }
        var component: String? { request.target.parameter("comp") }
        func parameter(_ name: String) -> String? { request.target.parameter(name) }
        func field(_ name: String) -> String? { request.fields[name] }
    }

    let accounts: [String: [SharedKeyVerifier]]

    /// Checks version, date and signature; answers errors in the services' form.
    func handle(_ request: HTTPRequest, _ work: (Call) async throws -> HTTPResponse) async -> HTTPResponse {
        let requestID = UUIDv7.random()
        var response: HTTPResponse
        do {
            response = try await work(try check(request))
        } catch let failure as StorageFailure {
            response = failure.response(requestID: requestID)
        } catch is HTTPBodyTooLarge {
            response = StorageFailure(413, "RequestBodyTooLarge", "The request body is too large.").response(
                requestID: requestID)
        } catch {
            Log(label: "azure-emulator").error("storage request failed", ["error": String(reflecting: error)])
            response = StorageFailure(500, "InternalError", "The server's log has the reason.").response(
                requestID: requestID)
        }
        response.fields["x-ms-request-id"] = requestID
        response.fields["x-ms-version"] = request.fields["x-ms-version"] ?? "2021-12-02"
        if let id = request.fields["x-ms-client-request-id"], id.utf8.count <= 1024 {
            response.fields["x-ms-client-request-id"] = id
        }
        return response
    }

    private func check(_ request: HTTPRequest) throws(StorageFailure) -> Call {
        guard let all = request.target.segments, let account = all.first else {
            throw StorageFailure(400, "InvalidUri", "The path has to begin with the account's name.")
        }
        if let version = request.fields["x-ms-version"], version.split(separator: "-").count != 3 {
            throw StorageFailure(400, "InvalidHeaderValue", "The value of x-ms-version is not a date.")
        }
        guard let verifiers = accounts[account] else {
            throw StorageFailure(403, "AuthenticationFailed", "There is no account of that name here.")
        }
        guard let given = request.fields["authorization"] else {
            throw StorageFailure(401, "NoAuthenticationInformation", "The request has no Authorization field.")
        }
        guard let dateText = request.fields["x-ms-date"] ?? request.fields["date"],
            let date = Timestamp.seconds(httpDate: dateText), abs(date - Timestamp.nowMilliseconds() / 1000) <= 900
        else { throw StorageFailure(403, "AuthenticationFailed", "The date is missing or more than 15 minutes off.") }
        let length = request.fields["content-length"].flatMap { Int($0) } ?? 0
        if let signed = SharedKeyVerifier.mismatch(verifiers, given, request, contentLength: length) {
            throw StorageFailure(
                403, "AuthenticationFailed", "The signature does not match.", detail: "The server signed: '\(signed)'")
        }
        return Call(request: request, account: account, segments: Array(all.dropFirst()), contentLength: length)
    }
}
