import HTTPMessages
import Markup
import Telemetry

/// An error as the storage services word it.
struct StorageFailure: Error {
    let status: HTTPStatus
    let code: String
    let message: String
    /// Further elements of the error's document, by name.
    var details: [(name: String, text: String)] = []
    /// Further fields of the answer.
    var fields: HTTPFields = [:]

    init(_ status: Int, _ code: String, _ message: String, details: [(name: String, text: String)] = []) {
        self.status = HTTPStatus(rawValue: status)
        self.code = code
        self.message = message
        self.details = details
    }

    /// A header whose value is not one of the possible ones.
    static func header(_ name: String, _ value: String) -> StorageFailure {
        StorageFailure(
            400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.",
            details: [("HeaderName", name), ("HeaderValue", value)])
    }

    /// A query parameter whose value is not one of the possible ones.
    static func parameter(_ name: String, _ value: String, _ reason: String) -> StorageFailure {
        StorageFailure(
            400, "InvalidQueryParameterValue",
            "Value for one of the query parameters specified in the request URI is invalid.",
            details: [("QueryParameterName", name), ("QueryParameterValue", value), ("Reason", reason)])
    }

    /// A number outside its limits.
    static func outOfRange(_ name: String, _ value: String, _ range: ClosedRange<Int>) -> StorageFailure {
        StorageFailure(
            400, "OutOfRangeQueryParameterValue",
            "One of the query parameters specified in the request URI is outside the permissible range.",
            details: [
                ("QueryParameterName", name), ("QueryParameterValue", value), ("MinimumAllowed", "\(range.lowerBound)"),
                ("MaximumAllowed", "\(range.upperBound)"),
            ])
    }

    static func missingParameter(_ name: String) -> StorageFailure {
        StorageFailure(
            400, "MissingRequiredQueryParameter",
            "A query parameter that's mandatory for this request is not specified.",
            details: [("QueryParameterName", name)])
    }

    static func missingHeader(_ name: String) -> StorageFailure {
        StorageFailure(
            400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.",
            details: [("HeaderName", name)])
    }

    static func unsupportedHeader(_ name: String) -> StorageFailure {
        StorageFailure(
            400, "UnsupportedHeader", "The header \(name) is not supported by this emulator.",
            details: [("HeaderName", name)])
    }

    /// A query parameter that the operation does not know: acting without it could be acting on something else.
    static func unsupportedParameter(_ name: String, _ value: String) -> StorageFailure {
        StorageFailure(
            501, "NotImplemented",
            "This emulator does not know the query parameter \(name.prefix(100)) of the requested operation; "
                + "see docs/parts/azure-emulator.md.",
            details: [("QueryParameterName", name), ("QueryParameterValue", value)])
    }

    static let unsupported = StorageFailure(
        501, "NotImplemented",
        "This emulator does not support the requested operation; see docs/parts/azure-emulator.md.")
    static let badXML = StorageFailure(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
    static let badInput = StorageFailure(400, "InvalidInput", "One of the request inputs is not valid.")
    static let conditionNotMet = StorageFailure(
        412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    static let notModified = StorageFailure(
        304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")

    static func authentication(_ detail: String) -> StorageFailure {
        StorageFailure(
            403, "AuthenticationFailed",
            "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
                + "including the signature.", details: [("AuthenticationErrorDetail", detail)])
    }

    func response(requestID: String) -> HTTPResponse {
        var body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code><Message>"
        body += "\(XMLText.escape(message))\nRequestId:\(requestID)\nTime:\(Timestamp.now())</Message>"
        for detail in details { body += "<\(detail.name)>\(XMLText.escape(detail.text))</\(detail.name)>" }
        body += "</Error>"
        var fields = self.fields
        fields["x-ms-error-code"] = code
        if status == .notModified { return HTTPResponse(status, fields: fields) }
        fields["Content-Type"] = "application/xml"
        return HTTPResponse(status, fields: fields, body: .bytes(body.bytes))
    }
}
