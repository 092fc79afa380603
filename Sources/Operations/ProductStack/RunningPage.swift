import FoundationEssentials
public import HTTPClient
public import HTTPMessages
import JSONCoding

/// A running Apus, used over its page's port as a browser uses it.
public struct RunningPage: Sendable {
    private static let pause = Duration.milliseconds(20)

    /// Where the page is, without a final slash.
    public let url: String
    private let client: HTTPSession
    private let fields: HTTPFields

    /// The product at an address.
    ///
    /// - Parameter fields: Of every request: who asks.
    public init(url: String, client: HTTPSession, fields: HTTPFields = HTTPFields()) {
        self.url = url
        self.client = client
        self.fields = fields
    }

    /// A document that was uploaded.
    public struct Document: Sendable {
        public let id: String
        /// That of the file, unless the same bytes were there before under another.
        public let name: String
    }

    /// Uploads a file.
    ///
    /// - Throws: `StackError` with the product's own reason for a refusal, `HTTPClientError`.
    public func upload(_ path: String) async throws -> Document {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let data = FileManager.default.contents(atPath: path) else { throw StackError("\(path) cannot be read.") }
        var fields = fields
        fields["Content-Type"] = "application/octet-stream"
        let answer = try await client.fetch(
            .init(
                .post, "\(url)/api/upload?name=\(percentEncoded(name))", fields: fields, body: .bytes(Array(data))))
        let json = (try? JSONParser.parse(answer.body)) ?? .null
        let document = json["documents"]?[0]
        guard answer.status.isSuccess, let id = document?["id"]?.string, let kept = document?["name"]?.string else {
            throw StackError("\(name) was refused: \(json["detail"]?.string ?? "\(answer.status.rawValue)")")
        }
        return Document(id: id, name: kept)
    }

    /// What became of a document that was uploaded.
    public enum Reading: Sendable {
        case underway, ready
        /// Why it cannot be asked about.
        case failed(String)
    }

    /// Waits until documents can be asked about.
    ///
    /// - Throws: `StackError` for one that failed, or when that takes longer than `limit`; `HTTPClientError`.
    public func waitUntilReady(_ ids: [String], within limit: Duration) async throws {
        for reading in try await readings(ids, within: limit) {
            if case .failed(let reason) = reading { throw StackError("a document could not be read. \(reason)") }
        }
    }

    /// Waits until documents were read, and says how that ended.
    ///
    /// - Throws: `StackError` when it takes longer than `limit`; `HTTPClientError`.
    public func readings(_ ids: [String], within limit: Duration) async throws -> [Reading] {
        let end = ContinuousClock.now + limit
        var readings: [Reading] = []
        for id in ids {
            var reading = try await reading(id)
            while case .underway = reading {
                guard ContinuousClock.now < end else { throw StackError("the documents are not ready after \(limit).") }
                try await Task.sleep(for: Self.pause)
                reading = try await self.reading(id)
            }
            readings.append(reading)
        }
        return readings
    }

    private func reading(_ id: String) async throws -> Reading {
        let answer = try await client.fetch(.init(.get, "\(url)/api/documents/\(id)", fields: fields))
        let document = (try? JSONParser.parse(answer.body)) ?? .null
        switch document["status"]?.string {
        case "ready": return .ready
        case "failed":
            return .failed("\(document["name"]?.string ?? id): \(document["error"]?["detail"]?.string ?? "")")
        case .some: return .underway
        case nil: throw StackError("document \(id) was answered \(answer.status.rawValue).")
        }
    }
}
