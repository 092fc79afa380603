import CGraph
import Glibc

/// One bit per slot or seq at an address that never changes, so that searches read it while it is written.
final class BitRegion: @unchecked Sendable {
    // Words are written under the collection's exclusive lock and read by the graph as single words.
    let words: UnsafeMutablePointer<UInt64>
    private static let size = Int(APUS_MAXIMUM_SLOTS) / 8 + 64
    private(set) var count = 0

    init() throws(VectorStorageError) {
        let region = AddressSpace.map(Self.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1)
        guard let region else { throw VectorStorageError("cannot reserve address space", errno) }
        words = region.bindMemory(to: UInt64.self, capacity: Self.size / 8)
    }

    deinit { AddressSpace.unmap(words, Self.size) }

    func contains(_ slot: UInt32) -> Bool { words[Int(slot >> 6)] >> UInt64(slot & 63) & 1 == 1 }

    func insertAll(below limit: UInt32) {
        for word in 0..<Int(limit >> 6) { words[word] = .max }
        if limit & 63 != 0 { words[Int(limit >> 6)] = 1 << UInt64(limit & 63) - 1 }
        count = Int(limit)
    }

    func insert(_ slot: UInt32) {
        guard !contains(slot) else { return }
        words[Int(slot >> 6)] |= 1 << UInt64(slot & 63)
        count += 1
    }

    func remove(_ slot: UInt32) {
        guard contains(slot) else { return }
        words[Int(slot >> 6)] &= ~(1 << UInt64(slot & 63))
        count -= 1
    }
}
