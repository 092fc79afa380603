import Glibc
import ProgramSupport
import TestSupport
import Testing

/// Folders and the files in them that are read as a whole.
@Suite struct FolderTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { Folder.remove(folder) }
        try body(folder)
    }

    @Test func aFolderGoesWithEverythingInItAndNothingElse() throws {
        try withFolder { folder throws in
            let kept = folder + "/kept"
            #expect(mkdir(kept, 0o700) == 0 && PrivateFile.write([1], to: kept + "/file"))
            var deep = folder + "/gone"
            for _ in 0..<40 {
                #expect(mkdir(deep, 0o700) == 0 && PrivateFile.write([1], to: deep + "/file"))
                deep += "/deeper"
            }
            #expect(symlink(kept, folder + "/gone/link") == 0)
            #expect(Folder.remove(folder + "/gone"))
            #expect(Folder.names(in: folder) == ["kept"] && Folder.names(in: kept) == ["file"])
        }
    }

    @Test func whatIsNoFolderIsSaid() throws {
        try withFolder { folder throws in
            #expect(Folder.names(in: folder + "/none") == nil)
            #expect(Folder.remove(folder + "/none"))
            #expect(PrivateFile.write([1], to: folder + "/file") && Folder.names(in: folder + "/file") == nil)
        }
    }

    @Test func aFileIsReadUpToItsLimitAndNotBeyond() throws {
        try withFolder { folder throws in
            let path = folder + "/file"
            for count in [0, 1, 4095, 4096, 4097, 100_000] {
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
                #expect(PrivateFile.write(bytes, to: path))
                #expect(SmallFile.read(path, atMost: count) == bytes)
                #expect(SmallFile.read(path, atMost: 1 << 20) == bytes)
                #expect(count == 0 || SmallFile.read(path, atMost: count - 1) == nil)
            }
        }
    }

    /// A device has no end, a pipe no writer; files of the kernel say that they are empty.
    @Test func onlyFilesAreRead() throws {
        try withFolder { folder throws in
            #expect(mkfifo(folder + "/pipe", 0o600) == 0)
            for path in [folder, folder + "/pipe", folder + "/none", "/dev/zero"] {
                #expect(SmallFile.read(path, atMost: 1 << 20) == nil)
            }
            #expect(SmallFile.read("/proc/self/stat", atMost: 1 << 20)?.isEmpty == false)
        }
    }
}
