import Glibc
import Synchronization

/// The address space that open collections have set aside.
///
/// Vectors, graphs and bits have places that never move, so that searches read them while they are written: each
/// collection reserves what it could ever fill, and touches what it has. That is cheap and not without end: a process has
/// 128 TiB. Whoever opens collections closes others when there is little left, which gives theirs back.
enum AddressSpace {
    private static let reserved = Atomic<Int>(0)

    /// Half of what x86-64 and ARM have, or of what the process is limited to: the rest is for those in use, the
    /// heap and libraries.
    static let budget: Int = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return 1 << 46 }
        return min(1 << 46, Int(clamping: limit.rlim_cur / 2))
    }()

    /// Bytes that are set aside now.
    static var bytes: Int { reserved.load(ordering: .relaxed) }

    /// Maps a file, or memory for `-1`.
    ///
    /// - Returns: `nil` when there is no room; `errno` says why.
    static func map(_ size: Int, _ protection: Int32, _ flags: Int32, _ file: Int32) -> UnsafeMutableRawPointer? {
        let region = mmap(nil, size, protection, flags | MAP_NORESERVE, file, 0)
        guard let region, region != MAP_FAILED else { return nil }
        note(size)
        return region
    }

    /// Gives a region of `map` back.
    static func unmap(_ region: UnsafeMutableRawPointer, _ size: Int) {
        munmap(region, size)
        note(-size)
    }

    /// Counts what somebody else has mapped, or given back.
    static func note(_ size: Int) { reserved.add(size, ordering: .relaxed) }
}
