public import HTTPMessages
public import JSONCoding

/// An error as Chroma's API words it; clients choose their exception by `name`
/// (docs/reference/chroma.md, 1.2).
public struct ChromaError: Error, Sendable, CustomStringConvertible {
    public let status: HTTPStatus
    /// One of the names that Chroma's clients know.
    public let name: String
    public let message: String

    /// Makes an error.
    public init(_ status: HTTPStatus, _ name: String, _ message: String) {
        self.status = status
        self.name = name
        self.message = message
    }

    /// The caller's mistake.
    public static func invalid(_ message: String) -> ChromaError {
        ChromaError(.badRequest, "InvalidArgumentError", message)
    }

    /// A body of the wrong shape.
    public static func shape(_ path: String, _ detail: String) -> ChromaError {
        ChromaError(
            .unprocessableContent, "ChromaError",
            "Failed to deserialize the JSON body into the target type: \(path): \(detail)")
    }

    /// Something is not there.
    public static func notFound(_ message: String) -> ChromaError {
        ChromaError(.notFound, "NotFoundError", message)
    }

    /// The wire form.
    public var json: JSONValue { ["error": .string(name), "message": .string(message)] }

    public var description: String { "\(name): \(message)" }
}
