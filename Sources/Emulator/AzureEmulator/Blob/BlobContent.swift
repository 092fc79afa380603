import HTTPMessages
import SQLite

// What is sent of a blob.
extension BlobStore {
    /// The body of an answer: bytes, a file that the kernel sends, or the parts one after the other. Inside `reading`.
    func body(
        of blob: BlobRecord, range: Range<Int>, _ access: borrowing SQLiteDatabase.Access
    ) throws -> HTTPResponse.Body {
        if range.isEmpty { return .bytes([]) }
        if blob.size <= ContentFiles.inlineLimit {
            let rows = try access.query("SELECT data FROM blobs WHERE id = ?", [.integer(blob.id)])
            if let bytes = rows.first?[0].bytes {
                guard range.upperBound <= bytes.count else { throw Self.damaged }
                return .bytes(range.count == bytes.count ? bytes : Array(bytes[range]))
            }
        }
        struct Slice: Sendable {
            let content: Int64
            let file: String?
            let range: Range<Int>
        }
        var slices: [Slice] = []
        var place = 0
        var inline: [UInt8]?
        try access.scan(
            """
            SELECT content, parts.size, file, CASE WHEN ?2 THEN data END FROM parts JOIN contents ON contents.id = content
            WHERE blob = ?1 ORDER BY place
            """, [.integer(blob.id), .integer(blob.size <= ContentFiles.inlineLimit ? 1 : 0)]
        ) { row in
            let size = Int(row.int(1))
            let start = max(range.lowerBound, place)
            let end = min(range.upperBound, place + size)
            if start < end {
                slices.append(Slice(content: row.int(0), file: row.text(2), range: start - place..<end - place))
                row.withBytes(3) { bytes in
                    if let bytes { inline = (inline ?? []) + bytes[start - place..<end - place] }
                }
            }
            place += size
            return place < range.upperBound
        }
        guard place >= range.upperBound else { throw Self.damaged }
        if let inline, inline.count == range.count { return .bytes(inline) }
        if slices.count == 1, let file = slices[0].file {
            guard let slice = FileSlice(path: files.path(file), range: slices[0].range) else { throw Self.damaged }
            return .file(slice)
        }
        let hold = holds.hold(slices.map { slice in slice.file.map { .file($0) } ?? .row(slice.content) })
        return .stream(length: range.count) { [slices, files, reader] writer in
            // The contents stay as long as somebody can still ask for this body.
            _ = hold
            for slice in slices {
                guard let file = slice.file else {
                    let rows = try reader.query(
                        "SELECT data FROM contents WHERE id = ?", [.integer(slice.content)])
                    guard let bytes = rows.first?[0].bytes, slice.range.upperBound <= bytes.count else {
                        throw Self.damaged
                    }
                    try await writer.write(Array(bytes[slice.range]))
                    continue
                }
                guard let open = FileSlice(path: files.path(file), range: slice.range) else { throw Self.damaged }
                var place = slice.range.lowerBound
                while place < slice.range.upperBound {
                    let piece = open.read(at: place, count: min(256 * 1024, slice.range.upperBound - place))
                    guard !piece.isEmpty else { throw ContentFiles.diskFailure() }
                    try await writer.write(piece)
                    place += piece.count
                }
            }
        }
    }

    /// A content that a row names is not there, which no order of requests can bring about.
    private static let damaged = StorageFailure(
        500, "InternalError", "The blob's content is missing from the data folder.")
}
