import Glibc
import JSONCoding

/// The model's files cannot be used.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A memory-mapped file of named tensors (safetensors format: a length, a JSON header, the data).
final class SafetensorsFile: @unchecked Sendable {
    // Immutable after init: a read-only mapping.
    private let mapping: UnsafeMutableRawPointer
    private let size: Int
    private let dataStart: Int
    private let header: JSONObject

    init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ModelError("cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 8 else {
            throw ModelError("\(path) is not a model file")
        }
        size = Int(status.st_size)
        guard let mapping = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), mapping != MAP_FAILED else {
            throw ModelError("cannot map \(path)")
        }
        self.mapping = mapping
        let length = mapping.loadUnaligned(as: UInt64.self)
        guard length < 100 << 20, Int(length) + 8 <= size else {
            munmap(mapping, size)
            throw ModelError("\(path) is not a safetensors file")
        }
        dataStart = 8 + Int(length)
        let bytes = Array(UnsafeRawBufferPointer(start: mapping + 8, count: Int(length)))
        guard let header = try? JSONParser.parse(bytes).object else {
            munmap(mapping, size)
            throw ModelError("\(path) has a damaged header")
        }
        self.header = header
    }

    deinit { munmap(mapping, size) }

    /// A tensor of 32-bit floats of the shape expected. The pointer is valid as long as the file is.
    func floats(_ name: String, _ shape: [Int]) throws -> UnsafePointer<Float> {
        guard let entry = header[name] else { throw ModelError("the model has no tensor \(name)") }
        let given = entry["shape"]?.array?.compactMap(\.int).map(Int.init(truncatingIfNeeded:))
        let offsets = entry["data_offsets"]?.array?.compactMap(\.int).compactMap { Int(exactly: $0) } ?? []
        let byteCount = shape.reduce(4, *)
        guard entry["dtype"]?.string == "F32", given == shape, offsets.count == 2, offsets[0] >= 0,
            offsets[1] >= offsets[0], offsets[1] <= size - dataStart, offsets[1] - offsets[0] == byteCount
        else { throw ModelError("tensor \(name) is not float32 of shape \(shape)") }
        return UnsafePointer((mapping + dataStart + offsets[0]).assumingMemoryBound(to: Float.self))
    }

    /// A small tensor, copied.
    func array(_ name: String, _ count: Int) throws -> [Float] {
        Array(UnsafeBufferPointer(start: try floats(name, [count]), count: count))
    }

    /// Lets the system take back the mapped pages; they are read again when needed.
    func releasePages() { madvise(mapping, size, MADV_DONTNEED) }
}
