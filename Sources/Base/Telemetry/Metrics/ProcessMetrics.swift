import Glibc

/// What the process itself takes, and how fast it was there (OpenTelemetry's conventions for process metrics).
public enum ProcessMetrics {
    /// Adds memory, processor time and open files to the process's metrics.
    public static func register(in metrics: Metrics = .shared) {
        let memory = metrics.gauge("process.memory.usage", unit: "By", "Resident memory.")
        let processor = metrics.gauge("process.cpu.time", unit: "s", "Processor time since the start.")
        let files = metrics.gauge("process.open_file_descriptor.count", unit: "{count}", "Open file descriptors.")
        metrics.beforeSnapshot {
            if let pages = words("/proc/self/statm").dropFirst().first.flatMap({ Double($0) }) {
                memory.set(pages * Double(sysconf(Int32(_SC_PAGESIZE))))
            }
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
            let system = Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
            processor.set(user + system)
            if let count = openFiles { files.set(Double(count)) }
        }
    }

    /// Notes that the process can do its work now: one start, and what it took.
    public static func noteReady(in metrics: Metrics = .shared) {
        metrics.counter("apus.process.starts", unit: "{start}", "Starts of the process: cold starts and restarts.")
            .add()
        guard let seconds = secondsSinceStart else { return }
        metrics.histogram(
            "apus.process.start.duration", unit: "s", "Time from the process's start until it could answer."
        ).record(seconds)
    }

    /// Seconds since the process was started, to a hundredth.
    private static var secondsSinceStart: Double? {
        // The second field, the program's name, may hold spaces; it ends with the last parenthesis.
        guard let stat = text("/proc/self/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[end...].split(separator: " ")
        guard fields.count > 20, let ticks = Double(fields[20]) else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        let started = ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return max(0, Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - started)
    }

    /// Open descriptors; the one that lists them is left out.
    private static var openFiles: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // The folder itself and its parent are listed too.
        return max(0, count - 3)
    }

    /// A short file of the kernel's.
    private static func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    private static func words(_ path: String) -> [Substring] { text(path)?.split(separator: " ") ?? [] }
}
