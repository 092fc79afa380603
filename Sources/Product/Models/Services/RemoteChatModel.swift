import HTTPClient
import HTTPMessages
import JSONCoding
import Synchronization

/// A model behind a service: sends the translated request, reads the stream within its limits, tells failures apart.
public struct RemoteChatModel: ChatModel {
    /// Longest answer; a model that never ends is ended there.
    private static let maximumAnswerBytes = 1 << 20
    private static let maximumErrorBytes = 64 << 10
    /// Tokens come in a few hundred bytes each.
    private static let receiveBufferBytes = 4096

    public let id: String
    public let provider: String
    public let settings: ModelSettings

    private let format: any WireFormat
    private let client: HTTPSession

    init(id: String, provider: String, settings: ModelSettings, format: any WireFormat, client: HTTPSession) {
        self.id = id
        self.provider = provider
        self.settings = settings
        self.format = format
        self.client = client
    }

    public func answer(
        _ request: ModelRequest, emit: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws {
        let loadTime = await format.loadTime(settings, client)
        let allowance = loadTime ?? .milliseconds(Int64(settings.firstTokenSeconds * 1000))
        let isAlive = Sign()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await stream(request, headTimeout: allowance + .seconds(1)) { event in
                    isAlive.give()
                    try await emit(event)
                }
                return true
            }
            group.addTask {
                try await Task.sleep(for: allowance)
                if isAlive.wasGiven { return false }
                let what = loadTime == nil ? "no word" : "the model is still being loaded"
                throw failure(.timedOut, "\(what) after \(allowance.components.seconds) s")
            }
            defer { group.cancelAll() }
            // The clock's quiet end means that the answer has begun and goes on.
            while let isEnd = try await group.next(), !isEnd {}
        }
    }

    private func stream(
        _ request: ModelRequest, headTimeout: Duration, emit: @Sendable (ModelEvent) async throws -> Void
    ) async throws {
        var outgoing = try await format.encode(request, settings)
        outgoing.headTimeout = headTimeout
        outgoing.idleTimeout = .milliseconds(Int64(settings.idleSeconds * 1000))
        outgoing.receiveBufferBytes = Self.receiveBufferBytes
        let response = try await open(outgoing)
        var reader = AnswerReader(decoder: format.decoder(), framing: format.framing)
        var bytes = 0
        do {
            // A service that ignores the wish for a stream sends the whole answer as one value.
            if response.fields["content-type"]?.hasPrefix("application/json") ?? false {
                let whole = try await response.collect(limit: OverlongMessage.limit)
                for event in try reader.take(whole: whole) { try await emit(event) }
            } else {
                while !reader.isAtEnd, let piece = try await response.body.next() {
                    for event in try reader.feed(piece) {
                        try await emit(event)
                        if case .text(let text) = event { bytes += text.utf8.count }
                        if bytes > Self.maximumAnswerBytes { return try await emit(.finished(.length)) }
                    }
                }
            }
        } catch let fault as AnswerFault {
            throw failure(fault.kind, fault.reason)
        } catch is OverlongMessage {
            throw failure(.unavailable, "a message of the stream has more than \(OverlongMessage.limit >> 20) MiB")
        } catch is HTTPBodyTooLarge {
            throw failure(.unavailable, "the answer has more than \(OverlongMessage.limit >> 20) MiB")
        } catch let error as HTTPClientError {
            // Some services close without an end mark; after the finish reason nothing is missing.
            for event in reader.end() where reader.isComplete { try await emit(event) }
            if reader.isComplete { return }
            throw failure(error)
        }
        let last = reader.end()
        guard reader.isComplete else { throw failure(.unavailable, "the answer ended without a finish reason") }
        for event in last { try await emit(event) }
    }

    private func open(_ request: HTTPSession.Request) async throws -> HTTPSession.Response {
        let response: HTTPSession.Response
        do {
            response = try await client.send(request)
        } catch let error as HTTPClientError {
            throw failure(error)
        }
        guard response.status.isSuccess else {
            let body = (try? await response.collect(limit: Self.maximumErrorBytes)) ?? []
            let error = ModelServiceError(service: id, status: response.status, fields: response.fields, body: body)
            guard error.kind == .modelNotFound else { throw error }
            throw ModelServiceError(
                service: id, kind: .modelNotFound, status: error.status, reason: format.missingModelAdvice)
        }
        if response.fields["content-type"]?.hasPrefix("text/html") ?? false {
            throw failure(.unavailable, "a web page came instead of an answer; is the base URL right?")
        }
        return response
    }

    private func failure(_ error: HTTPClientError) -> ModelServiceError {
        failure(error.code == .timeout ? .timedOut : .unavailable, error.description)
    }

    private func failure(_ kind: ModelServiceError.Kind, _ reason: String) -> ModelServiceError {
        ModelServiceError(service: id, kind: kind, reason: reason)
    }
}

/// Whether a first sign of life has come.
private final class Sign: Sendable {
    private let flag = Atomic(false)
    var wasGiven: Bool { flag.load(ordering: .relaxed) }
    func give() { flag.store(true, ordering: .relaxed) }
}
