import CZlib
import GzipCoding
import Testing

/// The content coding of the page's files.
@Suite struct GzipTests {
    private func unpacked(_ bytes: [UInt8], room: Int) -> [UInt8]? {
        var stream = z_stream()
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: room + 1)
        let status = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return inflate(&stream, Z_FINISH)
            }
        }
        return status == Z_STREAM_END ? Array(output.prefix(Int(stream.total_out))) : nil
    }

    @Test(arguments: [0, 1, 100, 100_000])
    func whatIsCompressedComesBackTheSame(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let compressed = try #require(Gzip.compressed(bytes))
        #expect(compressed.starts(with: [0x1f, 0x8b]))
        #expect(unpacked(compressed, room: count) == bytes)
        #expect(Gzip.compressed(bytes) == compressed)
    }

    @Test func textGetsSmallAndNoiseHardlyLarger() throws {
        let text = Array(String(repeating: ".message { color: var(--text); }\n", count: 500).utf8)
        #expect(try #require(Gzip.compressed(text)).count < text.count / 20)
        var state: UInt64 = 1
        let noise = (0..<10_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        #expect(try #require(Gzip.compressed(noise)).count < noise.count + 100)
    }
}
