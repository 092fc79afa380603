import CGraph
import Glibc

/// The vectors of one collection in a file that is mapped, not read: slots of equal size, each the vector, the inverse
/// of its norm and a CRC-32C of the vector.
///
/// Slots are written once while nobody may look at them, so that readers need no lock. The mapping is as large as the
/// file can ever become; pages beyond the file's end are never touched.
final class VectorFile: @unchecked Sendable {
    let dimension: Int
    let stride: Int
    /// The first slot's first float.
    let base: UnsafePointer<Float>
    private let file: Int32
    private let mappedBytes: Int
    private let path: String
    // Changed by the collection's writer only.
    private var capacity: Int

    init(path: String, dimension: Int) throws(VectorStorageError) {
        self.path = path
        self.dimension = dimension
        stride = apus_stride(dimension)
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw VectorStorageError("cannot open \(path)", errno) }
        mappedBytes = min(Int(APUS_MAXIMUM_SLOTS) * stride * 4, Self.largest(file))
        guard let region = AddressSpace.map(mappedBytes, PROT_READ, MAP_SHARED, file) else {
            let code = errno
            close(file)
            throw VectorStorageError("cannot map \(path)", code)
        }
        base = UnsafePointer(region.assumingMemoryBound(to: Float.self))
        var information = stat()
        fstat(file, &information)
        capacity = Int(information.st_size) / (stride * 4)
    }

    deinit {
        AddressSpace.unmap(UnsafeMutableRawPointer(mutating: base), mappedBytes)
        close(file)
    }

    /// A file cannot become larger than what it is stored on, which may be made larger while it is open.
    private static func largest(_ file: Int32) -> Int {
        var information = statvfs()
        let most = 1 << 40
        guard fstatvfs(file, &information) == 0 else { return most }
        let (bytes, isLarger) = information.f_blocks.multipliedReportingOverflow(by: information.f_frsize)
        return isLarger ? most : min(most, max(1 << 30, Int(clamping: bytes)))
    }

    /// Slots that the file could ever hold.
    var maximumSlots: Int { mappedBytes / (stride * 4) }

    /// Slots that the file holds now, written or not.
    var slotsInFile: Int { capacity }

    func vector(_ slot: UInt32) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: base + Int(slot) * stride, count: dimension)
    }

    /// Whether a slot's checksum fits its vector.
    func isIntact(_ slot: UInt32) -> Bool {
        guard Int(slot) < capacity else { return false }
        let vector = base + Int(slot) * stride
        return (vector + dimension + 1).pointee.bitPattern == apus_crc32c(0, vector, dimension * 4)
    }

    /// Writes vectors to slots; consecutive slots go to the disk in one piece.
    func write(_ vectors: [(slot: UInt32, vector: [Float])]) throws(VectorStorageError) {
        guard let highest = vectors.lazy.map(\.slot).max() else { return }
        try reserve(Int(highest) + 1)
        var start = 0
        while start < vectors.count {
            var end = start + 1
            while end < vectors.count, vectors[end].slot == vectors[end - 1].slot + 1, end - start < 256 { end += 1 }
            var buffer = [Float](repeating: 0, count: (end - start) * stride)
            for index in start..<end {
                let offset = (index - start) * stride
                let vector = vectors[index].vector
                buffer.replaceSubrange(offset..<offset + dimension, with: vector)
                buffer[offset + dimension] = apus_inverse_norm(vector, dimension)
                buffer[offset + dimension + 1] = Float(bitPattern: apus_crc32c(0, vector, dimension * 4))
            }
            try write(buffer, at: Int(vectors[start].slot))
            start = end
        }
    }

    /// Overwrites slots with zeros, so that what was deleted leaves the disk.
    func clear(_ slots: [UInt32]) throws(VectorStorageError) {
        let zeros = [Float](repeating: 0, count: stride)
        for slot in slots where Int(slot) < capacity { try write(zeros, at: Int(slot)) }
    }

    /// Brings what was written to the disk.
    func synchronise() throws(VectorStorageError) {
        guard fdatasync(file) == 0 else { throw VectorStorageError("cannot write \(path) to the disk", errno) }
    }

    private func write(_ floats: [Float], at slot: Int) throws(VectorStorageError) {
        let failure: Int32 = floats.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = pwrite(
                    file, bytes.baseAddress.map { $0 + written }, bytes.count - written, slot * stride * 4 + written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count == 0 ? ENOSPC : errno }
                written += count
            }
            return 0
        }
        guard failure == 0 else { throw VectorStorageError("cannot write \(path)", failure) }
    }

    /// Makes room ahead, with blocks that are the file's own: a mapped page without one would end the process when
    /// the disk is full.
    private func reserve(_ slots: Int) throws(VectorStorageError) {
        guard slots > capacity else { return }
        guard slots <= maximumSlots else {
            throw VectorStorageError("the collection is full: it holds at most \(maximumSlots) vectors")
        }
        let step = max(slots, min(capacity + capacity / 4 + 64, maximumSlots))
        for wanted in [step, slots] {
            let code = posix_fallocate(file, 0, wanted * stride * 4)
            if code == 0 {
                capacity = wanted
                return
            }
            guard wanted > slots else { throw VectorStorageError("cannot extend \(path)", code) }
        }
    }
}
