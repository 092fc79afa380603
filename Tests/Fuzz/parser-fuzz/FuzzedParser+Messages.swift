import AzureSignatures
import HTTPMessages
import JSONCoding
import OTLP

@testable import HTTPRelay
@testable import Models
@testable import Upload

extension FuzzedParser {
    /// What comes over a connection.
    static let messages: [FuzzedParser] = [
        FuzzedParser("json") { bytes in
            guard let value = try? JSONParser.parse(bytes) else { return }
            // What was read is written so that it reads the same again.
            must((try? JSONParser.parse(value.text)) == value, "\(value.text) reads as another value")
        },
        FuzzedParser("json-lenient") { _ = try? JSONParser.parse($0, lenient: true) },
        FuzzedParser("http-request") { bytes in
            bytes.withUnsafeBytes { input in
                guard let head = try? MessageHead.parse(input, .request) else { return }
                must(head.byteCount <= input.count, "a head longer than what has come")
                guard FramingGuard.refusal(method: HTTPMethod(rawValue: head.start.0), fields: head.fields) == nil
                else { return }
                let target = HTTPTarget(head.start.1)
                _ = (target.segments, target.query, target.rawPath)
            }
        },
        FuzzedParser("http-response") { bytes in
            bytes.withUnsafeBytes { _ = try? MessageHead.parse($0, .response) }
        },
        FuzzedParser("http-chunks") { bytes in
            // In one piece and byte by byte it reads the same.
            var whole = ChunkedDecoder()
            var single = ChunkedDecoder()
            var once: [UInt8] = []
            var pieces: [UInt8] = []
            let taken = bytes.withUnsafeBytes { try? whole.decode($0, into: &once) }
            guard taken != nil else { return }
            var isRefused = false
            for byte in bytes {
                let read: Int? = withUnsafeBytes(of: byte) { try? single.decode($0, into: &pieces) }
                if read == nil { isRefused = true }
                if read == 0 || read == nil { break }
            }
            must(!isRefused && once == pieces, "pieces of chunks read otherwise")
        },
        .text("http-target") { text in
            let target = HTTPTarget(text)
            _ = (target.segments, target.query, target.rawPath)
            _ = SharedKey.stringToSign(method: .get, target: target, fields: [:], contentLength: 0, account: "a")
        },
        FuzzedParser("otlp-protobuf") { bytes in
            for schema in [OTLPSchema.metricsRequest] {
                guard let value = try? ProtobufReader.decode(bytes, as: schema) else { continue }
                _ = ReceivedMetric.all(in: value)
            }
        },
        FuzzedParser("otlp-json") { bytes in
            if let value = try? JSONParser.parse(bytes) { _ = ReceivedMetric.all(in: value) }
        },
        FuzzedParser("multipart") { bytes in
            finish {
                guard var reader = MultipartReader(Pieces(bytes), contentType: "multipart/form-data; boundary=b") else {
                    return
                }
                while (try? await reader.nextPart()).flatMap({ $0 }) != nil {
                    while (try? await reader.nextPiece()).flatMap({ $0 }) != nil {}
                }
            }
        },
        FuzzedParser("server-sent-events") { bytes in
            var whole = ServerSentEventParser()
            var single = ServerSentEventParser()
            guard let once = try? whole.feed(bytes) else { return }
            var pieces: [String] = []
            for byte in bytes { pieces += ((try? single.feed([byte])) ?? []).map { "\($0)" } }
            must(once.map { "\($0)" } == pieces, "pieces of events read otherwise")
        },
    ]

    /// Gives bytes in pieces whose lengths the bytes themselves choose.
    private final class Pieces: HTTPBodySource, @unchecked Sendable {
        // Asked by one reader, one piece after another.
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) { rest = bytes[...] }

        func next() async throws -> [UInt8]? {
            guard let first = rest.first else { return nil }
            let piece = Array(rest.prefix(Int(first % 16) + 1))
            rest = rest.dropFirst(piece.count)
            return piece
        }
    }
}
