import CTLS
import EventLoop
import Glibc

/// A certificate and its key, ready for connections.
final class TLSContext: Sendable {
    // Used on the network's thread alone once it is made.
    fileprivate nonisolated(unsafe) let context: OpaquePointer

    /// Returns `nil` when the two, both PEM, cannot be used or do not belong together.
    init?(_ identity: HTTPServer.TLSIdentity) {
        var (certificate, key) = (identity.certificate, identity.key)
        let made = certificate.withUTF8 { certificate in
            key.withUTF8 { key -> OpaquePointer? in
                guard let certificateStart = certificate.baseAddress, let keyStart = key.baseAddress else { return nil }
                return apus_tls_context_make(certificateStart, certificate.count, keyStart, key.count)
            }
        }
        guard let made else { return nil }
        context = made
    }

    deinit { apus_tls_context_free(context) }
}

/// TLS over one connection.
@NetworkActor
final class TLSLayer: SocketLayer {
    // Freed when the socket is closed, which happens on the network's thread.
    private nonisolated(unsafe) let session: OpaquePointer

    /// Returns `nil` when there is no memory.
    init?(_ tls: TLSContext, _ descriptor: Int32) {
        guard let made = apus_tls_session_make(tls.context, descriptor) else { return nil }
        session = made
    }

    deinit { apus_tls_session_free(session) }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let start = buffer.baseAddress else { return -Int(EAGAIN) }
        return apus_tls_receive(session, start, buffer.count)
    }

    func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        apus_tls_send(session, first.baseAddress, first.count, second.baseAddress, second.count)
    }

    func endWriting() { apus_tls_end(session) }
}
