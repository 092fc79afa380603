import CLinux
import Glibc
import Synchronization

/// The thread behind `NetworkActor`: it runs the actor's jobs, and waits for sockets when there are none.
///
/// Jobs and sockets share a thread so that a request that comes in, is passed on, answered and passed back costs no
/// switch of threads and no lock that anybody waits for. It is a task executor too, because a continuation resumes its
/// task on that first, whatever actor the task goes on with.
final class EpollLoop: SerialExecutor, TaskExecutor {
    /// Batches of jobs that run before sockets are looked at again.
    private static let batchesBetweenPolls = 8

    /// Few at a time: what a request needs is still in the processor's cache when its answer comes. With 256
    /// connections that serves 1.6 times as many requests as taking all there are.
    private static let eventsPerTurn = 16

    private struct State {
        var jobs: [UnownedJob] = []
        var isSleeping = false
        var pump: (continuation: UnsafeContinuation<[apus_socket_event], Never>, milliseconds: Int32)?
    }

    /// Watches the sockets of work that has begun, which goes before new work: what is under way stays little and in
    /// the processor's cache. Every few turns new work comes first all the same.
    let poller: Int32
    /// Watches the sockets that new work comes over.
    let second: Int32
    private let wake: Int32
    private let state = Mutex(State())

    init() {
        poller = apus_poller_open()
        wake = apus_poller_add_wake(poller)
        second = apus_poller_open_second(poller)
        // Asked for once, before anything is served: without them the program can do nothing, and no input leads here.
        guard poller >= 0, wake >= 0, second >= 0 else { fatalError("the system has no epoll or no descriptors left") }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        // As above.
        guard pthread_create(&thread, nil, loopThread, context) == 0 else {
            fatalError("the system has no threads left")
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        let wakes = state.withLock { state in
            state.jobs.append(unowned)
            defer { state.isSleeping = false }
            return state.isSleeping
        }
        if wakes { apus_poller_wake(wake) }
    }

    /// Has the continuation resumed when something happens on a socket, or after the time, -1 for none.
    func whenSocketsAreReady(
        within milliseconds: Int32, resume continuation: UnsafeContinuation<[apus_socket_event], Never>
    ) {
        state.withLock { $0.pump = (continuation, milliseconds) }
    }

    fileprivate func run() -> Never {
        var jobs: [UnownedJob] = []
        var events = [apus_socket_event](repeating: apus_socket_event(), count: Self.eventsPerTurn)
        var batches = 0
        var turn: UInt32 = 0
        while true {
            state.withLock { swap(&$0.jobs, &jobs) }
            for job in jobs {
                job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            batches += 1
            let isIdle = jobs.isEmpty
            jobs.removeAll(keepingCapacity: true)
            guard isIdle || batches >= Self.batchesBetweenPolls else { continue }
            batches = 0
            let (pump, timeout): (UnsafeContinuation<[apus_socket_event], Never>?, Int32) = state.withLock { state in
                let mayWait = state.jobs.isEmpty
                state.isSleeping = mayWait
                return (state.pump?.continuation, mayWait ? state.pump?.milliseconds ?? -1 : 0)
            }
            // Without the pump there is nobody to tell, so only new jobs end the wait.
            guard let pump else {
                if timeout != 0 { waitForJobs() }
                continue
            }
            turn &+= 1
            let count = apus_poller_wait(
                poller, second, wake, turn % 4 == 0 ? 1 : 0, &events, Int32(events.count), timeout)
            let isTick = state.withLock { state in
                state.isSleeping = false
                let isTick = count == 0 && state.jobs.isEmpty
                if count > 0 || isTick { state.pump = nil }
                return isTick
            }
            if count > 0 || isTick { pump.resume(returning: Array(events.prefix(Int(count)))) }
        }
    }

    private func waitForJobs() {
        var nothing = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        poll(&nothing, 1, -1)
        var count: UInt64 = 0
        _ = read(wake, &count, MemoryLayout<UInt64>.size)
    }
}

private let loopThread: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    guard let context else { return nil }
    Unmanaged<EpollLoop>.fromOpaque(context).takeUnretainedValue().run()
}
