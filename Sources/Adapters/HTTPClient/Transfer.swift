import CCurl
import HTTPMessages
import Synchronization
import TaskTools

/// One request on its way: what libcurl's callbacks and our tasks share.
final class Transfer: Sendable {
    private struct State {
        var status = 0
        var fields = HTTPFields()
        var headWaiter = WaitingPlace<CheckedContinuation<(HTTPStatus, HTTPFields), any Error>>()
        var headDone = false
        /// When to give up waiting for what is waited for now.
        var deadline: ContinuousClock.Instant?

        var received: [UInt8] = []
        var isReceivePaused = false
        var reader = WaitingPlace<CheckedContinuation<[UInt8]?, any Error>>()
        var outcome: Result<Void, any Error>?

        var upload: [UInt8] = []
        var uploadCount = 0
        var uploadEnd: Bool?
        var isUploadPaused = false
        var uploader = WaitingPlace<CheckedContinuation<Void, any Error>>()
    }

    private static let highWaterMark = 256 * 1024
    private static let smallBody = 16 * 1024

    let url: String
    /// The library's handle. Only the loop's thread uses it once the transfer has started.
    nonisolated(unsafe) let easy: UnsafeMutableRawPointer
    // Both lists belong to the handle, which only reads them, and are freed with it.
    private nonisolated(unsafe) let headers: UnsafeMutablePointer<curl_slist>?
    private nonisolated(unsafe) let addresses: UnsafeMutablePointer<curl_slist>?
    private let state: Mutex<State>

    init(_ request: HTTPSession.Request) throws {
        url = request.url
        guard let easy = curl_easy_init() else {
            throw HTTPClientError(.badRequest, url: request.url, reason: "no memory")
        }
        var initial = State()
        var headers = CurlList()
        // libcurl would add these by itself; an empty value removes them.
        for line in ["Expect:", "Accept:"] + (request.fields["content-type"] == nil ? ["Content-Type:"] : []) {
            headers.append(line)
        }
        for field in request.fields.all where !equalIgnoringCase(field.name, "content-length") {
            headers.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        apus_curl_set_string(easy, CURLOPT_URL, request.url)
        apus_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        apus_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // A proxy of the environment is for the world outside, not for the parts on this machine.
        if Self.isLoopback(request.url) || request.connectsTo != nil {
            apus_curl_set_string(easy, CURLOPT_NOPROXY, "*")
        }
        apus_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        apus_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        apus_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        apus_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        apus_curl_set_long(easy, CURLOPT_BUFFERSIZE, request.receiveBufferBytes)
        apus_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 10_000)
        apus_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        if let file = request.certificateFile { apus_curl_set_string(easy, CURLOPT_CAINFO, file) }
        if request.method == .head { apus_curl_set_long(easy, CURLOPT_NOBODY, 1) }
        switch request.body {
        case .bytes(let bytes):
            guard !bytes.isEmpty || [.post, .put, .patch].contains(request.method) else { break }
            apus_curl_set_long(easy, CURLOPT_POST, 1)
            apus_curl_set_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
            if !bytes.isEmpty, bytes.count <= Self.smallBody {
                // Sent along with the head; a buffer for sending, which would live as long as the transfer, is not made.
                _ = bytes.withUnsafeBytes {
                    apus_curl_set_pointer(
                        easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
                }
            } else {
                initial.upload = bytes
                initial.uploadEnd = true
            }
        case .source:
            apus_curl_set_long(easy, CURLOPT_POST, 1)
            if let length = request.bodyLength {
                apus_curl_set_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, length)
            } else {
                headers.append("Transfer-Encoding: chunked")
            }
        }
        apus_curl_set_list(easy, CURLOPT_HTTPHEADER, headers.first)
        addresses = request.connectsTo.flatMap { endpoint in
            let address = endpoint.address.contains(":") ? "[\(endpoint.address)]" : endpoint.address
            return curl_slist_append(nil, "\(endpoint.host):\(endpoint.port):\(address)")
        }
        if addresses != nil { apus_curl_set_list(easy, CURLOPT_RESOLVE, addresses) }
        self.easy = easy
        self.headers = headers.first
        state = Mutex(initial)
        let me = Unmanaged.passUnretained(self).toOpaque()
        apus_curl_set_pointer(easy, CURLOPT_PRIVATE, me)
        apus_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        apus_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        apus_curl_set_pointer(easy, CURLOPT_READDATA, me)
        apus_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, writeCallback)
        apus_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, headerCallback)
        apus_curl_set_callback(easy, CURLOPT_READFUNCTION, readCallback)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        curl_slist_free_all(addresses)
    }

    private static func isLoopback(_ url: String) -> Bool {
        ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { url.hasPrefix($0) }
    }

    // MARK: - Called by tasks

    private var isWaitedFor: HTTPClientError {
        HTTPClientError(.cut, url: url, reason: "another task waits for the same thing")
    }

    func head(within limit: Duration, startedOn loop: TransferLoop) async throws -> (HTTPStatus, HTTPFields) {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let failure = state.withLock { state -> (any Error)? in
                    if case .failure(let error) = state.outcome { return error }
                    guard state.headWaiter.take(continuation) else { return self.isWaitedFor }
                    state.deadline = .now + limit
                    return nil
                }
                if let failure { continuation.resume(throwing: failure) } else { loop.start(self) }
            }
        } onCancel: {
            fail(CancellationError())
            loop.cancel(self)
        }
    }

    /// Whether what is waited for has taken too long; the loop asks now and then.
    func isOverdue(_ now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in state.deadline.map { $0 < now } ?? false }
    }

    /// Bytes that have arrived, empty at the end, `nil` when there are none yet.
    func takeReady(on loop: TransferLoop) throws -> [UInt8]? {
        let (result, unpauses) = state.withLock { Self.takeReady(&$0) }
        if unpauses { loop.unpause(self) }
        return try result?.get()
    }

    func nextPiece(within limit: Duration, on loop: TransferLoop) async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, unpauses) = state.withLock { state in
                    let ready = Self.takeReady(&state)
                    guard ready.0 == nil else { return ready }
                    guard state.reader.take(continuation) else { return (.failure(self.isWaitedFor), false) }
                    state.deadline = .now + limit
                    return ready
                }
                if unpauses { loop.unpause(self) }
                if let result { continuation.resume(with: result.map { $0.isEmpty ? nil : $0 }) }
            }
        } onCancel: {
            fail(CancellationError())
            loop.cancel(self)
        }
    }

    /// What a reader gets now, if anything, and whether the transfer has to be unpaused.
    private static func takeReady(_ state: inout State) -> (Result<[UInt8], any Error>?, Bool) {
        if !state.received.isEmpty {
            let bytes = state.received
            state.received = []
            let unpauses = state.isReceivePaused
            state.isReceivePaused = false
            return (.success(bytes), unpauses)
        }
        switch state.outcome {
        case .success: return (.success([]), false)
        case .failure(let error): return (.failure(error), false)
        case nil: return (nil, false)
        }
    }

    /// Offers a piece of the request's body; waits while too much is unsent.
    func offer(_ bytes: [UInt8], on loop: TransferLoop) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let (result, unpauses): (Result<Void, any Error>?, Bool) = state.withLock { state in
                if let outcome = state.outcome {
                    return (.failure((outcome.failure ?? HTTPClientError(.cut, url: url))), false)
                }
                state.upload += bytes
                let unpauses = state.isUploadPaused
                state.isUploadPaused = false
                guard state.upload.count - state.uploadCount > Self.highWaterMark else {
                    return (.success(()), unpauses)
                }
                guard state.uploader.take(continuation) else { return (.failure(self.isWaitedFor), unpauses) }
                return (nil, unpauses)
            }
            if unpauses { loop.unpause(self) }
            if let result { continuation.resume(with: result) }
        }
    }

    func endUpload(failed: Bool, on loop: TransferLoop) {
        let unpauses = state.withLock { state in
            state.uploadEnd = !failed
            let unpauses = state.isUploadPaused
            state.isUploadPaused = false
            return unpauses
        }
        if unpauses { loop.unpause(self) }
    }

    /// Ends the transfer for whoever waits; the loop removes it separately.
    func fail(_ error: any Error) { complete(.failure(error)) }

    // MARK: - Called by the loop's thread

    func complete(_ outcome: Result<Void, any Error>) {
        let (head, reader, uploader) = state.withLock { state in
            if state.outcome == nil { state.outcome = outcome }
            // A reader waits only while there is nothing to read.
            return (state.headWaiter.clear(), state.reader.clear(), state.uploader.clear())
        }
        let failure = outcome.failure ?? HTTPClientError(.cut, url: url, reason: "no response")
        head?.resume(throwing: failure)
        if let failure = outcome.failure { reader?.resume(throwing: failure) } else { reader?.resume(returning: nil) }
        uploader?.resume(throwing: failure)
    }

    fileprivate func receiveHeader(_ line: String) {
        let (waiter, head): (CheckedContinuation<(HTTPStatus, HTTPFields), any Error>?, (HTTPStatus, HTTPFields)) =
            state.withLock { state in
                if line.hasPrefix("HTTP/") {
                    let words = line.split(separator: " ")
                    state.status = words.count > 1 ? Int(words[1]) ?? 0 : 0
                    state.fields = HTTPFields()
                } else if line.isEmpty, state.status >= 200, !state.headDone {
                    state.headDone = true
                    let waiter = state.headWaiter.clear()
                    state.deadline = nil
                    return (waiter, (HTTPStatus(rawValue: state.status), state.fields))
                } else if !state.headDone, let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) {
                    let value = line[line.utf8.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                    state.fields.append(String(line[..<colon]), String(value))
                }
                return (nil, (HTTPStatus(rawValue: 0), HTTPFields()))
            }
        waiter?.resume(returning: head)
    }

    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        let (count, reader): (Int, CheckedContinuation<[UInt8]?, any Error>?) = state.withLock { state in
            if let reader = state.reader.clear() {
                state.deadline = nil
                return (bytes.count, reader)
            }
            if state.received.count >= Self.highWaterMark {
                state.isReceivePaused = true
                return (Int(CURL_WRITEFUNC_PAUSE), nil)
            }
            state.received += bytes
            return (bytes.count, nil)
        }
        reader?.resume(returning: Array(bytes))
        return count
    }

    fileprivate func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (count, uploader): (Int, CheckedContinuation<Void, any Error>?) = state.withLock { state in
            let available = state.upload.count - state.uploadCount
            if available == 0 {
                switch state.uploadEnd {
                case true: return (0, nil)
                case false: return (Int(CURL_READFUNC_ABORT), nil)
                case nil:
                    state.isUploadPaused = true
                    return (Int(CURL_READFUNC_PAUSE), nil)
                }
            }
            let count = min(available, buffer.count)
            state.upload.withUnsafeBytes {
                buffer.copyMemory(from: .init(rebasing: $0[state.uploadCount..<state.uploadCount + count]))
            }
            state.uploadCount += count
            if state.uploadCount == state.upload.count {
                state.upload.removeAll(keepingCapacity: state.uploadEnd == nil)
                state.uploadCount = 0
            }
            guard state.upload.count - state.uploadCount < Self.highWaterMark / 2 else { return (count, nil) }
            return (count, state.uploader.clear())
        }
        uploader?.resume()
        return count
    }
}

extension Result where Success == Void, Failure == any Error {
    fileprivate var failure: (any Error)? { if case .failure(let error) = self { error } else { nil } }
}

private let writeCallback: apus_curl_data_callback = { data, size, count, context in
    guard let data, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.receive(UnsafeRawBufferPointer(start: data, count: size * count))
}

private let headerCallback: apus_curl_data_callback = { data, size, count, context in
    guard let data, let context else { return 0 }
    var line = UnsafeRawBufferPointer(start: data, count: size * count)
    while let last = line.last, last == 10 || last == 13 { line = .init(rebasing: line.dropLast()) }
    let text = String(validating: line, as: UTF8.self) ?? String(line.map { Character(Unicode.Scalar($0)) })
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receiveHeader(text)
    return size * count
}

private let readCallback: apus_curl_data_callback = { data, size, count, context in
    guard let data, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.fill(UnsafeMutableRawBufferPointer(start: data, count: size * count))
}
