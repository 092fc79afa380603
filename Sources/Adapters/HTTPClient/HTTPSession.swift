public import HTTPMessages
import ProgramSupport

/// Sends HTTP requests over libcurl's multi interface: connections are kept and shared, bodies stream both
/// ways, every request has a deadline and ends when its task is cancelled.
///
/// One thread owns the library's handle. It starts with the first request and lives as long as the process,
/// so a client is made once per program.
public final class HTTPSession: Sendable {
    /// A request as a client sends it.
    public struct Request: Sendable {
        public var method: HTTPMethod
        /// Absolute URL, percent-encoded; sent as it is.
        public var url: String
        public var fields: HTTPFields
        public var body: HTTPBody
        /// Length of a body that is a source; without it the body goes out chunked.
        public var bodyLength: Int?
        /// Longest time to the end of the response's head.
        public var headTimeout = Duration.seconds(30)
        /// Longest silence while the response's body arrives.
        public var idleTimeout = Duration.seconds(60)
        /// File with the certificates to trust instead of the system's.
        public var certificateFile: String?
        /// Bytes of the buffer that is kept for receiving; a small one suits streams that bring a little at a time, and of
        /// which there are many.
        public var receiveBufferBytes = 16 * 1024
        /// Whether the current trace goes on at the other side. Not for addresses that are not part of the product.
        public var continuesTrace = true
        /// The address to connect to, whatever the URL's host resolves to.
        public var connectsTo: Endpoint?

        /// Makes a request.
        public init(_ method: HTTPMethod, _ url: String, fields: HTTPFields = [:], body: HTTPBody = .bytes([])) {
            self.method = method
            self.url = url
            self.fields = fields
            self.body = body
        }
    }

    /// A host of a URL, and the address that stands for it.
    public struct Endpoint: Sendable {
        let host: String
        let port: Int
        let address: String

        /// Binds a host and port to an IPv4 or IPv6 address. No proxy is used, since it would resolve the name itself.
        public init(host: String, port: Int, address: String) {
            self.host = host
            self.port = port
            self.address = address
        }
    }

    /// A response whose body is still arriving. Dropping it, or cancelling the task that reads it, ends the transfer.
    public struct Response: Sendable {
        public let status: HTTPStatus
        public let fields: HTTPFields
        /// The body as it arrives.
        public let body: any HTTPBodySource

        /// The whole body, up to `limit` bytes.
        public func collect(limit: Int = 64 << 20) async throws -> [UInt8] {
            try await HTTPBody.source(body).collect(limit: limit)
        }
    }

    private let loop: TransferLoop
    private let certificateFile: String?

    /// A client with its own pool of connections. It trusts the certificates that `TrustedCertificates` finds.
    ///
    /// - Parameter maximumConnections: Idle connections that are kept.
    public init(maximumConnections: Int = 64) {
        loop = TransferLoop(maximumConnections: maximumConnections)
        certificateFile = TrustedCertificates.file
    }

    /// Sends the request and returns when the response's head has arrived.
    ///
    /// - Throws: `HTTPClientError`; `CancellationError` when the task is cancelled.
    public func send(_ request: Request) async throws -> Response {
        var request = request
        if request.certificateFile == nil { request.certificateFile = certificateFile }
        guard request.continuesTrace else { return try await transfer(request) }
        let observer = OutgoingObserver(&request)
        do {
            let response = try await transfer(request)
            observer.end(status: response.status.rawValue)
            return response
        } catch {
            observer.end(failure: error)
            throw error
        }
    }

    private func transfer(_ request: Request) async throws -> Response {
        let transfer = try Transfer(request)
        let upload = uploadTask(request, transfer)
        return try await withTaskCancellationHandler {
            let head = try await transfer.head(within: request.headTimeout, startedOn: loop)
            let body = TransferBody(transfer: transfer, loop: loop, idleTimeout: request.idleTimeout, upload: upload)
            return Response(status: head.0, fields: head.1, body: body)
        } onCancel: {
            upload?.cancel()
            loop.cancel(transfer)
        }
    }

    /// Sends the request and collects the whole response.
    public func fetch(_ request: Request, limit: Int = 64 << 20) async throws -> (
        status: HTTPStatus, fields: HTTPFields, body: [UInt8]
    ) {
        let response = try await send(request)
        return (response.status, response.fields, try await response.collect(limit: limit))
    }

    private func uploadTask(_ request: Request, _ transfer: Transfer) -> Task<Void, Never>? {
        guard case .source(let source) = request.body else { return nil }
        return Task { [loop] in
            do {
                while let piece = try await source.next() { try await transfer.offer(piece, on: loop) }
                transfer.endUpload(failed: false, on: loop)
            } catch {
                transfer.endUpload(failed: true, on: loop)
            }
        }
    }
}

/// The response's body; owns the transfer, which ends with it.
private final class TransferBody: HTTPBodySource {
    private let transfer: Transfer
    private let loop: TransferLoop
    private let idleTimeout: Duration
    private let upload: Task<Void, Never>?

    init(transfer: Transfer, loop: TransferLoop, idleTimeout: Duration, upload: Task<Void, Never>?) {
        self.transfer = transfer
        self.loop = loop
        self.idleTimeout = idleTimeout
        self.upload = upload
    }

    deinit {
        upload?.cancel()
        loop.cancel(transfer)
    }

    func next() async throws -> [UInt8]? {
        if let ready = try transfer.takeReady(on: loop) { return ready.isEmpty ? nil : ready }
        // The clock runs only while somebody waits for bytes.
        return try await transfer.nextPiece(within: idleTimeout, on: loop)
    }
}

/// Why no complete response arrived.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public enum Code: Sendable {
        /// Nobody answers at the address: name unknown, refused, unreachable.
        case connection
        /// The deadline passed.
        case timeout
        /// The connection broke after it was made.
        case cut
        /// The request itself cannot be sent.
        case badRequest
    }

    public let code: Code
    /// Scheme, host and port only: paths and queries may hold secrets.
    public let origin: String
    /// libcurl's words, where it has any.
    public let reason: String

    init(_ code: Code, url: String, reason: String = "") {
        self.code = code
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        origin = parts.prefix(3).joined(separator: "/")
        self.reason = reason
    }

    /// Whether the request cannot have reached a server.
    public var isConnection: Bool { code == .connection }

    public var description: String {
        switch code {
        case .connection: "cannot connect to \(origin)\(reason.isEmpty ? "" : ": \(reason)")"
        case .timeout: "\(origin) did not answer in time"
        case .cut: "the connection to \(origin) was cut\(reason.isEmpty ? "" : ": \(reason)")"
        case .badRequest: "the request to \(origin) cannot be sent: \(reason)"
        }
    }
}
