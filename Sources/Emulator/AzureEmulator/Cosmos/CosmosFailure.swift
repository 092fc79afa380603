import CosmosQuery
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Telemetry

/// An error as Cosmos DB words it.
struct CosmosFailure: Error {
    let status: HTTPStatus
    let code: String
    let message: String
    var subStatus: Int?
    var fields: HTTPFields = [:]

    init(_ status: Int, _ code: String, _ message: String, subStatus: Int? = nil) {
        self.status = HTTPStatus(rawValue: status)
        self.code = code
        self.message = message
        self.subStatus = subStatus
    }

    static func bad(_ message: String, subStatus: Int? = nil) -> CosmosFailure {
        CosmosFailure(400, "BadRequest", message, subStatus: subStatus)
    }

    static let missing = CosmosFailure(404, "NotFound", "Entity with the specified id does not exist in the system.")
    static let parentMissing = CosmosFailure(
        404, "NotFound", "The owner resource (database or container) does not exist.", subStatus: 1003)
    static let exists = CosmosFailure(409, "Conflict", "Entity with the specified id already exists in the system.")
    static let preconditionFailed = CosmosFailure(
        412, "PreconditionFailed", "Operation cannot be performed because one of the specified precondition is not met."
    )
    static let tooLarge = CosmosFailure(413, "RequestEntityTooLarge", "The request or item is larger than 2 MB.")
    static let unsupported = CosmosFailure(
        501, "NotImplemented",
        "This emulator does not support the requested operation; see docs/parts/azure-emulator.md.")

    /// Any error in the service's words.
    init(_ error: any Error) {
        switch error {
        case let failure as CosmosFailure: self = failure
        case let error as QueryError: self = Self.syntax(error)
        case let error as JSONSyntaxError: self = .bad("The body is not JSON: \(error).")
        case is HTTPBodyTooLarge: self = .tooLarge
        default:
            Log(label: "azure-emulator").error("cosmos request failed", ["error": String(reflecting: error)])
            self.init(500, "InternalServerError", "The server's log has the reason.")
        }
    }

    private static func syntax(_ error: QueryError) -> CosmosFailure {
        var entry: JSONObject = ["severity": "Error"]
        if let location = error.location {
            entry["location"] = ["start": .int(Int64(location.lowerBound)), "end": .int(Int64(location.upperBound))]
        }
        entry["code"] = .string(error.code)
        entry["message"] = .string(error.message)
        return .bad("Message: " + JSONValue.object(["errors": .array([.object(entry)])]).text)
    }

    func response(activity: String) -> HTTPResponse {
        var response = HTTPResponse(
            status, json: ["code": .string(code), "message": .string("\(message)\r\nActivityId: \(activity)")])
        if status == .notModified { response = HTTPResponse(status) }
        response.fields["x-ms-substatus"] = subStatus.map(String.init)
        for field in fields.all { response.fields[field.name] = field.value }
        return response
    }
}
