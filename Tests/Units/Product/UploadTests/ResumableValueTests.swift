import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Problems
import Testing

@testable import Upload

/// What resumable uploads say in their header fields, and how their bytes become blocks.
struct ResumableValueTests {
    private func request(_ fields: HTTPFields) -> HTTPRequest {
        HTTPRequest(
            method: .patch, target: HTTPTarget("/api/uploads/x"), fields: fields, body: .bytes([]), id: "test")
    }

    private func fault(_ work: () throws -> Void) -> Problem? {
        do {
            try work()
            return nil
        } catch { return Problem(error) }
    }

    @Test(arguments: [1, 2, 3, 5, 7, 8, 9, 16, 17, 100])
    func bytesBecomeTheSameBlocksHoweverTheyCome(size: Int) {
        let content = (0..<100).map { UInt8($0) }
        var stored: [UInt8] = []
        var cutting = BlockCutting(length: 8, blocked: 0, received: 0)
        for start in stride(from: 0, to: content.count, by: size) {
            cutting.add(Array(content[start..<min(start + size, content.count)]))
            while let block = cutting.next() {
                #expect(block.bytes.count == 8 && block.start == stored.count && !block.takesPieces)
                stored += block.bytes
            }
            #expect(cutting.end == min(start + size, content.count))
        }
        #expect(stored + cutting.rest == content && cutting.rest.count == 100 % 8 && cutting.blocked == 96)
    }

    @Test func theNextRequestsBlockBeginsWithThePiecesOfThoseBefore() {
        var cutting = BlockCutting(length: 8, blocked: 16, received: 21)
        cutting.add([1, 2])
        #expect(cutting.next() == nil && cutting.end == 23)
        cutting.add([3, 4, 5])
        #expect(cutting.next() == BlockCutting.Block(start: 16, takesPieces: true, bytes: [1, 2, 3]))
        #expect(cutting.next() == nil && cutting.rest == [4, 5] && cutting.blocked == 24 && cutting.end == 26)
        cutting.add(Array(6...12))
        #expect(cutting.next()?.takesPieces == false)
    }

    @Test func aRequestOfAnotherVersionIsToldWhichOneIsSpoken() throws {
        try ResumableProtocol.requireVersion(request(["Tus-Resumable": "1.0.0"]))
        for fields in [[:], ["Tus-Resumable": "0.2.2"]] as [HTTPFields] {
            let problem = fault { try ResumableProtocol.requireVersion(request(fields)) }
            #expect(problem?.status == .preconditionFailed && problem?.headers["tus-version"] == "1.0.0")
            #expect(problem?.fields.first?.field == "Tus-Resumable")
        }
    }

    @Test(arguments: ["-1", "+1", "1.5", "", " 7", "0x10", "١", "9999999999999999"])
    func numbersOfBytesAreDigits(text: String) {
        #expect(fault { _ = try ResumableProtocol.bytes("Upload-Offset", request(["Upload-Offset": text])) } != nil)
    }

    @Test func checksumsAreOfOneOfThreeAlgorithms() throws {
        func read(_ text: String) -> Problem? {
            fault { _ = try UploadChecksum(request(["Upload-Checksum": text])) }
        }
        #expect(try UploadChecksum(request([:])) == nil)
        let checksums = [
            "sha1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=", "md5": "XUFAKrxLKna5cZ2REBfFkg==",
            "sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        ]
        for (name, text) in checksums {
            let checksum = try #require(try UploadChecksum(request(["Upload-Checksum": "\(name) \(text)"])))
            let hasher = ChecksumHasher(checksum.algorithm)
            hasher.update("hel".bytes)
            hasher.update("lo".bytes)
            #expect(fault { try checksum.check(hasher.finalize()) } == nil, "\(name)")
            #expect(fault { try checksum.check(ChecksumHasher(checksum.algorithm).finalize()) }?.status.rawValue == 460)
        }
        for text in ["crc32 AAAAAA==", "sha1", "sha1 !", "sha1 AAAA", "sha1  ", "md5 qvTGHdzF6KLavt4PO0gs2a6pQ00="] {
            #expect(read(text)?.status == .badRequest, "\(text)")
        }
    }

    @Test func metadataNamesTheFileAndSaysWhatAFormSays() throws {
        let metadata = try UploadMetadata(
            "filename UG9saWN5LnBkZg==,filetype YXBwbGljYXRpb24vcGRm, onExisting c2tpcA==,tags YSxi,source")
        #expect(metadata.fileName == "Policy.pdf" && metadata.form.onExisting == .skip)
        #expect(metadata.form.facts.tags == ["a", "b"])
        #expect(try UploadMetadata("name YS50eHQ=").fileName == "a.txt")
        #expect(try UploadMetadata("").fileName == nil)
    }

    @Test(arguments: [
        "filename !!!", "filename YQ== YQ==", "filename YQ==,filename Yg==", "colour YQ==", "onExisting YQ==",
        "filename /w==", "a" + String(repeating: "b", count: 8200),
    ])
    func metadataThatIsWrongIsRefused(text: String) {
        let problem = fault { _ = try UploadMetadata(text) }
        #expect(problem?.status == .badRequest && problem?.fields.isEmpty == false)
    }

    @Test func partsAreNamedByTheirAddresses() throws {
        func read(_ text: String) throws -> UploadConcatenation? {
            try UploadConcatenation(request(["Upload-Concat": text]))
        }
        let ids = [UUIDv7.make(), UUIDv7.make()]
        #expect(try UploadConcatenation(request([:])) == nil)
        #expect(try read("partial") == .part)
        #expect(try read("final;/api/uploads/\(ids[0]) http://host:8080/api/uploads/\(ids[1])") == .joined(ids))
        let many = Array(repeating: "/api/uploads/\(ids[0])", count: 101).joined(separator: " ")
        for text in ["", "final", "final;", "final;/api/uploads/1", "final;/api/uploads/", "whole", "final;" + many] {
            #expect(fault { _ = try read(text) }?.status == .badRequest, "\(text.prefix(40))")
        }
    }
}
