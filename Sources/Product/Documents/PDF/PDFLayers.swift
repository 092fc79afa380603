import Glibc

/// Layers of a PDF that are off: poppler leaves their text out and does not say so.
enum PDFLayers {
    /// Bytes of a file that is searched for them.
    static let longest = 64 << 20

    /// The file with all of its layers on; `nil` when none is off that can be seen without unpacking anything.
    static func switchedOn(_ content: [UInt8]) -> [UInt8]? {
        guard content.count <= longest, place(of: "/OCProperties", in: content, from: 0) != nil else { return nil }
        var bytes = content
        var start = 0
        while let found = place(of: "/OFF", in: bytes, from: start) {
            start = found + 4
            guard start < bytes.count, !(48...57).contains(bytes[start]), !(65...90).contains(bytes[start] & 0xDF)
            else {
                continue
            }
            // A key, or a state, that there is not.
            bytes[found + 2] = UInt8(ascii: "_")
        }
        return start > 0 && bytes != content ? bytes : nil
    }

    /// What is in a file; `nil` for one that is too long to be searched.
    static func content(of path: String) throws -> [UInt8]? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size <= longest else { return nil }
        return try DocumentReader.content(path)
    }

    private static func place(of text: StaticString, in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return nil }
            var start = start
            // Names begin with a stroke, which is quickly found.
            while start + text.utf8CodeUnitCount <= raw.count,
                let found = memchr(base + start, Int32(UInt8(ascii: "/")), raw.count - start)
            {
                let place = UnsafeRawPointer(found) - base
                guard place + text.utf8CodeUnitCount <= raw.count else { return nil }
                if memcmp(found, text.utf8Start, text.utf8CodeUnitCount) == 0 { return place }
                start = place + 1
            }
            return nil
        }
    }
}
