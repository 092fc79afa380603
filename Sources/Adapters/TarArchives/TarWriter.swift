import CArchive
import Glibc

/// Writes a tar archive (POSIX pax) compressed with Zstandard, entry by entry, without holding any of them whole.
///
/// Used by one task at a time. `close` ends the archive; without it the file is no whole archive.
public final class TarWriter {
    private static let level = "3"

    private let archive: OpaquePointer
    private let entry: OpaquePointer

    /// Makes the file, which must not be there yet.
    public init(path: String) throws(TarArchiveError) {
        guard let archive = archive_write_new(), let entry = archive_entry_new() else { throw TarArchiveError(nil) }
        self.archive = archive
        self.entry = entry
        archive_write_add_filter_zstd(archive)
        archive_write_set_filter_option(archive, "zstd", "compression-level", Self.level)
        archive_write_set_format_pax_restricted(archive)
        // Nobody else may read it from its first byte on. Whatever is wrong with the path is told by the library.
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        if file >= 0 { Glibc.close(file) }
        guard archive_write_open_filename(archive, path) == ARCHIVE_OK else { throw TarArchiveError(archive) }
    }

    deinit {
        archive_entry_free(entry)
        archive_write_free(archive)
    }

    /// Begins an entry of exactly so many bytes.
    public func begin(_ name: String, bytes: Int, modified: Int64) throws(TarArchiveError) {
        archive_entry_clear(entry)
        archive_entry_set_pathname(entry, name)
        archive_entry_set_size(entry, Int64(bytes))
        apus_archive_entry_set_regular(entry)
        archive_entry_set_perm(entry, 0o600)
        archive_entry_set_mtime(entry, time_t(modified), 0)
        guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw TarArchiveError(archive) }
    }

    /// Adds bytes to the entry.
    public func write(_ bytes: [UInt8]) throws(TarArchiveError) {
        guard archive_write_data(archive, bytes, bytes.count) == bytes.count else { throw TarArchiveError(archive) }
    }

    /// Ends the archive.
    public func close() throws(TarArchiveError) {
        guard archive_write_close(archive) == ARCHIVE_OK else { throw TarArchiveError(archive) }
    }
}
