import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Synchronization
import TestSupport

/// An identity provider over real sockets that says what the test wants, true or not.
final class ScriptedProvider: Sendable {
    static let clientID = "apus-test"
    static let secret = "s3cret: of / the client"

    /// What it does, which a test changes.
    struct Behaviour: Sendable {
        /// The keys that it publishes, and the one that it signs with.
        var published: [Key]
        var signing: Key
        var algorithm = "RS256"
        /// Claims of the token, beside and in the place of those that are right.
        var claims: JSONObject = ["email": "ann@example.com", "email_verified": true, "name": "Ann"]
        var removed: [String] = []
        var header: JSONObject = [:]
        var metadata: JSONObject = [:]
        var userInfo: JSONValue? = ["sub": "subject-1"]
        /// What stands in the place of the signature.
        var signature: (@Sendable (_ signed: [UInt8]) -> [UInt8])?
        var tokens: JSONObject = [:]
        /// Paths that answer with something else.
        var answers: [String: @Sendable () async throws -> HTTPResponse] = [:]
        /// Which way of naming the client is asked for.
        var authentication = "client_secret_basic"
    }

    struct Key: Sendable {
        let id: String
        let key: PrivateKey

        init(_ id: String, isRSA: Bool = true) throws {
            guard let key = PrivateKey(isRSA: isRSA) else { throw TestFailure("no key") }
            self.id = id
            self.key = key
        }

        var json: JSONValue {
            switch key.publicKey {
            case .rsa(let modulus, let exponent):
                [
                    "kty": "RSA", "use": "sig", "kid": .string(id), "n": .string(Base64URL.encode(modulus)),
                    "e": .string(Base64URL.encode(exponent)),
                ]
            case .p256(let x, let y):
                [
                    "kty": "EC", "crv": "P-256", "kid": .string(id), "x": .string(Base64URL.encode(x)),
                    "y": .string(Base64URL.encode(y)),
                ]
            }
        }
    }

    private struct Grant: Sendable {
        let nonce: String
        let challenge: String
        let redirect: String
    }

    private struct State: Sendable {
        var behaviour: Behaviour
        var grants: [String: Grant] = [:]
        var asked: [String: Int] = [:]
    }

    private let state: Mutex<State>
    private let server = Mutex<HTTPServer?>(nil)

    init() throws {
        let key = try Key("one")
        state = Mutex(State(behaviour: Behaviour(published: [key], signing: key)))
        let started = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            do { return try await self?.answer(request) ?? HTTPResponse(.notFound) } catch {
                return HTTPResponse(.internalServerError)
            }
        }
        server.withLock { $0 = started }
    }

    func shutDown() async { await server.withLock { $0 }?.shutDown(grace: .zero) }

    var issuer: String { "http://127.0.0.1:\(server.withLock { $0?.port } ?? 0)" }

    var behaviour: Behaviour {
        get { state.withLock { $0.behaviour } }
        set { state.withLock { $0.behaviour = newValue } }
    }

    /// How often a path was asked for.
    func asked(_ path: String) -> Int { state.withLock { $0.asked[path] ?? 0 } }

    /// What somebody's browser comes back with who signs in at an address of ours: a code and the state.
    func signIn(at address: String) throws -> (code: String, state: String) {
        let target = HTTPTarget(url: address)
        func value(_ name: String) throws -> String {
            guard let value = target.parameter(name) else { throw TestFailure("no \(name) in \(address)") }
            return value
        }
        guard try value("response_type") == "code", try value("client_id") == Self.clientID,
            try value("code_challenge_method") == "S256", try value("scope").contains("openid")
        else { throw TestFailure("not what a client asks: \(address)") }
        let code = UUIDv7.random()
        let grant = Grant(
            nonce: try value("nonce"), challenge: try value("code_challenge"), redirect: try value("redirect_uri"))
        state.withLock { $0.grants[code] = grant }
        return (code, try value("state"))
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let path = request.target.rawPath
        let behaviour = state.withLock { state in
            state.asked[path, default: 0] += 1
            return state.behaviour
        }
        if let other = behaviour.answers[path] { return try await other() }
        switch path {
        case "/.well-known/openid-configuration": return HTTPResponse(json: metadata(behaviour))
        case "/keys": return HTTPResponse(json: ["keys": .array(behaviour.published.map(\.json))])
        case "/token": return try await token(request, behaviour)
        case "/userinfo":
            guard let said = behaviour.userInfo, request.fields["authorization"] == "Bearer access" else {
                return HTTPResponse(.unauthorized)
            }
            return HTTPResponse(json: said)
        default: return HTTPResponse(.notFound)
        }
    }

    private func metadata(_ behaviour: Behaviour) -> JSONValue {
        var json: JSONObject = [
            "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(issuer + "/token"), "jwks_uri": .string(issuer + "/keys"),
            "userinfo_endpoint": .string(issuer + "/userinfo"),
            "end_session_endpoint": .string(issuer + "/logout?ui=plain"),
            "token_endpoint_auth_methods_supported": [.string(behaviour.authentication)],
        ]
        for (name, value) in behaviour.metadata.members { json[name] = value }
        return .object(json)
    }

    private func token(_ request: HTTPRequest, _ behaviour: Behaviour) async throws -> HTTPResponse {
        let form = HTTPTarget("/?" + String(decoding: try await request.body.collect(limit: 1 << 20), as: UTF8.self))
        func refusal(_ error: String) -> HTTPResponse {
            var response = HTTPResponse(json: [
                "error": .string(error), "error_description": "a secret of the provider",
            ])
            response.status = .badRequest
            return response
        }
        let basic = "Basic " + Base64.encode(Array("apus-test:s3cret%3A%20of%20%2F%20the%20client".utf8))
        let isKnown =
            behaviour.authentication == "client_secret_basic"
            ? request.fields["authorization"] == basic && form.parameter("client_secret") == nil
            : request.fields["authorization"] == nil && form.parameter("client_id") == Self.clientID
                && form.parameter("client_secret") == Self.secret
        guard isKnown else { return refusal("invalid_client") }
        // Once, whatever comes of it.
        guard let code = form.parameter("code"), let grant = state.withLock({ $0.grants.removeValue(forKey: code) })
        else { return refusal("invalid_grant") }
        let challenge = Base64URL.encode(Digest.sha256(Array((form.parameter("code_verifier") ?? "").utf8)))
        guard challenge == grant.challenge, form.parameter("redirect_uri") == grant.redirect,
            form.parameter("grant_type") == "authorization_code"
        else { return refusal("invalid_grant") }
        var json: JSONObject = [
            "access_token": "access", "token_type": "Bearer", "expires_in": 300,
            "id_token": .string(idToken(nonce: grant.nonce, behaviour)),
        ]
        for (name, value) in behaviour.tokens.members { json[name] = value }
        return HTTPResponse(json: .object(json))
    }

    /// A token that is right but for what the test wants otherwise.
    func idToken(nonce: String, _ behaviour: Behaviour, now: Int64 = Clock.seconds()) -> String {
        var header: JSONObject = ["alg": .string(behaviour.algorithm), "kid": .string(behaviour.signing.id)]
        for (name, value) in behaviour.header.members { header[name] = value }
        var claims: JSONObject = [
            "iss": .string(issuer), "sub": "subject-1", "aud": .string(Self.clientID), "exp": .int(now + 300),
            "iat": .int(now), "nonce": .string(nonce),
            "at_hash": .string(Base64URL.encode(Array(Digest.sha256(Array("access".utf8)).prefix(16)))),
        ]
        for (name, value) in behaviour.claims.members { claims[name] = value }
        for name in behaviour.removed { claims[name] = nil }
        let signed =
            Base64URL.encode(JSONValue.object(header).encoded) + "."
            + Base64URL.encode(JSONValue.object(claims).encoded)
        let bytes = Array(signed.utf8)
        let algorithm = PublicKey.Algorithm(rawValue: behaviour.algorithm) ?? .rs256
        let signature = behaviour.signature?(bytes) ?? behaviour.signing.key.sign(bytes, by: algorithm)
        return signed + "." + Base64URL.encode(signature)
    }
}
