import CZip

/// Reads entries of a zip archive in memory, with a limit on what they inflate to.
public final class ZipArchive {
    /// Why an archive or an entry cannot be read.
    public enum Failure: Error, Sendable {
        case notAnArchive
        case encrypted
        /// The entry inflates to more than the limit in bytes.
        case tooLarge(limit: Int)
        case damaged
    }

    private let handle: OpaquePointer
    // libzip reads from this copy for as long as the archive is open.
    private let storage: UnsafeMutableRawBufferPointer

    /// Opens an archive.
    public init(_ bytes: [UInt8]) throws(Failure) {
        // The library takes nothing at all for an archive without entries.
        guard !bytes.isEmpty else { throw .notAnArchive }
        storage = .allocate(byteCount: bytes.count, alignment: 1)
        storage.copyBytes(from: bytes)
        var error = zip_error_t()
        guard let source = zip_source_buffer_create(storage.baseAddress, UInt64(bytes.count), 0, &error) else {
            storage.deallocate()
            throw .notAnArchive
        }
        guard let opened = zip_open_from_source(source, ZIP_RDONLY, &error) else {
            zip_source_free(source)
            storage.deallocate()
            throw .notAnArchive
        }
        handle = opened
    }

    deinit {
        zip_discard(handle)
        storage.deallocate()
    }

    /// How many entries there are.
    public var count: Int { max(0, Int(clamping: zip_get_num_entries(handle, 0))) }

    /// Names of the entries, at most 10,000.
    public var names: [String] {
        let count = min(10_000, max(0, zip_get_num_entries(handle, 0)))
        return (0..<UInt64(count)).map { index in zip_get_name(handle, index, 0).map { String(cString: $0) } ?? "" }
    }

    /// The content of an entry, `nil` when there is none of that name.
    ///
    /// - Parameter limit: Most bytes that are inflated.
    public func read(_ name: String, limit: Int) throws(Failure) -> [UInt8]? {
        let index = zip_name_locate(handle, name, UInt32(ZIP_FL_NOCASE))
        guard index >= 0 else { return nil }
        return try read(at: Int(index), limit: limit)
    }

    /// The content of an entry by its place among the names.
    ///
    /// - Parameter limit: Most bytes that are inflated.
    public func read(at index: Int, limit: Int) throws(Failure) -> [UInt8] {
        guard index >= 0 else { throw .damaged }
        guard let file = zip_fopen_index(handle, UInt64(index), 0) else {
            var information = zip_stat_t()
            let known = zip_stat_index(handle, UInt64(index), 0, &information) == 0
            throw known && information.encryption_method != 0 ? .encrypted : .damaged
        }
        defer { zip_fclose(file) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = zip_fread(file, &buffer, UInt64(buffer.count))
            if count == 0 { return result }
            guard count > 0 else { throw .damaged }
            // The directory's sizes are the author's claim, so the limit counts what really comes out.
            guard result.count + Int(count) <= limit else { throw .tooLarge(limit: limit) }
            result += buffer[..<Int(count)]
        }
    }
}
