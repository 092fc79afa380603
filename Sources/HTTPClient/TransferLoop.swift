import CCurl
import Glibc
import Synchronization

/// The thread that owns libcurl's multi handle. Others leave commands in its inbox and wake it.
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

    // Touched by the thread alone, except for curl_multi_wakeup, which the library allows from anywhere.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?
    private let inbox = Mutex(Inbox())

    init(maximumConnections: Int) {
        curl_global_init(Int(CURL_GLOBAL_ALL))
        multi = curl_multi_init()
        if let multi { apus_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maximumConnections) }
    }

    func start(_ transfer: Transfer) { post(.start(transfer)) }
    func unpause(_ transfer: Transfer) { post(.unpause(transfer)) }
    func cancel(_ transfer: Transfer) { post(.cancel(transfer)) }

    private func post(_ command: Command) {
        let needsThread = inbox.withLock { inbox in
            inbox.commands.append(command)
            defer { inbox.hasThread = true }
            return !inbox.hasThread
        }
        if needsThread { startThread() }
        if let multi { curl_multi_wakeup(multi) }
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
        // A running transfer is kept alive here, so that the library's pointer to it stays valid.
        var running: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let commands = inbox.withLock { inbox in
                defer { inbox.commands = [] }
                return inbox.commands
            }
            for command in commands { carryOut(command, multi, &running) }
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
                let code = apus_curl_message_result(message)
                curl_multi_remove_handle(multi, easy)
                guard let transfer = running.removeValue(forKey: easy) else { continue }
                transfer.complete(code == CURLE_OK ? .success(()) : .failure(Self.error(code, transfer)))
            }
            removeOverdue(multi, &running)
            curl_multi_poll(multi, nil, 0, running.isEmpty ? 60_000 : Self.tickMilliseconds, nil)
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

private let loopThread: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    if let context { Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().run() }
    return nil
}
