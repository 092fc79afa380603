import EventLoop
import HTTPMessages
import HTTPWire
import Problems
import Synchronization

/// The request's body as handlers read it, off the network's thread. It can be read until the response is returned.
final class RequestUpload: HTTPBodySource {
    private enum Step {
        case give([UInt8]?)
        case fail(HTTPServingError)
        case read
    }

    private struct State {
        /// The whole body, where it came with the head.
        var whole: [UInt8]?
        var isOver = false
        var isBeingRead = false
    }

    private let body: IncomingBody
    private let state: Mutex<State>

    @NetworkActor
    init(_ body: IncomingBody) {
        self.body = body
        state = Mutex(State(whole: body.takeReceived()))
    }

    /// From now on nothing more can be read, and whoever reads fails.
    @NetworkActor
    func end() {
        state.withLock { $0.isOver = true }
        body.letGo()
    }

    func next() async throws -> [UInt8]? {
        let step = state.withLock { state -> Step in
            if state.isOver { return .fail(.bodyDiscarded) }
            if let whole = state.whole {
                state.whole = []
                return .give(whole.isEmpty ? nil : whole)
            }
            guard !state.isBeingRead else { return .fail(.bodyIsBeingRead) }
            state.isBeingRead = true
            return .read
        }
        switch step {
        case .give(let piece): return piece
        case .fail(let error):
            assert(error != .bodyIsBeingRead, "two tasks read one body")
            throw error
        case .read: break
        }
        defer { state.withLock { $0.isBeingRead = false } }
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            do {
                return try await body.next()
            } catch SocketError.displaced {
                try Task.checkCancellation()
                throw HTTPServingError.bodyDiscarded
            } catch SocketError.timedOut {
                throw MessageError.tooSlow.problem
            } catch is SocketError {
                throw HTTPServingError.peerGone
            } catch let error as MessageError {
                // The caller's mistake, not the handler's.
                throw error.problem
            }
        } onCancel: {
            NetworkActor.task { [body] in body.letGo() }
        }
    }
}
