import CArchive

/// Reads a tar archive, compressed or not, from its beginning to its end. Nothing is ever unpacked to disk.
///
/// Used by one task at a time.
public final class TarReader {
    private static let blockBytes = 256 * 1024

    private let archive: OpaquePointer

    /// Opens a file.
    public init(path: String) throws(TarArchiveError) {
        guard let archive = archive_read_new() else { throw TarArchiveError(nil) }
        self.archive = archive
        archive_read_support_filter_zstd(archive)
        archive_read_support_format_tar(archive)
        guard archive_read_open_filename(archive, path, Self.blockBytes) == ARCHIVE_OK else {
            throw TarArchiveError(archive)
        }
    }

    deinit { archive_read_free(archive) }

    /// The next regular file's name and size; `nil` at the end. What was not read of the one before is skipped.
    public func next() throws(TarArchiveError) -> (name: String, bytes: Int)? {
        while true {
            var entry: OpaquePointer?
            switch archive_read_next_header(archive, &entry) {
            case ARCHIVE_EOF: return nil
            case ARCHIVE_OK, ARCHIVE_WARN: break
            default: throw TarArchiveError(archive)
            }
            guard let entry, apus_archive_entry_is_regular(entry) != 0, let name = archive_entry_pathname(entry) else {
                continue
            }
            return (String(cString: name), Int(clamping: archive_entry_size(entry)))
        }
    }

    /// The next bytes of the current file; `nil` at its end.
    public func read() throws(TarArchiveError) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: Self.blockBytes)
        let count = archive_read_data(archive, &buffer, buffer.count)
        guard count >= 0 else { throw TarArchiveError(archive) }
        return count == 0 ? nil : Array(buffer[..<count])
    }
}
