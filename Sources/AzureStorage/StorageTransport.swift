import AzureIdentity
import AzureSignatures
import HTTPClient
public import HTTPMessages
import Markup
public import Problems
import Telemetry

/// A storage call that did not succeed.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// What was asked, e.g. `Put Blob`.
    public let operation: String
    /// Status of the answer; 0 when there was none.
    public let status: HTTPStatus
    /// The service's error code, e.g. `BlobNotFound`.
    public let code: String
    /// The service's request id.
    public let requestID: String

    /// Whether the service could not be reached or is unwell.
    public var isUnavailable: Bool { status.rawValue == 0 || status.rawValue >= 500 }
    /// Whether the resource is not there.
    public var isNotFound: Bool { status == .notFound }

    public var description: String {
        status.rawValue == 0
            ? "storage: \(operation): \(code)"
            : "storage: \(operation): \(status.rawValue) \(code), request \(requestID)"
    }
}

/// Signs and sends the requests of both storage services.
struct StorageTransport: Sendable {
    static let version = "2021-12-02"

    let endpoint: String
    let key: SharedKey?
    let identity: TokenSource?
    let client: HTTPClient

    /// Sends a request whose answer is small, and returns it when the status is one of `expected`.
    func call(
        _ operation: String, _ method: HTTPMethod, _ path: String, query: [(String, String)] = [],
        fields: HTTPFields = [:], body: [UInt8] = [], expected: [Int], retries: Bool = true
    ) async throws -> (status: HTTPStatus, fields: HTTPFields, body: [UInt8]) {
        let response = try await open(
            operation, method, path, query: query, fields: fields, body: body, expected: expected, retries: retries)
        return (response.status, response.fields, try await response.collect())
    }

    /// Sends a request and returns the answer while its body is still arriving.
    func open(
        _ operation: String, _ method: HTTPMethod, _ path: String, query: [(String, String)] = [],
        fields: HTTPFields = [:], body: [UInt8] = [], expected: [Int], retries: Bool
    ) async throws -> HTTPClient.Response {
        let policy = RetryPolicy(maximumTries: retries ? 3 : 1)
        return try await policy.run(retryIf: { ($0 as? StorageError)?.isUnavailable ?? false }) {
            try await attempt(operation, method, path, query: query, fields: fields, body: body, expected: expected)
        }
    }

    private func attempt(
        _ operation: String, _ method: HTTPMethod, _ path: String, query: [(String, String)], fields: HTTPFields,
        body: [UInt8], expected: [Int]
    ) async throws -> HTTPClient.Response {
        let queryText = query.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }.joined(separator: "&")
        let url = endpoint + path + (queryText.isEmpty ? "" : "?" + queryText)
        var request = HTTPClient.Request(method, url, fields: fields, body: .bytes(body))
        request.fields["x-ms-version"] = Self.version
        request.fields["x-ms-date"] = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        if let id = Log.requestID { request.fields["x-ms-client-request-id"] = id }
        // libcurl would choose a type of its own for a body.
        if !body.isEmpty, request.fields["content-type"] == nil {
            request.fields["Content-Type"] = "application/octet-stream"
        }
        if let key {
            let pathStart = url.utf8.firstIndex(afterScheme: url)
            let target = HTTPTarget(String(url[pathStart...]))
            request.fields["Authorization"] = key.authorization(
                method: method, target: target, fields: request.fields, contentLength: body.count)
        } else if let identity {
            request.fields["Authorization"] = "Bearer " + (try await identity.token(for: "https://storage.azure.com/"))
        }
        let response: HTTPClient.Response
        do {
            response = try await client.send(request)
        } catch let error as HTTPClientError {
            throw StorageError(
                operation: operation, status: HTTPStatus(rawValue: 0), code: error.description, requestID: "")
        }
        if expected.contains(response.status.rawValue) { return response }
        let text = (try? await response.collect(limit: 64 * 1024)) ?? []
        let code = response.fields["x-ms-error-code"] ?? (try? MarkupReader.tree(text))?["Code"]?.text ?? "unknown"
        throw StorageError(
            operation: operation, status: response.status, code: code,
            requestID: response.fields["x-ms-request-id"] ?? "")
    }
}

extension String.UTF8View {
    /// Where the path of an absolute URL begins.
    fileprivate func firstIndex(afterScheme url: String) -> String.Index {
        var slashes = 0
        for index in url.utf8.indices where url.utf8[index] == UInt8(ascii: "/") {
            slashes += 1
            if slashes == 3 { return index }
        }
        return url.endIndex
    }
}

extension StorageError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(
                .serviceUnavailable,
                "The file store (Blob and Queue Storage) is not available. Please try again in a moment.")
            : Problem(
                .internalServerError, "The file store refused the request. The log has the reason under the request id."
            )
    }
}
