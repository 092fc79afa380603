import HTTPClient
import HTTPMessages
import TestSupport

extension HTTPSession {
    /// Fetches, and waits as long as a busy machine may take.
    func patientFetch(_ request: Request) async throws -> (status: HTTPStatus, fields: HTTPFields, body: [UInt8]) {
        var request = request
        request.headTimeout = RawConnection.limit
        request.idleTimeout = RawConnection.limit
        return try await fetch(request)
    }
}
