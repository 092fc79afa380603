import CZip

/// Writes a zip archive with Unix modes and nothing that changes from run to run: entries in the order of their names,
/// all of the same time. The archive appears under its name only when it is whole.
public final class ZipWriter {
    /// An archive could not be written.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The library's words.
        public let reason: String
        public var description: String { "the archive cannot be written: \(reason)" }
    }

    /// 1 January 1980, the format's first day.
    private static let firstDay: UInt16 = 1 << 5 | 1
    /// Of zlib; the best ones take long for little.
    private static let compression: UInt32 = 6

    private var entries: [(name: String, path: String?, mode: UInt32)] = []

    /// An archive without entries.
    public init() {}

    /// Adds a file from disk.
    ///
    /// - Parameter mode: Permission bits.
    public func add(file path: String, as name: String, mode: UInt32) { entries.append((name, path, mode)) }

    /// Adds a folder.
    public func add(folder name: String) { entries.append((name.hasSuffix("/") ? name : name + "/", nil, 0o755)) }

    /// Writes the archive, over one that may be there.
    public func write(to path: String) throws(Failure) {
        var code: Int32 = 0
        guard let archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
            var error = zip_error_t()
            zip_error_init_with_code(&error, code)
            defer { zip_error_fini(&error) }
            throw Failure(reason: "\(path): \(String(cString: zip_error_strerror(&error)))")
        }
        do throws(Failure) {
            for entry in entries.sorted(by: { $0.name < $1.name }) { try add(entry, to: archive) }
        } catch {
            zip_discard(archive)
            throw error
        }
        guard zip_close(archive) == 0 else {
            let failure = Self.failure(archive)
            zip_discard(archive)
            throw failure
        }
    }

    private func add(
        _ entry: (name: String, path: String?, mode: UInt32), to archive: OpaquePointer
    ) throws(Failure) {
        let index: Int64
        var type: UInt32 = 0o040000
        if let path = entry.path {
            type = 0o100000
            guard let source = zip_source_file(archive, path, 0, -1) else { throw Self.failure(archive) }
            index = zip_file_add(archive, entry.name, source, UInt32(ZIP_FL_ENC_UTF_8))
            if index < 0 { zip_source_free(source) }
        } else {
            index = zip_dir_add(archive, entry.name, UInt32(ZIP_FL_ENC_UTF_8))
        }
        guard index >= 0 else { throw Self.failure(archive) }
        let place = UInt64(index)
        zip_set_file_compression(archive, place, ZIP_CM_DEFLATE, Self.compression)
        zip_file_set_dostime(archive, place, 0, Self.firstDay, 0)
        zip_file_set_external_attributes(archive, place, 0, UInt8(ZIP_OPSYS_UNIX), (type | entry.mode) << 16)
    }

    private static func failure(_ archive: OpaquePointer) -> Failure {
        Failure(reason: String(cString: zip_strerror(archive)))
    }
}
