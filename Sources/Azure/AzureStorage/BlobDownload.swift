import HTTPClient
public import HTTPMessages
import Synchronization

extension BlobClient {
    /// A blob that is being read.
    public struct Download: Sendable {
        /// The bytes as they arrive; goes on by itself after a cut, as long as the blob is the same.
        public let body: any HTTPBodySource
        /// Bytes of the body.
        public let length: Int?
        public let properties: BlobProperties
    }

    /// Opens a blob for reading.
    ///
    /// - Parameter range: Bytes to read; `nil` for all.
    public func download(
        _ container: String, _ name: String, range: Range<Int>? = nil, conditions: BlobConditions = BlobConditions()
    ) async throws -> Download {
        let response = try await get(container, name, range: range.map { ($0.lowerBound, $0.upperBound) }, conditions)
        let properties = BlobProperties(response.fields)
        let length = response.fields["content-length"].flatMap { Int($0) }
        let start = range?.lowerBound ?? 0
        let end = length.flatMap { length in
            let sum = start.addingReportingOverflow(length)
            return sum.overflow ? nil : sum.partialValue
        }
        let body = ResumingBody(first: response.body, start: start) { place in
            guard !properties.etag.isEmpty else { return nil }
            return try await get(
                container, name, range: (place, end),
                BlobConditions(ifMatch: properties.etag, leaseID: conditions.leaseID)
            ).body
        }
        return Download(body: body, length: length, properties: properties)
    }

    /// Opens a blob for reading.
    ///
    /// - Returns: Its body as it arrives, and its length.
    public func open(_ container: String, _ name: String) async throws -> (body: any HTTPBodySource, length: Int?) {
        let download = try await download(container, name)
        return (download.body, download.length)
    }

    /// Reads a whole blob of at most `limit` bytes.
    public func get(_ container: String, _ name: String, limit: Int = 1 << 30) async throws -> [UInt8] {
        try await HTTPBody.source(try await download(container, name).body).collect(limit: limit)
    }

    private func get(
        _ container: String, _ name: String, range: (start: Int, end: Int?)?, _ conditions: BlobConditions
    ) async throws -> HTTPSession.Response {
        var call = try call(
            "Get Blob", .get, container, name, conditions: conditions, expected: range == nil ? [200] : [206])
        if let range { call.fields["x-ms-range"] = "bytes=\(range.start)-\(range.end.map { String($0 - 1) } ?? "")" }
        return try await transport.open(call)
    }
}

/// A body that is asked for again from where it was cut.
private final class ResumingBody: HTTPBodySource {
    private struct State {
        var current: any HTTPBodySource
        var place: Int
        var resumptions = 0
    }

    private static let maximumResumptions = 5

    private let state: Mutex<State>
    private let resume: @Sendable (Int) async throws -> (any HTTPBodySource)?

    init(
        first: any HTTPBodySource, start: Int, resume: @escaping @Sendable (Int) async throws -> (any HTTPBodySource)?
    ) {
        state = Mutex(State(current: first, place: start))
        self.resume = resume
    }

    func next() async throws -> [UInt8]? {
        while true {
            let current = state.withLock { $0.current }
            do {
                let piece = try await current.next()
                state.withLock { $0.place += piece?.count ?? 0 }
                return piece
            } catch let error as HTTPClientError {
                let (place, count) = state.withLock { state in
                    state.resumptions += 1
                    return (state.place, state.resumptions)
                }
                guard count <= Self.maximumResumptions else { throw error }
                try await Task.sleep(for: .milliseconds(50 << count))
                guard let again = try await resume(place) else { throw error }
                state.withLock { $0.current = again }
            }
        }
    }
}
