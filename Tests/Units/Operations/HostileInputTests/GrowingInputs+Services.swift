import Chroma
import HTTPMessages
import JSONCoding

@testable import AzureEmulator
@testable import Documents
@testable import FunctionsHost
@testable import HTTPWire
@testable import Models
@testable import Upload
@testable import Vectors

extension GrowingInputs {
    // MARK: - The vector service

    private static func filter(_ name: String, most: Int = 1 << 18, _ make: @escaping @Sendable (Int) -> String)
        -> GrowingInput
    {
        GrowingInput(name, most: most) { size in
            let value = try JSONParser.parse(make(size))
            return { blackHole(try? WhereFilter.parse(value)) }
        }
    }

    private static func batch(_ name: String, _ make: @escaping @Sendable (Int) -> String) -> GrowingInput {
        GrowingInput(name, most: 1 << 16) { size in
            let value = try JSONParser.parse(make(size))
            return { blackHole(try? RecordBatch(value, kind: .upsert)) }
        }
    }

    static let vectors: [GrowingInput] = [
        filter("Chroma: operands of $in") { "{\"a\":{\"$in\":[" + text($0, { "\($0)" }, separator: ",") + "]}}" },
        filter("Chroma: clauses") { "{\"$or\":[" + text($0, { "{\"a\":\($0)}" }, separator: ",") + "]}" },
        filter("Chroma: clauses of one") { size in
            String(repeating: "{\"$and\":[", count: 60) + text(size, { "{\"a\":\($0)}" }, separator: ",")
                + String(repeating: "]}", count: 60)
        },
        batch("Chroma: records") { size in
            "{\"ids\":[" + text(size, { "\"i\($0)\"" }, separator: ",") + "],\"embeddings\":["
                + text(size, { _ in "[1,2]" }, separator: ",") + "]}"
        },
        batch("Chroma: keys of metadata") { size in
            "{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{"
                + text(size, { "\"k\($0)\":\($0)" }, separator: ",") + "}]}"
        },
        batch("Chroma: keys of metadata, twice") { size in
            let keys = text(size, { "\"k\($0)\":\($0)" }, separator: ",")
            return "{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{\(keys),\(keys)}]}"
        },
        GrowingInput("Chroma: keys of a schema", most: 1 << 14) { size in
            let keys = text(
                size, { "\"k\($0)\":{\"int\":{\"int_inverted_index\":{\"enabled\":true,\"config\":{}}}}" },
                separator: ",")
            let value = try JSONParser.parse("{\"defaults\":{},\"keys\":{\(keys)}}")
            return {
                blackHole(try? CollectionSchema(configuration: nil, schema: value, metadata: nil, allowsSparse: true))
            }
        },
        GrowingInput("Chroma: keys that records bring", most: 1 << 14) { size in
            let schema = try CollectionSchema(configuration: nil, schema: nil, metadata: nil, allowsSparse: true)
            let keys = Set((0..<size).map { "k\($0)\0int" })
            return { blackHole(schema.discovering(keys)) }
        },
        GrowingInput("Vectors: records with keys of their own", most: 1 << 15) { size in
            {
                let columns = MetadataColumns()
                for seq in 0..<size { columns.set(UInt32(seq), ["k\(seq)": .int(Int64(seq))]) }
                for seq in 0..<size { columns.set(UInt32(seq), nil, replacing: ["k\(seq)": 1]) }
            }
        },
        GrowingInput("Vectors: operands and records", most: 1 << 17) { size in
            let columns = MetadataColumns()
            for seq in 0..<size { columns.set(UInt32(seq), ["k": .int(Int64(seq))]) }
            let operands = (0..<size).map { JSONValue.int(Int64(2 * $0)) }
            nonisolated(unsafe) let column = columns.columns["k"]
            return { blackHole(column?.equal(anyOf: operands, capacity: size)) }
        },
        GrowingInput("Vectors: keys taken out of metadata", most: 1 << 15) { size in
            let stored = JSONObject((0..<size).map { ("k\($0)", .int(1)) })
            let given = JSONObject((0..<size).map { ("k\($0)", .null) })
            return { blackHole(RecordWrite.merged(stored, given)) }
        },
    ]

    // MARK: - The host

    static let host: [GrowingInput] = [
        GrowingInput("Host: a head that comes byte by byte", most: 1 << 14) { size in
            let input = bytes("GET / HTTP/1.1\r\nX: " + String(repeating: "v", count: size))
            return {
                var arrival = HeadArrival()
                for end in 1...input.count {
                    input.withUnsafeBytes { all in
                        let come = UnsafeRawBufferPointer(rebasing: all[..<end])
                        if arrival.hasNews(in: come) { blackHole(try? MessageHead.parse(come, .request)) }
                    }
                }
            }
        },
        GrowingInput("Host: header fields", most: 1 << 14) { size in
            let input = bytes("GET / HTTP/1.1\r\n" + text(size) { "X-\($0): 1\r\n" } + "\r\n")
            let limits = MessageHead.Limits(startLine: 8192, total: .max, fields: .max, takesBareLineFeed: false)
            return { input.withUnsafeBytes { blackHole(try? MessageHead.parse($0, limits)) } }
        },
        GrowingInput("Host: chunks") { size in
            let input = bytes(String(repeating: "1\r\na\r\n", count: size) + "0\r\n\r\n")
            return {
                var decoder = ChunkedDecoder()
                var result: [UInt8] = []
                input.withUnsafeBytes { blackHole(try? decoder.decode($0, into: &result)) }
            }
        },
        GrowingInput("Host: members whose names differ by case", most: 1 << 16) { size in
            let given = (0..<size).flatMap { [("a\($0)", JSONValue.int(1)), ("A\($0)", JSONValue.int(2))] }
            return {
                var object = JSONObject((0..<size).map { ("A\($0)", .int(0)) })
                object.setIgnoringCase(given)
                blackHole(object)
            }
        },
        GrowingInput("Host: segments of a route", most: 1 << 16) { size in
            let template = try RouteTemplate("files/{*rest}")
            let path = ["files"] + (0..<size).map { "\($0)" }
            return { blackHole(template.match(path)) }
        },
        GrowingInput("Host: expressions of a binding", most: 1 << 14) { size in
            let binding = String(repeating: "{a}/", count: size)
            return { blackHole(try? BindingExpression.resolve(binding, ["a": "1"])) }
        },
        GrowingInput("Emulator: conditions on tags", most: 1 << 14) { size in
            let condition = text(size, { "\"t\($0)\" = 'v'" }, separator: " AND ")
            return { blackHole(try? TagCondition(condition, parameter: "where")) }
        },
        GrowingInput("Emulator: tags", most: 1 << 16) { size in
            let header = text(size, { "t\($0)=v" }, separator: "&")
            return { blackHole(try? BlobTags(header: header)) }
        },
    ]

    // MARK: - The apps

    /// Gives a body byte by byte, as slowly as a sender likes.
    private struct Drip: HTTPBodySource {
        private final class Place: @unchecked Sendable { var index = 0 }

        let bytes: [UInt8]
        private let place = Place()

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func next() async throws -> [UInt8]? {
            guard place.index < bytes.count else { return nil }
            defer { place.index += 1 }
            return [bytes[place.index]]
        }
    }

    private static func form(_ name: String, most: Int, _ make: @escaping @Sendable (Int) -> String) -> GrowingInput {
        GrowingInput(name, from: 1024, most: most) { size in
            let input = bytes(make(size))
            return {
                guard var reader = MultipartReader(Drip(input), contentType: "multipart/form-data; boundary=b") else {
                    return
                }
                while let part = try? await reader.nextPart() {
                    blackHole(part)
                    while let piece = try? await reader.nextPiece() { blackHole(piece) }
                }
            }
        }
    }

    static let product: [GrowingInput] = [
        form("Upload: a part that comes byte by byte", most: 1 << 16) {
            "--b\r\nContent-Disposition: form-data; name=file\r\n\r\n" + String(repeating: "\r\n-", count: $0)
                + "\r\n--b--"
        },
        form("Upload: a part's head that comes byte by byte", most: 1 << 13) {
            "--b\r\nX: " + String(repeating: "v", count: $0)
                + "\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--"
        },
        form("Upload: parts", most: 1 << 14) {
            String(repeating: "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n", count: $0) + "--b--"
        },
        GrowingInput("Models: an event that comes byte by byte", most: 1 << 17) { size in
            let input = bytes("data: " + String(repeating: "x", count: size) + "\n\n")
            return {
                var parser = ServerSentEventParser()
                for byte in input { blackHole(try? parser.feed([byte])) }
            }
        },
        GrowingInput("Documents: passages", most: 1 << 14) { size in
            let pages = ExtractedText(pageTexts: [String(repeating: "A sentence of some words. ", count: size)])
            return { blackHole(PassageSplitter().passages(of: pages)) }
        },
        GrowingInput("Documents: passages of a text without spaces", most: 1 << 16) { size in
            let pages = ExtractedText(pageTexts: [String(repeating: "字", count: size)])
            return { blackHole(PassageSplitter().passages(of: pages)) }
        },
    ]
}
