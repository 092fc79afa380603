import FoundationEssentials
import Glibc
import ProgramSupport
import TestSupport
import Testing

/// Files with secrets.
@Suite struct PrivateFileTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { rmdir(folder) }
        try body(folder)
    }

    @Test func aFileIsWrittenForItsUserAloneAndReplacedAsAWhole() throws {
        try withFolder { folder throws in
            let path = folder + "/secret"
            defer { unlink(path) }
            for text in ["a longer secret", "short"] {
                #expect(PrivateFile.write(Array(text.utf8), to: path))
                var status = stat()
                #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
                #expect(status.st_size == text.utf8.count)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["secret"])
        }
    }

    @Test func whereItCannotBeWrittenWhatWasThereStays() throws {
        try withFolder { folder throws in
            // A folder cannot be replaced by a file.
            let path = folder + "/taken"
            #expect(mkdir(path, 0o700) == 0)
            defer { rmdir(path) }
            #expect(!PrivateFile.write([1], to: path) && errno == EISDIR)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["taken"])
            #expect(!PrivateFile.write([1], to: folder + "/none/secret") && errno == ENOENT)
        }
    }
}
