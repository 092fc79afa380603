import CCurl
import CLinux
import Glibc
import Synchronization

/// The thread that owns libcurl's multi handle and waits for its sockets (epoll), so that each event costs the same however
/// many transfers there are. Others leave commands in its inbox and wake it.
final class TransferLoop: Sendable {
    private enum Command {
        case start(Transfer)
        case unpause(Transfer)
        case cancel(Transfer)
    }

    private struct Inbox {
        var commands: [Command] = []
        var hasThread = false
    }

    // Touched by the thread alone, or before it starts.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?
    fileprivate let poller = apus_poller_open()
    private let wake: Int32
    private let inbox = Mutex(Inbox())

    init(maximumConnections: Int) {
        curl_global_init(Int(CURL_GLOBAL_ALL))
        multi = curl_multi_init()
        wake = apus_poller_add_wake(poller)
        if let multi { apus_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maximumConnections) }
    }

    func start(_ transfer: Transfer) { post(.start(transfer)) }
    func unpause(_ transfer: Transfer) { post(.unpause(transfer)) }
    func cancel(_ transfer: Transfer) { post(.cancel(transfer)) }

    private func post(_ command: Command) {
        let (needsThread, isFirst) = inbox.withLock { inbox in
            inbox.commands.append(command)
            defer { inbox.hasThread = true }
            return (!inbox.hasThread, inbox.commands.count == 1)
        }
        if needsThread { startThread() }
        // Whoever finds commands in the inbox knows that the thread was woken for them.
        if isFirst { apus_poller_wake(wake) }
    }

    private func startThread() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        // The thread keeps the loop alive for good: a client lives as long as its program.
        pthread_create(&thread, &attributes, loopThread, Unmanaged.passRetained(self).toOpaque())
        pthread_attr_destroy(&attributes)
    }

    fileprivate func run() {
        guard let multi else { return }
        var timer = LibraryTimer()
        // A running transfer is kept alive here, so that the library's pointer to it stays valid.
        var running: [UnsafeMutableRawPointer: Transfer] = [:]
        var events = [apus_socket_event](repeating: apus_socket_event(), count: 256)
        withUnsafeMutablePointer(to: &timer) { timer in
            timer.pointee.poller = poller
            apus_curl_multi_set_callbacks(multi, socketCallback, timerCallback, timer)
            var nextCheck = ContinuousClock.now
            while true {
                let commands = inbox.withLock { inbox in
                    defer { inbox.commands = [] }
                    return inbox.commands
                }
                for command in commands { carryOut(command, multi, &running) }
                var left: Int32 = 0
                if timer.pointee.takeIfDue() { curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &left) }
                complete(multi, &running)
                if !running.isEmpty, ContinuousClock.now >= nextCheck {
                    removeOverdue(multi, &running)
                    nextCheck = .now + .milliseconds(Self.tickMilliseconds)
                }
                let wait = timer.pointee.milliseconds(atMost: running.isEmpty ? 60_000 : Self.tickMilliseconds)
                let count = apus_poller_wait_wanted(poller, wake, &events, Int32(events.count), wait)
                for index in 0..<Int(max(count, 0)) {
                    let event = events[index]
                    var mask: Int32 = event.readable != 0 ? CURL_CSELECT_IN : 0
                    if event.writable != 0 { mask |= CURL_CSELECT_OUT }
                    // Without either, the socket is broken; the library finds out by itself.
                    if mask == 0 { mask = CURL_CSELECT_ERR }
                    curl_multi_socket_action(multi, event.socket, mask, &left)
                }
                complete(multi, &running)
            }
        }
    }

    private func complete(
        _ multi: UnsafeMutableRawPointer, _ running: inout [UnsafeMutableRawPointer: Transfer]
    ) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = apus_curl_message_result(message)
            curl_multi_remove_handle(multi, easy)
            guard let transfer = running.removeValue(forKey: easy) else { continue }
            transfer.complete(code == CURLE_OK ? .success(()) : .failure(Self.error(code, transfer)))
        }
    }

    /// Deadlines are kept to the tick; a timer for each request would cost more than the request.
    private static let tickMilliseconds: Int32 = 100

    private func removeOverdue(_ multi: UnsafeMutableRawPointer, _ running: inout [UnsafeMutableRawPointer: Transfer]) {
        let now = ContinuousClock.now
        for (easy, transfer) in running where transfer.isOverdue(now) {
            curl_multi_remove_handle(multi, easy)
            running[easy] = nil
            transfer.complete(.failure(HTTPClientError(.timeout, url: transfer.url)))
        }
    }

    private func carryOut(
        _ command: Command, _ multi: UnsafeMutableRawPointer, _ running: inout [UnsafeMutableRawPointer: Transfer]
    ) {
        switch command {
        case .start(let transfer):
            running[transfer.easy] = transfer
            if curl_multi_add_handle(multi, transfer.easy) != CURLM_OK {
                running[transfer.easy] = nil
                transfer.fail(HTTPClientError(.badRequest, url: transfer.url, reason: "libcurl refused the handle"))
            }
        case .unpause(let transfer):
            guard running[transfer.easy] != nil else { return }
            curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
        case .cancel(let transfer):
            guard running.removeValue(forKey: transfer.easy) != nil else { return }
            curl_multi_remove_handle(multi, transfer.easy)
            transfer.fail(CancellationError())
        }
    }

    private static func error(_ code: CURLcode, _ transfer: Transfer) -> HTTPClientError {
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION:
            return HTTPClientError(.connection, url: transfer.url, reason: reason)
        case CURLE_OPERATION_TIMEDOUT: return HTTPClientError(.timeout, url: transfer.url)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return HTTPClientError(.badRequest, url: transfer.url, reason: reason)
        default: return HTTPClientError(.cut, url: transfer.url, reason: reason)
        }
    }
}

/// The one timer that the library asks for, and the poller that its callbacks need.
private struct LibraryTimer {
    var poller: Int32 = -1
    var due: ContinuousClock.Instant?

    mutating func takeIfDue() -> Bool {
        guard let due, due <= .now else { return false }
        self.due = nil
        return true
    }

    func milliseconds(atMost limit: Int32) -> Int32 {
        guard let due else { return limit }
        let left = (due - .now).components
        // Rounded up, or the last fraction of a millisecond would be spent turning.
        let milliseconds = left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: max(0, min(milliseconds, Int64(limit))))
    }
}

private let socketCallback: apus_curl_socket_callback = { _, socket, what, context, _ in
    guard let timer = context?.assumingMemoryBound(to: LibraryTimer.self) else { return 0 }
    let reads = what == CURL_POLL_IN || what == CURL_POLL_INOUT
    let writes = what == CURL_POLL_OUT || what == CURL_POLL_INOUT
    apus_poller_want(timer.pointee.poller, socket, reads ? 1 : 0, writes ? 1 : 0)
    return 0
}

private let timerCallback: apus_curl_timer_callback = { _, milliseconds, context in
    guard let timer = context?.assumingMemoryBound(to: LibraryTimer.self) else { return 0 }
    timer.pointee.due = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    return 0
}

private let loopThread: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    if let context { Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().run() }
    return nil
}
