/// A response status (RFC 9110, section 15).
public struct HTTPStatus: RawRepresentable, Hashable, Sendable {
    /// The three-digit code.
    public let rawValue: Int

    /// Wraps a status code as received.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Whether the code is 2xx.
    public var isSuccess: Bool { (200..<300).contains(rawValue) }

    /// The standard phrase, as used for the title of a problem.
    public var phrase: String { Self.phrases[rawValue] ?? "Status \(rawValue)" }

    /// No status at all: a server that is given this closes the connection without an answer.
    public static let noAnswer = HTTPStatus(rawValue: 0)
    public static let ok = HTTPStatus(rawValue: 200)
    public static let created = HTTPStatus(rawValue: 201)
    public static let accepted = HTTPStatus(rawValue: 202)
    public static let noContent = HTTPStatus(rawValue: 204)
    public static let partialContent = HTTPStatus(rawValue: 206)
    public static let seeOther = HTTPStatus(rawValue: 303)
    public static let notModified = HTTPStatus(rawValue: 304)
    public static let badRequest = HTTPStatus(rawValue: 400)
    public static let unauthorized = HTTPStatus(rawValue: 401)
    public static let paymentRequired = HTTPStatus(rawValue: 402)
    public static let forbidden = HTTPStatus(rawValue: 403)
    public static let notFound = HTTPStatus(rawValue: 404)
    public static let methodNotAllowed = HTTPStatus(rawValue: 405)
    public static let notAcceptable = HTTPStatus(rawValue: 406)
    public static let requestTimeout = HTTPStatus(rawValue: 408)
    public static let conflict = HTTPStatus(rawValue: 409)
    public static let gone = HTTPStatus(rawValue: 410)
    public static let preconditionFailed = HTTPStatus(rawValue: 412)
    public static let contentTooLarge = HTTPStatus(rawValue: 413)
    public static let unsupportedMediaType = HTTPStatus(rawValue: 415)
    public static let rangeNotSatisfiable = HTTPStatus(rawValue: 416)
    public static let unprocessableContent = HTTPStatus(rawValue: 422)
    public static let locked = HTTPStatus(rawValue: 423)
    public static let tooManyRequests = HTTPStatus(rawValue: 429)
    /// Of resumable uploads (tus 1.0.0, "Checksum"): what came is not what was sent.
    public static let checksumMismatch = HTTPStatus(rawValue: 460)
    /// No status of the standard: how requests are counted whose answer nobody waits for any more.
    public static let callerLeft = HTTPStatus(rawValue: 499)
    public static let internalServerError = HTTPStatus(rawValue: 500)
    public static let notImplemented = HTTPStatus(rawValue: 501)
    public static let badGateway = HTTPStatus(rawValue: 502)
    public static let serviceUnavailable = HTTPStatus(rawValue: 503)
    public static let gatewayTimeout = HTTPStatus(rawValue: 504)
    public static let insufficientStorage = HTTPStatus(rawValue: 507)

    private static let phrases: [Int: String] = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No content", 206: "Partial content", 304: "Not modified",
        400: "Bad request", 401: "Unauthorized", 402: "Payment required", 403: "Forbidden", 404: "Not found",
        405: "Method not allowed", 406: "Not acceptable",
        408: "Request timeout", 409: "Conflict", 410: "Gone", 412: "Precondition failed", 413: "Content too large",
        414: "URI too long", 415: "Unsupported media type", 416: "Range not satisfiable",
        422: "Unprocessable content", 423: "Locked", 429: "Too many requests", 431: "Request header fields too large",
        460: "Checksum mismatch", 499: "Caller has left",
        500: "Internal server error", 501: "Not implemented", 502: "Bad gateway", 503: "Service unavailable",
        504: "Gateway timeout", 507: "Insufficient storage",
    ]
}
