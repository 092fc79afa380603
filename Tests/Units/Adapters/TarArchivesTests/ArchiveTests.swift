import FoundationEssentials
import TarArchives
import TestSupport
import Testing

/// POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Interchange Format".
@Suite struct ArchiveTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func all(_ path: String) throws -> [(name: String, bytes: Int, content: [UInt8])] {
        let reader = try TarReader(path: path)
        var result: [(String, Int, [UInt8])] = []
        while let (name, bytes) = try reader.next() {
            var content: [UInt8] = []
            while let piece = try reader.read() { content += piece }
            result.append((name, bytes, content))
        }
        return result
    }

    /// A ustar header by hand: name, mode, owner, group, size, time, checksum, type, link, magic.
    private func header(_ name: String, size: Int, type: Character = "0", link: String = "") -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            block.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        let octal = String(size, radix: 8)
        put(name, at: 0)
        put("0000644\0", at: 100)
        put("0000000\0", at: 108)
        put("0000000\0", at: 116)
        put(String(repeating: "0", count: 11 - octal.count) + octal + "\0", at: 124)
        put("00000000000\0", at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar\0" + "00", at: 257)
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        return block
    }

    private func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    private func write(_ blocks: [UInt8], _ path: String) throws {
        try Data(blocks + [UInt8](repeating: 0, count: 1024)).write(to: URL(fileURLWithPath: path))
    }

    @Test func aKnownArchiveIsRead() throws {
        try inFolder { folder in
            try write(
                header("a/b.txt", size: 5) + padded(Array("hello".utf8)) + header("c", size: 0), folder + "/x.tar")
            let entries = try all(folder + "/x.tar")
            #expect(entries.map(\.name) == ["a/b.txt", "c"])
            #expect(entries.map(\.bytes) == [5, 0])
            #expect(entries.map(\.content) == [Array("hello".utf8), []])
        }
    }

    /// Links, folders and devices are not files, and nothing is ever unpacked.
    @Test func onlyRegularFilesAreEntries() throws {
        try inFolder { folder in
            let blocks =
                header("folder/", size: 0, type: "5") + header("link", size: 0, type: "2", link: "/etc/passwd")
                + header("fifo", size: 0, type: "6") + header("device", size: 0, type: "3") + header("file", size: 1)
                + padded([7])
            try write(blocks, folder + "/x.tar")
            #expect(try all(folder + "/x.tar").map(\.name) == ["file"])
        }
    }

    @Test(arguments: ["../../etc/passwd", "/etc/passwd", "a/../b"]) func namesThatLeadOutsideAreNamesOnly(name: String)
        throws
    {
        try inFolder { folder in
            try write(header(name, size: 1) + padded([7]), folder + "/x.tar")
            #expect(try all(folder + "/x.tar").map(\.content) == [[7]])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.tar"])
        }
    }

    @Test func whatIsWrittenComesBack() throws {
        try inFolder { folder in
            let path = folder + "/x.tar.zst"
            let writer = try TarWriter(path: path)
            let contents: [(String, [UInt8])] = [
                ("empty", []), ("small", [1, 2, 3]),
                ("large", (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
                ("folder/" + String(repeating: "long", count: 60), [9]),
            ]
            for (name, bytes) in contents {
                try writer.begin(name, bytes: bytes.count, modified: 1_700_000_000)
                var rest = bytes[...]
                while !rest.isEmpty {
                    try writer.write(Array(rest.prefix(300_000)))
                    rest = rest.dropFirst(300_000)
                }
            }
            try writer.close()
            let entries = try all(path)
            #expect(entries.map(\.name) == contents.map(\.0))
            #expect(entries.map(\.content) == contents.map(\.1))
            // RFC 8878, section 3.1.1: the magic number of Zstandard.
            #expect(try Fixtures.bytes(path).prefix(4) == [0x28, 0xB5, 0x2F, 0xFD])
        }
    }

    @Test func whatIsNotReadIsSkipped() throws {
        try inFolder { folder in
            try write(
                header("a", size: 700) + padded([UInt8](repeating: 1, count: 700)) + header("b", size: 1) + padded([2]),
                folder + "/x.tar")
            let reader = try TarReader(path: folder + "/x.tar")
            #expect(try reader.next()?.name == "a")
            #expect(try reader.next()?.name == "b")
            #expect(try reader.read() == [2])
            #expect(try reader.read() == nil)
            #expect(try reader.next() == nil)
        }
    }

    /// Nobody else may read a backup.
    @Test func theFileIsItsOwnersAlone() throws {
        try inFolder { folder in
            let writer = try TarWriter(path: folder + "/x")
            try writer.close()
            let mode = try FileManager.default.attributesOfItem(atPath: folder + "/x")[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func moreBytesThanAnnouncedAreRefused() throws {
        try inFolder { folder in
            let writer = try TarWriter(path: folder + "/x")
            try writer.begin("a", bytes: 3, modified: 0)
            #expect(throws: TarArchiveError.self) { try writer.write([1, 2, 3, 4]) }
        }
    }

    @Test func placesThatCannotBeWrittenOrReadAreSaid() throws {
        try inFolder { folder in
            let first = #expect(throws: TarArchiveError.self) { try TarWriter(path: folder + "/no/such/x") }
            #expect(first?.description.contains("No such file") == true)
            #expect(throws: TarArchiveError.self) { try TarReader(path: folder + "/none") }
            try Data("this is no archive".utf8).write(to: URL(fileURLWithPath: folder + "/letter"))
            #expect(throws: TarArchiveError.self) { try all(folder + "/letter") }
        }
    }

    @Test func aCutArchiveIsAnErrorAndNoShortFile() throws {
        try inFolder { folder in
            let path = folder + "/x"
            let writer = try TarWriter(path: path)
            let content = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
            try writer.begin("a", bytes: content.count, modified: 0)
            try writer.write(content)
            try writer.close()
            let whole = try Fixtures.bytes(path)
            for share in 1..<20 {
                try Data(whole[..<(whole.count * share / 20)]).write(to: URL(fileURLWithPath: folder + "/cut"))
                #expect(throws: TarArchiveError.self) { try all(folder + "/cut") }
            }
        }
    }

    @Test func aHeaderWithAWrongChecksumIsDamage() throws {
        try inFolder { folder in
            var blocks = header("first", size: 1) + padded([7]) + header("a", size: 1) + padded([7])
            blocks[1024] ^= 1
            try write(blocks, folder + "/x.tar")
            #expect(throws: TarArchiveError.self) { try all(folder + "/x.tar") }
        }
    }

    @Test func damagedArchivesNeverTrap() throws {
        try inFolder { folder in
            let whole =
                header("a", size: 5) + padded(Array("hello".utf8)) + header("b", size: 600)
                + padded([UInt8](repeating: 3, count: 600))
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<1000 {
                var bytes = whole
                for _ in 0..<3 {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                try write(bytes, folder + "/x.tar")
                do { _ = try all(folder + "/x.tar") } catch { #expect(error is TarArchiveError) }
            }
        }
    }
}
