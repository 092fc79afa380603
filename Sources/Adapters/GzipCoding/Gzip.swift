import CZlib

/// The content coding `gzip` of HTTP (RFC 9110, section 8.4.1.3; the format is RFC 1952).
public enum Gzip {
    /// The bytes, compressed as well as zlib can. The same bytes give the same result: the header names no time.
    /// `nil` when they are too many for one call, or there is no memory for it.
    public static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        guard let count = UInt32(exactly: bytes.count) else { return nil }
        var stream = z_stream()
        // 15 bits of window; 16 more ask for gzip's header instead of zlib's.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard
            deflateInit2_(
                &stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(count)))
        guard let room = UInt32(exactly: bound) else { return nil }
        var input = bytes
        var isWhole = false
        let result = [UInt8](unsafeUninitializedCapacity: bound) { output, length in
            input.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = count
                stream.next_out = output.baseAddress
                stream.avail_out = room
                isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
                length = bound - Int(stream.avail_out)
            }
        }
        return isWhole ? result : nil
    }
}
