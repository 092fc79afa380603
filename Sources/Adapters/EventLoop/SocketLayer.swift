/// What lies between a socket and the bytes that are read from it and written to it, such as TLS.
///
/// Counts are as the system's calls have them: bytes, 0 for the end of the stream, or a negated error number; `-EAGAIN`
/// until the socket can be read or written again.
@NetworkActor
public protocol SocketLayer: AnyObject {
    /// Receives into the buffer.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// Sends both parts, one behind the other. After `-EAGAIN` the same bytes are offered again.
    func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int
    /// Tells the peer that nothing more will come, as far as that goes without waiting.
    func endWriting()
}
