import FoundationEssentials

/// Requests that two readers could understand differently, or that ask too much: every server refuses each by one answer
/// and the end of the connection. The list is shared with `Tests/Programs`.
public struct MalformedRequest: Sendable, CustomStringConvertible, Decodable {
    public let name: String
    /// The status that refuses it.
    public let status: Int
    private let template: String

    public var description: String { name }

    public init(from decoder: any Decoder) throws {
        var parts = try decoder.unkeyedContainer()
        name = try parts.decode(String.self)
        status = try parts.decode(Int.self)
        template = try parts.decode(String.self)
    }

    /// All there are.
    public static func all() throws -> [MalformedRequest] {
        let file = Fixtures.root + "/Tests/Programs/support/malformed_requests.json"
        return try JSONDecoder().decode([Self].self, from: Data(try Fixtures.bytes(file)))
    }

    /// What is sent: the request, and behind it one that nobody may answer. Characters stand for bytes.
    ///
    /// - Parameter path: A path that the server has.
    public func bytes(path: String) -> [UInt8] {
        var text = template
        text = Self.replace("{next}", in: text, by: "GET {path}?hidden HTTP/1.1\r\nHost: {host}\r\n\r\n")
        text = Self.replace("{path}", in: text, by: path)
        text = Self.replace("{host}", in: text, by: "127.0.0.1")
        while let mark = text.firstRange(of: "{repeat:"), let end = text[mark.upperBound...].firstIndex(of: "}") {
            let parts = text[mark.upperBound..<end].split(separator: ":", maxSplits: 1)
            let content = parts.count == 2 ? String(repeating: String(parts[1]), count: Int(parts[0]) ?? 0) : ""
            text.replaceSubrange(mark.lowerBound...end, with: content)
        }
        return text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    private static func replace(_ mark: String, in text: String, by other: String) -> String {
        var parts: [Substring] = []
        var rest = text[...]
        while let range = rest.firstRange(of: mark) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return (parts + [rest]).joined(separator: other)
    }

    /// Sends it to a server and tells what is wrong with what comes back; `nil` when it was refused as it should be.
    public func fault(port: UInt16, path: String) async throws -> String? {
        let connection = try RawConnection(port: port)
        connection.send(bytes(path: path))
        connection.endSending()
        // Ends when the server ends the connection.
        let answer = try await connection.read()
        guard answer.hasPrefix("HTTP/1.1 \(status) ") else { return "\(name): \(answer.prefix(200).debugDescription)" }
        let heads = answer.ranges(of: "HTTP/1.1 ").count
        return heads == 1 ? nil : "\(name): \(heads) answers"
    }
}
