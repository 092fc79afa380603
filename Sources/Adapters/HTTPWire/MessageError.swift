public import HTTPMessages

/// What is wrong with a message on the wire.
public enum MessageError: Error, Sendable, Equatable, CustomStringConvertible {
    case malformed(String)
    case startLineTooLong
    case headTooLarge(Int)
    case tooManyFields(Int)
    /// The connection ended inside the message.
    case truncated
    /// The peer took longer than it may.
    case tooSlow

    /// The answer to a caller whose request it is.
    public var status: HTTPStatus {
        switch self {
        case .malformed, .truncated: .badRequest
        case .startLineTooLong: HTTPStatus(rawValue: 414)
        case .headTooLarge, .tooManyFields: HTTPStatus(rawValue: 431)
        case .tooSlow: .requestTimeout
        }
    }

    public var description: String {
        switch self {
        case .malformed(let detail): "the message is malformed: \(detail)"
        case .startLineTooLong: "the first line is too long"
        case .headTooLarge(let limit): "the header section is larger than \(limit) bytes"
        case .tooManyFields(let limit): "there are more than \(limit) header fields"
        case .truncated: "the connection ended inside the message"
        case .tooSlow: "the message did not come in the time allowed"
        }
    }
}
