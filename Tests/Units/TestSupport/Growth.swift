import Glibc

/// How much longer work takes when its input is twice as large.
public enum Growth {
    /// Twice, with room for sorting and for what a busy machine adds; work that grows with the square has 4.
    public static let limit = 2.6

    /// The ratio of the times for an input and for one twice as large, the median of several.
    ///
    /// - Parameters:
    ///   - start: A size to begin with; it is doubled until the work takes long enough to be measured.
    ///   - most: The largest size that there is any use in; where a limit refuses more, the limit.
    ///   - prepare: Makes an input of a size, and returns the work on it.
    public static func ratio(
        from start: Int, most: Int, _ prepare: (Int) throws -> () async throws -> Void
    ) async throws -> Double {
        var size = start
        while size * 4 <= most, try await time(prepare(size)) < measurable { size *= 2 }
        let (small, large) = (try prepare(size), try prepare(2 * size))
        var last = Double.infinity
        // What disturbs one round passes; what grows too fast does so in each.
        for _ in 0..<3 {
            var ratios: [Double] = []
            for _ in 0..<5 {
                let (one, two) = (try await time(small), try await time(large))
                ratios.append(two / max(one, 1e-9))
            }
            last = ratios.sorted()[2]
            if last <= limit { break }
        }
        return last
    }

    /// Seconds of one thread's processor time that are long enough to compare.
    private static let measurable = 0.01

    /// Processor time of the thread, in seconds: what other threads and programs do does not count.
    private static func time(_ work: () async throws -> Void) async throws -> Double {
        while true {
            let thread = pthread_self()
            let before = now()
            try await work()
            let after = now()
            // Work that waits may go on elsewhere, where the time is another.
            if pthread_equal(thread, pthread_self()) != 0 { return after - before }
        }
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
