import CLinux
import CMicrohttpd
import Glibc
import HTTPMessages
import Synchronization

// The library's callbacks. Each recovers its object, calls one method and returns. An exchange is retained in
// the first callback of a request and released in the last.

let targetCallback: apus_mhd_target_callback = { _, target, connection in
    let exchange = Exchange(target: String(cString: target), connection: connection)
    return Unmanaged.passRetained(exchange).toOpaque()
}

let accessCallback: MHD_AccessHandlerCallback = {
    context, connection, _, method, _, upload, uploadSize, slot in
    guard let context, let connection, let slot, let held = slot.pointee, let uploadSize, let method else {
        return .NO
    }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = Unmanaged<Exchange>.fromOpaque(held).takeUnretainedValue()
    if !exchange.hasBegun.exchange(true, ordering: .relaxed) {
        let fields = receivedFields(connection)
        guard
            let refusal = core.begin(
                exchange, method: HTTPMethod(rawValue: String(cString: method)), fields: fields,
                connection: description(of: connection))
        else { return .YES }
        exchange.noteRefusal()
        return queue(refusal, on: connection, exchange: exchange, closes: true)
    }
    if uploadSize.pointee > 0 {
        let bytes = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
        guard let taken = exchange.receive(bytes, discardLimit: core.discardLimit) else { return .NO }
        uploadSize.pointee -= taken
        return .YES
    }
    switch exchange.finishUpload() {
    case .send(let response): return queue(response, on: connection, exchange: exchange, closes: false)
    case .wait: return .YES
    case .cut: return .NO
    }
}

let completedCallback: MHD_RequestCompletedCallback = { context, _, slot, _ in
    guard let context, let held = slot?.pointee else { return }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    core.end(Unmanaged<Exchange>.fromOpaque(held).takeRetainedValue())
    slot?.pointee = nil
}

let splitterCallback: apus_splitter_callback = { context, socket, encrypted in
    guard let context else { return }
    let daemons = Unmanaged<Daemons>.fromOpaque(context).takeUnretainedValue()
    _ = apus_mhd_add_connection(encrypted == 1 ? daemons.main : daemons.plain ?? daemons.main, socket)
}

private let readerCallback: MHD_ContentReaderCallback = { context, _, buffer, maximum in
    guard let context, let buffer else { return -2 }
    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    return exchange.fill(UnsafeMutableRawBufferPointer(start: buffer, count: maximum))
}

private let readerFreeCallback: MHD_ContentReaderFreeCallback = { context in
    guard let context else { return }
    Unmanaged<Exchange>.fromOpaque(context).release()
}

private let fieldCallback: MHD_KeyValueIteratorN = { context, _, name, nameSize, value, valueSize in
    guard let context, let name else { return .NO }
    let list = context.assumingMemoryBound(to: HTTPFields.self)
    let nameBytes = UnsafeRawBufferPointer(start: name, count: nameSize)
    let valueBytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
    list.pointee.appendReceived(
        String(decoding: nameBytes, as: UTF8.self),
        // Bytes that are not UTF-8 are read as Latin-1, as field values were first defined.
        String(validating: valueBytes, as: UTF8.self) ?? String(valueBytes.map { Character(Unicode.Scalar($0)) }))
    return .YES
}

private func receivedFields(_ connection: OpaquePointer) -> HTTPFields {
    var fields = HTTPFields()
    withUnsafeMutablePointer(to: &fields) {
        _ = MHD_get_connection_values_n(connection, .HEADER_KIND, fieldCallback, $0)
    }
    return fields
}

private func description(of connection: OpaquePointer) -> HTTPRequest.Connection {
    let peer = apus_mhd_peer_address(connection)
    let parts = [24, 16, 8, 0].map { String(peer >> UInt32($0) & 0xFF) }
    return HTTPRequest.Connection(
        isEncrypted: apus_mhd_is_encrypted(connection) == 1, peer: peer == 0 ? "" : parts.joined(separator: "."))
}

private func queue(
    _ response: HTTPResponse, on connection: OpaquePointer, exchange: Exchange, closes: Bool
) -> MHD_Result {
    // The library closes the connection then.
    guard response.status != .noAnswer else { return .NO }
    let made: OpaquePointer?
    switch response.body {
    case .bytes(let bytes):
        made = bytes.withUnsafeBytes {
            MHD_create_response_from_buffer(
                $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), MHD_ResponseMemoryMode.RESPMEM_MUST_COPY)
        }
    case .stream(let length, _):
        let size = length.map { UInt64($0) } ?? UInt64.max
        // The block is for bodies of known length; a chunked one is written where it is sent from.
        made = MHD_create_response_from_callback(
            size, length == nil ? 1024 : 32 * 1024, readerCallback, Unmanaged.passRetained(exchange).toOpaque(),
            readerFreeCallback)
    case .file(let slice):
        // The library closes the descriptor that it is given.
        let own = dup(slice.descriptor)
        guard own >= 0 else { return .NO }
        made = MHD_create_response_from_fd_at_offset64(
            UInt64(slice.range.count), own, UInt64(slice.range.lowerBound))
    }
    guard let made else { return .NO }
    defer { MHD_destroy_response(made) }
    for field in response.fields.all {
        // The library computes these itself.
        if equalIgnoringCase(field.name, "content-length") || equalIgnoringCase(field.name, "transfer-encoding") {
            continue
        }
        MHD_add_response_header(made, field.name, field.value)
    }
    if closes { MHD_add_response_header(made, "Connection", "close") }
    return MHD_queue_response(connection, UInt32(response.status.rawValue), made)
}
