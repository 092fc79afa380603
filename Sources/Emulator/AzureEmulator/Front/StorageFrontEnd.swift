import AzureSignatures
import Digests
import HTTPMessages
import Problems
import RequestGuards
import Telemetry

/// What both storage services do with a request before and after their own work: account, version, sender.
struct StorageFrontEnd: Sendable {
    enum Service: String {
        case blob, queue
        var letter: Character { self == .blob ? "b" : "q" }
    }

    let service: Service
    let accounts: [String: SharedKeyVerifier]
    let authority: TokenAuthority
    let clock: EmulatorClock

    private static let sites = RequestGuard(remedy: "A rule for other origins of the account lets a site's pages in.")

    /// Answers a request; errors take the services' form.
    ///
    /// - Parameters:
    ///   - isPart: Whether the request came inside another one, whose version is its own too.
    ///   - properties: An account's service properties, which have the rules for other origins.
    ///   - route: Finds the operation; it runs only with the parameters that it knows.
    func handle(
        _ request: HTTPRequest, isPart: Bool = false, properties: (_ account: String) throws -> String?,
        _ route: (StorageCall) throws -> StorageOperation
    ) async -> HTTPResponse {
        let requestID = UUIDv7.random()
        var origin: CrossOriginRules.Match?
        var response: HTTPResponse
        do {
            let call = try call(request, needsVersion: !isPart)
            let rules = CrossOriginRules(try properties(call.account))
            origin = rules.match(request)
            if call.method == .options {
                response = try rules.preflight(request)
            } else {
                // Azure leaves this to the account's key; where that is public, any page could sign with it.
                if origin == nil, let problem = Self.sites.siteRefusal(of: request) {
                    throw StorageFailure(problem.status.rawValue, "CrossOriginRequestRefused", problem.detail)
                }
                let operation = try route(call)
                try call.admit(operation.parameters)
                response = try await operation.run()
            }
        } catch {
            response = Self.failure(error).response(requestID: requestID)
        }
        origin?.add(to: &response.fields)
        response.fields["x-ms-request-id"] = requestID
        response.fields["x-ms-version"] = request.fields["x-ms-version"] ?? "2021-12-02"
        response.fields["Server"] = "Windows-Azure-\(service == .blob ? "Blob" : "Queue")/1.0 apus"
        if let id = request.fields["x-ms-client-request-id"], id.utf8.count <= 1024 {
            response.fields["x-ms-client-request-id"] = id
        }
        return response
    }

    static func failure(_ error: any Error) -> StorageFailure {
        switch error {
        case let failure as StorageFailure: return failure
        case is HTTPBodyTooLarge:
            return StorageFailure(
                413, "RequestBodyTooLarge",
                "The request body is too large and exceeds the maximum permissible limit.")
        default:
            Log(label: "azure-emulator").error("storage request failed", ["error": String(reflecting: error)])
            return StorageFailure(500, "InternalError", "The server's log has the reason.")
        }
    }

    /// The account and path of a URL that another request names, with the sender that the URL itself carries.
    func resolve(_ request: HTTPRequest) throws(StorageFailure) -> StorageCall {
        try call(request, needsVersion: false)
    }

    // MARK: - Account and path

    /// The account is the first label of a dotted name, otherwise the first segment of the path.
    private func place(_ request: HTTPRequest) throws(StorageFailure) -> (account: String, rawPath: String) {
        let host = (request.fields["host"] ?? "").split(separator: ":").first.map(String.init) ?? ""
        let isAddress = host.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
        let path = request.target.rawPath.drop { $0 == "/" }
        if !isAddress, host.contains("."), host != "host.docker.internal",
            let label = host.split(separator: ".").first
        {
            return (Self.primary(String(label)), String(path))
        }
        let raw = request.target.rawPath.hasPrefix("/") ? request.target.rawPath.dropFirst() : ""
        let end = raw.firstIndex(of: "/") ?? raw.endIndex
        guard let account = percentDecoded(raw[..<end]), !account.isEmpty else {
            throw StorageFailure(400, "InvalidUri", "The path has to begin with the account's name.")
        }
        return (Self.primary(account), String(end < raw.endIndex ? raw[raw.index(after: end)...] : ""))
    }

    private static func primary(_ account: String) -> String {
        account.hasSuffix("-secondary") ? String(account.dropLast("-secondary".count)) : account
    }

    private func call(_ request: HTTPRequest, needsVersion: Bool) throws(StorageFailure) -> StorageCall {
        let (account, rawPath) = try place(request)
        if let version = request.fields["x-ms-version"] {
            guard Self.isDate(version), version >= "2011-08-18" else { throw .header("x-ms-version", version) }
        } else if needsVersion, request.fields["authorization"] != nil {
            throw .missingHeader("x-ms-version")
        }
        guard let verifier = accounts[account] else {
            throw .authentication("There is no account of the name \(account) here.")
        }
        var segments: [String] = []
        for part in rawPath.split(separator: "/") {
            guard let decoded = percentDecoded(part) else {
                throw StorageFailure(400, "InvalidUri", "The path is not UTF-8.")
            }
            segments.append(decoded)
        }
        let length = request.fields["content-length"].flatMap { Int($0) } ?? 0
        let scheme = request.connection.isEncrypted ? "https" : "http"
        return StorageCall(
            request: request, account: account, rawPath: rawPath, segments: segments, contentLength: length,
            caller: try caller(request, account, verifier, length),
            endpoint: "\(scheme)://\(request.fields["host"] ?? "127.0.0.1")/\(account)")
    }

    private static func isDate(_ text: String) -> Bool {
        text.utf8.count == 10 && Timestamp.milliseconds(iso8601: text) != nil
    }

    // MARK: - Sender

    private func caller(
        _ request: HTTPRequest, _ account: String, _ verifier: SharedKeyVerifier, _ length: Int
    ) throws(StorageFailure) -> StorageCall.Caller {
        guard let given = request.fields["authorization"] else {
            if request.method == .options { return .anonymous }
            return SharedAccessSignature(request.target).map { .signature($0) } ?? .anonymous
        }
        if given.hasPrefix("Bearer ") {
            do throws(TokenAuthority.Refusal) {
                return .bearer(try authority.check(String(given.dropFirst(7))) { isAudience($0, account) })
            } catch {
                throw Self.challenge(
                    "InvalidAuthenticationInfo",
                    "Authentication information is not given in the correct format: \(error).")
            }
        }
        guard given.hasPrefix("SharedKey ") else {
            throw StorageFailure(
                400, "InvalidAuthenticationInfo",
                "Authentication information is not given in the correct format. Check the value of Authorization header."
            )
        }
        guard let dateText = request.fields["x-ms-date"] ?? request.fields["date"],
            let date = Timestamp.seconds(httpDate: dateText)
        else { throw .authentication("The Date header is missing or is not an HTTP date.") }
        // The sender reads the machine's clock, however far tests have moved the emulator's.
        let now = Timestamp.nowMilliseconds() / 1000
        guard abs(date - now) <= 900 else {
            throw .authentication(
                "The Date header is not within 15 minutes of the server's time, which is \(Timestamp.httpDate(seconds: now))."
            )
        }
        if let signed = verifier.mismatch(given, request, account: account, contentLength: length) {
            throw .authentication(
                "The MAC signature found in the HTTP request is not the same as any computed signature. "
                    + "Server used following string to sign: '\(signed)'.")
        }
        return .key
    }

    private func isAudience(_ audience: String, _ account: String) -> Bool {
        let plain = audience.hasSuffix("/") ? String(audience.dropLast()) : audience
        return [
            "https://storage.azure.com", "e406a681-f3d4-42a8-90b6-c2b029497af1",
            "https://\(account).\(service.rawValue).core.windows.net",
        ].contains(plain)
    }

    static func challenge(_ code: String, _ message: String) -> StorageFailure {
        var failure = StorageFailure(401, code, message)
        failure.fields["WWW-Authenticate"] =
            "Bearer authorization_uri=https://login.microsoftonline.com/\(TokenAuthority.tenant)/oauth2/authorize "
            + "resource_id=https://storage.azure.com"
        return failure
    }
}
