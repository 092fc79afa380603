import CosmosQuery
import Digests
import HTTPMessages
import JSONCoding

/// The body of a query request.
struct QueryRequest: Sendable {
    let query: Query
    let parameters: [String: JSONValue]
    /// Tells queries apart, so that a continuation is not used with another one.
    let identity: String

    init(_ body: JSONValue) throws {
        guard let text = body["query"]?.string else {
            throw CosmosFailure.bad("The body of a query needs a text 'query'.")
        }
        var parameters: [String: JSONValue] = [:]
        for item in body["parameters"]?.array ?? [] {
            guard let name = item["name"]?.string, name.hasPrefix("@") else {
                throw CosmosFailure.bad("A parameter needs a name that begins with '@'.")
            }
            parameters[name] = item["value"] ?? .null
        }
        query = try QueryParser.parse(text)
        self.parameters = parameters
        identity = Base64URL.encode(Array(Digest.sha256(body.encoded).prefix(6)))
    }

    /// Rows that a page may have.
    static func pageSize(_ request: HTTPRequest) throws(CosmosFailure) -> Int {
        guard let text = request.fields["x-ms-max-item-count"], text != "-1" else { return 1000 }
        guard let number = Int(text), number > 0 else {
            throw .bad("x-ms-max-item-count has to be -1 or a positive number.")
        }
        return min(number, 1000)
    }
}

/// Where the next page of a query begins.
struct Continuation: Sendable {
    /// Rows sent so far.
    var sent = 0
    /// The item of the last row, and which of its rows it was.
    var seq: Int64 = 0
    var row = 0
    /// The last row's sort keys; `nil` when they do not fit and have to be read from the item.
    var keys: [JSONValue?]? = []

    private static let maximumBytes = 700

    init() {}

    init(_ text: String, identity: String) throws(CosmosFailure) {
        guard let bytes = Base64URL.decode(text), let json = try? JSONParser.parse(bytes),
            let sent = json["n"]?.int, let seq = json["s"]?.int, let row = json["r"]?.int,
            (0...Int64(Int32.max)).contains(sent), (0...Int64(Int32.max)).contains(row)
        else { throw .bad("The continuation token is malformed.") }
        guard json["q"]?.string == identity else { throw .bad("The continuation token is of another query.") }
        (self.sent, self.seq, self.row) = (Int(sent), seq, Int(row))
        keys = json["k"]?.array.map { $0.map { $0["v"] } }
    }

    func text(identity: String) -> String {
        var object: JSONObject = [
            "q": .string(identity), "n": .int(Int64(sent)), "s": .int(seq), "r": .int(Int64(row)),
        ]
        let list = (keys ?? []).map { key -> JSONValue in .object(key.map { ["v": $0] } ?? JSONObject()) }
        let encoded = JSONValue.array(list)
        // A token has to fit a header field.
        if encoded.encoded.count <= Self.maximumBytes { object["k"] = encoded }
        return Base64URL.encode(JSONValue.object(object).encoded)
    }

    /// The tokens of plain lists.
    static func text(offset: Int) -> String { Base64URL.encode("at \(offset)".bytes) }

    static func offset(_ text: String?) throws(CosmosFailure) -> Int {
        guard let text else { return 0 }
        guard let bytes = Base64URL.decode(text), let plain = String(validating: bytes, as: UTF8.self),
            plain.hasPrefix("at "), let offset = Int(plain.dropFirst(3)), offset >= 0
        else { throw .bad("The continuation token is malformed.") }
        return offset
    }
}
