import CEncoder

/// Runs loops on the same threads that oneDNN uses: a second pool would fight with the first for the cores.
enum Parallel {
    static let processorCount = Int(apus_parallel_processors())

    /// Threads that loops and products of the calling thread use from now on.
    static func setThreads(_ count: Int) { apus_parallel_set_threads(Int32(count)) }

    /// Number of the thread within the running loop, from 0.
    static var currentThread: Int { Int(apus_parallel_thread()) }

    /// Runs the body for each piece. Small work stays on the calling thread.
    static func run(pieces: Int, totalWork: Int, _ body: (Int) -> Void) {
        guard totalWork > 100_000 else {
            for piece in 0..<pieces { body(piece) }
            return
        }
        withoutActuallyEscaping(body) { body in
            let box = Box(body: body)
            apus_parallel_for(
                Int32(pieces),
                { piece, context in
                    guard let context else { return }
                    Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().body(Int(piece))
                }, Unmanaged.passUnretained(box).toOpaque())
        }
    }

    private final class Box {
        let body: (Int) -> Void
        init(body: @escaping (Int) -> Void) { self.body = body }
    }
}
