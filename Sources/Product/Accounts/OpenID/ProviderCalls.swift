import Digests
import HTTPClient
import HTTPMessages
import JSONCoding
import Settings

/// What is asked of an identity provider, each answer with a limit of size and time. No redirect is followed.
struct ProviderCalls: Sendable {
    /// What a code is exchanged for.
    struct Tokens: Sendable {
        let idToken: String
        let accessToken: String?
    }

    private static let tokensLimit = 128 * 1024
    private static let userInfoLimit = 256 * 1024
    private static let longestToken = 16 * 1024

    let settings: ProviderSettings
    let client: HTTPSession
    /// The longest time for one answer, its body included.
    var patience = Duration.seconds(10)

    /// The discovery document.
    func metadata() async throws(OpenIDFailure) -> ProviderMetadata {
        var issuer = settings.issuer
        if issuer.hasSuffix("/") { issuer.removeLast() }
        let body = try await document(issuer + ProviderMetadata.path, ProviderMetadata.limit, "discovery document")
        return try ProviderMetadata(body, issuer: settings.issuer)
    }

    /// The keys.
    func keys(_ metadata: ProviderMetadata) async throws(OpenIDFailure) -> ProviderKeys {
        try ProviderKeys(try await document(metadata.keys, ProviderKeys.limit, "list of keys"))
    }

    private func document(_ url: String, _ limit: Int, _ name: String) async throws(OpenIDFailure) -> [UInt8] {
        let request = HTTPSession.Request(.get, url, fields: ["Accept": "application/json"])
        let answer = try await fetch(request, limit, name)
        guard answer.status == 200 else {
            throw OpenIDFailure(.unavailable, "the \(name) was answered with \(answer.status)")
        }
        return answer.body
    }

    /// Exchanges a code, which the provider does once.
    func tokens(
        for code: String, _ attempt: SignInAttempt, redirect: String, _ metadata: ProviderMetadata
    ) async throws(OpenIDFailure) -> Tokens {
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
            ("code_verifier", attempt.verifier),
        ]
        var fields: HTTPFields = [
            "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded",
        ]
        if metadata.usesBasic {
            // RFC 6749, section 2.3.1: both are encoded as in a form before they are joined.
            let pair = percentEncoded(settings.clientID) + ":" + percentEncoded(settings.clientSecret.value)
            fields["Authorization"] = "Basic " + Base64.encode(Array(pair.utf8))
        } else {
            form += [("client_id", settings.clientID), ("client_secret", settings.clientSecret.value)]
        }
        let body = ProviderAddress.form(form.map { (name: $0.0, value: $0.1) })
        let request = HTTPSession.Request(.post, metadata.token, fields: fields, body: .bytes(Array(body.utf8)))
        let answer = try await fetch(request, Self.tokensLimit, "token endpoint")
        let json = try? JSONParser.parse(answer.body, maximumDepth: 8)
        guard answer.status == 200 else {
            throw OpenIDFailure(
                answer.status >= 500 ? .unavailable : .refused,
                "the token endpoint answered \(answer.status) \(Self.errorName(json?["error"]?.string))")
        }
        guard let idToken = json?["id_token"]?.string else {
            throw OpenIDFailure(.invalid, "the token endpoint gave no ID token")
        }
        guard let accessToken = json?["access_token"]?.string else { return Tokens(idToken: idToken, accessToken: nil) }
        guard (1...Self.longestToken).contains(accessToken.utf8.count),
            accessToken.utf8.allSatisfy({ (33...126).contains($0) }),
            equalIgnoringCase(json?["token_type"]?.string ?? "", "bearer")
        else { throw OpenIDFailure(.invalid, "the token endpoint gave an access token that is no bearer's") }
        return Tokens(idToken: idToken, accessToken: accessToken)
    }

    /// More about the subject of a verified token (OpenID Connect Core 1.0, section 5.3).
    func userInfo(_ url: String, _ accessToken: String, subject: String) async throws(OpenIDFailure) -> JSONValue {
        let request = HTTPSession.Request(
            .get, url, fields: ["Accept": "application/json", "Authorization": "Bearer " + accessToken])
        let answer = try await fetch(request, Self.userInfoLimit, "userinfo endpoint")
        guard answer.status == 200, let json = try? JSONParser.parse(answer.body, maximumDepth: 16) else {
            throw OpenIDFailure(.unavailable, "the userinfo endpoint answered \(answer.status), or no JSON")
        }
        // Section 5.3.2: what is of another subject is not used.
        guard json["sub"]?.string == subject else {
            throw OpenIDFailure(.invalid, "the userinfo endpoint speaks of another subject")
        }
        return json
    }

    /// The name of an error (RFC 6749, section 5.2), for the log; whatever else came is not repeated.
    static func errorName(_ text: String?) -> String {
        String((text ?? "").filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }.prefix(60))
    }

    private func fetch(
        _ request: HTTPSession.Request, _ limit: Int, _ name: String
    ) async throws(OpenIDFailure) -> (status: Int, body: [UInt8]) {
        var request = request
        request.continuesTrace = false
        request.headTimeout = patience
        request.idleTimeout = patience
        let end = ContinuousClock.now + patience
        do {
            let answer = try await client.send(request)
            let body = try await HTTPBody.source(answer.body).collect(limit: limit, within: end - .now)
            return (answer.status.rawValue, body)
        } catch let error as HTTPBodyTooLarge {
            throw OpenIDFailure(.unavailable, "the \(name) has more than \(error.limit) bytes")
        } catch let error as HTTPClientError {
            throw OpenIDFailure(.unavailable, "the \(name): \(error)")
        } catch {
            throw OpenIDFailure(.unavailable, "the \(name) did not come in time")
        }
    }
}
