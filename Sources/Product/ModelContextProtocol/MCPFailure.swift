import HTTPMessages
public import JSONCoding

/// An error of the protocol: the request cannot be carried out as it was sent. What a tool could not do is no such error.
public struct MCPFailure: Error, Sendable, Equatable {
    /// Which, by JSON-RPC 2.0, section 5.1, and by the protocol's own.
    public enum Code: Int64, Sendable {
        case parseError = -32700
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParameters = -32602
        case internalError = -32603
        /// The header fields say something else than the body.
        case headerMismatch = -32020
        case unsupportedVersion = -32022
    }

    public let code: Code
    public let message: String
    let data: JSONValue

    /// Describes an error.
    public init(_ code: Code, _ message: String, data: JSONValue = .null) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// The wire form.
    var json: JSONValue {
        var object: JSONObject = ["code": .int(code.rawValue), "message": .string(message)]
        if !data.isNull { object["data"] = data }
        return .object(object)
    }

    /// The status that goes with it where each request stands by itself (revision 2026-07-28, "Streamable HTTP").
    var status: HTTPStatus {
        switch code {
        case .parseError, .invalidRequest, .invalidParameters, .headerMismatch, .unsupportedVersion: .badRequest
        case .methodNotFound: .notFound
        case .internalError: .ok
        }
    }
}
