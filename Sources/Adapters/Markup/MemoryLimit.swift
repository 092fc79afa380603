import CXML
import Glibc
import Synchronization

extension MarkupReader {
    /// Has the process end with this code when there is no memory for libxml2, which would otherwise give what it has read
    /// so far for the whole document. For programs that do nothing but read; to be called before anything is read.
    public static func endWithoutMemory(code: Int32) {
        exitCode.store(code, ordering: .relaxed)
        _ = xmlMemSetup(
            { free($0) },
            { size in malloc(size) ?? endOfMemory() },
            { pointer, size in realloc(pointer, size) ?? endOfMemory() },
            { text in text.flatMap { strdup($0) } ?? endOfMemory().assumingMemoryBound(to: CChar.self) })
    }
}

private let exitCode = Atomic<Int32>(0)

private func endOfMemory() -> UnsafeMutableRawPointer { _exit(exitCode.load(ordering: .relaxed)) }
