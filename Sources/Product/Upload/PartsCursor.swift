import HTTPMessages

/// The multipart reader, shared with the closures that read a part's content; one of them reads at a time.
actor PartsCursor {
    private var reader: MultipartReader?

    init(_ reader: MultipartReader) { self.reader = reader }

    func nextPart() async throws -> MultipartReader.Part? {
        guard var taken = reader else { return nil }
        defer { reader = taken }
        return try await taken.nextPart()
    }

    func nextPiece() async throws -> [UInt8]? {
        guard var taken = reader else { return nil }
        defer { reader = taken }
        return try await taken.nextPiece()
    }

    func text(limit: Int) async throws -> String {
        var bytes: [UInt8] = []
        while let piece = try await nextPiece() {
            bytes += piece
            guard bytes.count <= limit else { throw HTTPBodyTooLarge(limit: limit) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
