import Digests
import EventLoop
import HTTPMessages
import Problems
import RequestGuards
public import Settings

/// Who may use the endpoints below `/admin`, which start the app anew, run functions and tell its keys.
///
/// Azure's host wants the master key, Core Tools want nothing (docs/reference/functions-custom-handlers.md, 7.7). Here
/// whoever wants keys has Azure's rule, and a key of the environment is enough for that; without any key the endpoints are
/// for programs on the same machine.
public struct AdminAccess: Sendable {
    /// The setting with the key.
    public static let setting = "APUS_ADMIN_KEY"

    /// A key that opens them in every app, beside an app's own master key.
    let key: Secret?
    /// Whether nobody but this machine's programs can ask.
    var isLocal = true

    /// - Parameter key: What callers have to send as `x-functions-key`.
    public init(key: Secret? = nil) { self.key = key }

    /// The answer to a request that is refused; `nil` when it may pass.
    ///
    /// - Parameters:
    ///   - path: The segments in lower case.
    ///   - keys: The app's own keys, where they are checked.
    @NetworkActor
    func refusal(of request: HTTPRequest, path: [String], keys: AccessKeys?) -> HTTPResponse? {
        if let problem = RequestGuard().siteRefusal(of: request) { return answer(problem, request) }
        let isPing = path == ["admin", "host", "ping"]
        if isPing || keys?.rights(request, function: nil).level == .admin || hasKey(request) { return nil }
        guard keys == nil else { return HTTPResponse(.unauthorized) }
        if path == ["admin", "host", "status"], request.method == .get { return nil }
        guard key == nil else {
            return HTTPResponse(
                .unauthorized,
                text: "The header x-functions-key has to be the key that \(Self.setting) gave the host.\n")
        }
        guard isLocal else {
            return HTTPResponse(
                .unauthorized,
                text:
                    "The host listens for other machines and has no key for these endpoints; \(Self.setting) sets one.\n"
            )
        }
        guard !RequestGuard.isSentByPage(request) else {
            return answer(Problem(.forbidden, "Web pages may not use these endpoints without a key."), request)
        }
        return nil
    }

    private func hasKey(_ request: HTTPRequest) -> Bool {
        guard let key, let given = AccessKeys.given(request) else { return false }
        return Digest.constantTimeEqual(Array(given.utf8), Array(key.value.utf8))
    }

    private func answer(_ problem: Problem, _ request: HTTPRequest) -> HTTPResponse {
        problem.response(requestID: request.fields["x-request-id"] ?? UUIDv7.random())
    }
}
