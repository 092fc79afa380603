import FoundationEssentials
import TestSupport
import Testing
import ZipArchives

/// PKWARE's APPNOTE.TXT, and archives that mean harm.
@Suite struct ArchiveTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// An archive as our writer makes it.
    private func archive(_ entries: [(String, [UInt8])]) throws -> [UInt8] {
        var result: [UInt8] = []
        try inFolder { folder in
            let writer = ZipWriter()
            for (index, entry) in entries.enumerated() {
                try write(entry.1, folder + "/\(index)")
                writer.add(file: folder + "/\(index)", as: entry.0, mode: 0o644)
            }
            try writer.write(to: folder + "/out.zip")
            result = try Fixtures.bytes(folder + "/out.zip")
        }
        return result
    }

    private func little(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// An archive with one stored entry, field by field (APPNOTE 4.3.7, 4.3.12, 4.3.16).
    private func stored(_ name: [UInt8], _ content: [UInt8], crc: Int, flags: Int = 0) -> [UInt8] {
        let common =
            little(20, 2) + little(flags, 2) + little(0, 2) + little(0, 4) + little(crc, 4) + little(content.count, 4)
            + little(content.count, 4) + little(name.count, 2) + little(0, 2)
        let local = little(0x0403_4b50, 4) + common + name + content
        let directory = little(0x0201_4b50, 4) + little(20, 2) + common + little(0, 2 + 2 + 2 + 4 + 4) + name
        return local + directory + little(0x0605_4b50, 4) + little(0, 4) + little(1, 2) + little(1, 2)
            + little(directory.count, 4) + little(local.count, 4) + little(0, 2)
    }

    /// CRC-32 of "123456789" (APPNOTE 4.4.7; the polynomial's check value).
    private static let check = 0xCBF4_3926

    @Test func aKnownArchiveIsRead() throws {
        let bytes = stored(Array("a/b.txt".utf8), Array("123456789".utf8), crc: Self.check)
        let archive = try ZipArchive(bytes)
        #expect(archive.names == ["a/b.txt"])
        #expect(try archive.read("a/b.txt", limit: 9) == Array("123456789".utf8))
        #expect(try archive.read("none", limit: 9) == nil)
    }

    /// Whoever reads a DOCX must find `word/document.xml` however it is written.
    @Test func namesAreFoundWithoutCase() throws {
        let archive = try ZipArchive(stored(Array("Word/Document.XML".utf8), [], crc: 0))
        #expect(try archive.read("word/document.xml", limit: 0) == [])
    }

    @Test func aChecksumThatIsWrongIsDamage() throws {
        let archive = try ZipArchive(stored(Array("a".utf8), Array("123456780".utf8), crc: Self.check))
        #expect(throws: ZipArchive.Failure.self) { try archive.read("a", limit: 100) }
    }

    /// APPNOTE 4.4.4: bit 0 says that the entry is encrypted.
    @Test func anEncryptedEntryIsSaidToBeOne() throws {
        let archive = try ZipArchive(stored(Array("a".utf8), [UInt8](repeating: 1, count: 30), crc: 0, flags: 1))
        #expect {
            try archive.read("a", limit: 100)
        } throws: {
            if case .encrypted? = $0 as? ZipArchive.Failure { true } else { false }
        }
    }

    /// Nothing is unpacked to a disk: such names are names, no more.
    @Test(arguments: ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\..\\b", "a\u{1}b", "C:\\x"])
    func namesThatLeadOutsideAreNamesOnly(name: String) throws {
        let archive = try ZipArchive(stored(Array(name.utf8), Array("123456789".utf8), crc: Self.check))
        #expect(archive.names.count == 1)
        #expect(try archive.read(archive.names[0], limit: 9)?.count == 9)
        #expect(try archive.read("passwd", limit: 9) == nil)
    }

    @Test func anEntryMayInflateToTheLimitAndNoFurther() throws {
        let bytes = try archive([("bomb", [UInt8](repeating: 0, count: 10_000_000))])
        // A thousandfold.
        #expect(bytes.count < 20_000)
        let archive = try ZipArchive(bytes)
        #expect(try archive.read("bomb", limit: 10_000_000)?.count == 10_000_000)
        for limit in [0, 1, 9_999_999] {
            #expect {
                try archive.read("bomb", limit: limit)
            } throws: {
                if case .tooLarge(limit)? = $0 as? ZipArchive.Failure { true } else { false }
            }
        }
    }

    /// The directory's size is the author's claim.
    @Test func aSizeThatIsALieIsNoWayRoundTheLimit() throws {
        var bytes = try archive([("bomb", [UInt8](repeating: 0, count: 5_000_000))])
        let claimed = little(5_000_000, 4)
        for place in 0..<bytes.count - 4 where bytes[place..<place + 4].elementsEqual(claimed) {
            bytes.replaceSubrange(place..<place + 4, with: little(10, 4))
        }
        let content = try? ZipArchive(bytes).read("bomb", limit: 1000)
        #expect((content ?? nil).map { $0.count <= 1000 } ?? true)
    }

    @Test(
        arguments: [[], Array("PK".utf8), Array("not a zip at all".utf8), [UInt8](repeating: 0, count: 5000)]
            as [[UInt8]])
    func whatIsNoArchiveIsRefused(bytes: [UInt8]) {
        #expect {
            _ = try ZipArchive(bytes)
        } throws: {
            if case .notAnArchive? = $0 as? ZipArchive.Failure { true } else { false }
        }
    }

    @Test func aCutArchiveIsRefusedWhereverItIsCut() throws {
        let whole = try archive([("a", Array("hello hello hello".utf8)), ("b", [])])
        for length in 0..<whole.count {
            guard let archive = try? ZipArchive(Array(whole[..<length])) else { continue }
            for name in archive.names { _ = try? archive.read(name, limit: 1000) }
            Issue.record("an archive of \(length) of \(whole.count) bytes was taken")
        }
    }

    @Test func damagedArchivesNeverTrap() throws {
        let whole = try archive([("a.txt", Array("hello hello hello".utf8)), ("b/c", [1, 2, 3])])
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let archive = try? ZipArchive(bytes) else { continue }
            for name in archive.names {
                let content = try? archive.read(name, limit: 10_000)
                #expect((content ?? nil).map { $0.count <= 10_000 } ?? true)
            }
        }
    }

    @Test func whatIsWrittenIsReadInTheOrderOfItsNames() throws {
        let archive = try ZipArchive(try archive([("z", [1]), ("a", [2]), ("é/ü", [3])]))
        #expect(archive.names == ["a", "z", "é/ü"])
        #expect(try archive.read("é/ü", limit: 1) == [3])
    }

    /// The same files give the same bytes, whenever they are packed.
    @Test func anArchiveIsReproducible() throws {
        let first = try archive([("a", [1, 2, 3]), ("b", [])])
        let second = try archive([("b", []), ("a", [1, 2, 3])])
        #expect(first == second)
    }

    /// APPNOTE 4.4.15: Unix modes are in the upper half of the external attributes.
    @Test func modesAreKept() throws {
        try inFolder { folder in
            try write([1], folder + "/x")
            let writer = ZipWriter()
            writer.add(file: folder + "/x", as: "handler", mode: 0o755)
            writer.add(folder: "lib")
            try writer.write(to: folder + "/out.zip")
            let bytes = try Fixtures.bytes(folder + "/out.zip")
            func attributes(of name: String) -> UInt32? {
                let signature = little(0x0201_4b50, 4)
                for place in 0..<bytes.count - 46 where bytes[place..<place + 4].elementsEqual(signature) {
                    let length = Int(bytes[place + 28]) | Int(bytes[place + 29]) << 8
                    guard String(decoding: bytes[place + 46..<place + 46 + length], as: UTF8.self) == name else {
                        continue
                    }
                    return (0..<4).reduce(0) { $0 | UInt32(bytes[place + 38 + $1]) << (8 * UInt32($1)) }
                }
                return nil
            }
            #expect(attributes(of: "handler").map { $0 >> 16 } == 0o100755)
            #expect(attributes(of: "lib/").map { $0 >> 16 } == 0o040755)
        }
    }

    @Test func anArchiveThatFailsLeavesNothingUnderItsName() throws {
        try inFolder { folder in
            let writer = ZipWriter()
            writer.add(file: folder + "/none", as: "a", mode: 0o644)
            #expect(throws: ZipWriter.Failure.self) { try writer.write(to: folder + "/out.zip") }
            #expect(!FileManager.default.fileExists(atPath: folder + "/out.zip"))
            let other = ZipWriter()
            other.add(folder: "lib")
            #expect(throws: ZipWriter.Failure.self) { try other.write(to: folder + "/no/such/folder.zip") }
        }
    }

    @Test func anArchiveReplacesTheOneBefore() throws {
        try inFolder { folder in
            try write([1], folder + "/x")
            for name in ["first", "second"] {
                let writer = ZipWriter()
                writer.add(file: folder + "/x", as: name, mode: 0o644)
                try writer.write(to: folder + "/out.zip")
            }
            #expect(try ZipArchive(Fixtures.bytes(folder + "/out.zip")).names == ["second"])
        }
    }
}
