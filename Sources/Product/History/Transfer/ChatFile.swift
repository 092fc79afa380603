import HTTPMessages

/// A file of chats as an answer: it is written while what is in it is read.
enum ChatFile {
    private static let pieceSize = 64 * 1024

    /// The file.
    ///
    /// - Parameters:
    ///   - name: What it is called, without its ending.
    ///   - write: Writes what stands between its beginning and its end.
    static func response(
        _ name: String, _ format: any ChatFormat & Sendable,
        _ write: @escaping @Sendable (inout Output) async throws -> Void
    ) -> HTTPResponse {
        let fields: HTTPFields = [
            "Content-Type": format.mediaType,
            "Content-Disposition": AttachmentName(name, extension: format.fileExtension).disposition,
            "Content-Security-Policy": "sandbox; default-src 'none'",
        ]
        return HTTPResponse(
            .ok, fields: fields,
            body: .stream(length: nil) { writer in
                var output = Output(format: format, writer: writer)
                try await output.put { $0.head() }
                try await write(&output)
                try await output.put { $0.tail() }
                try await output.flush()
            })
    }

    /// What is to be sent, in pieces that are worth sending.
    struct Output {
        fileprivate(set) var format: any ChatFormat & Sendable
        private let writer: any HTTPBodyWriter
        private var pending: [UInt8] = []

        fileprivate init(format: any ChatFormat & Sendable, writer: any HTTPBodyWriter) {
            self.format = format
            self.writer = writer
        }

        /// Adds what the format makes.
        mutating func put(_ text: (inout any ChatFormat & Sendable) -> String) async throws {
            pending += text(&format).bytes
            if pending.count >= ChatFile.pieceSize { try await flush() }
        }

        fileprivate mutating func flush() async throws {
            guard !pending.isEmpty else { return }
            let piece = pending
            pending = []
            try await writer.write(piece)
        }
    }
}
