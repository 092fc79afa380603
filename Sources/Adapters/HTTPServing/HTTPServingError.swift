/// What can go wrong while a message is on its way.
public enum HTTPServingError: Error, Sendable {
    /// The peer closed the connection before the message was complete.
    case peerGone
    /// The response's own source failed, or had another length than was said, so the message was cut.
    case sourceFailed
    /// The request's body was read after the response had been returned.
    case bodyDiscarded
    /// Another task reads the request's body already.
    case bodyIsBeingRead
}
