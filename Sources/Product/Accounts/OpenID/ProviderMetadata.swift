import JSONCoding

/// What an identity provider says of itself (OpenID Connect Discovery 1.0, section 3).
struct ProviderMetadata: Sendable, Equatable {
    /// Bytes that the document may have; those in use have 2,000 to 6,000.
    static let limit = 64 * 1024
    static let path = "/.well-known/openid-configuration"
    private static let depth = 16

    let authorization: String
    let token: String
    let keys: String
    let userInfo: String?
    let endSession: String?
    /// Whether the client's id and secret go into the `Authorization` field; else into the body.
    let usesBasic: Bool
    /// Whether answers name their issuer (RFC 9207).
    let namesIssuer: Bool

    /// Reads the document.
    ///
    /// - Parameter issuer: Which it has to be of: another's would be believed in its place (section 4.3).
    init(_ bytes: [UInt8], issuer: String) throws(OpenIDFailure) {
        guard let json = try? JSONParser.parse(bytes, maximumDepth: Self.depth), json.object != nil else {
            throw OpenIDFailure(.unavailable, "the discovery document is not JSON")
        }
        guard json["issuer"]?.string == issuer else {
            throw OpenIDFailure(.unavailable, "the discovery document is another issuer's")
        }
        authorization = try Self.address("authorization_endpoint", json)
        token = try Self.address("token_endpoint", json)
        keys = try Self.address("jwks_uri", json)
        userInfo = json["userinfo_endpoint"]?.isNull ?? true ? nil : try Self.address("userinfo_endpoint", json)
        endSession = json["end_session_endpoint"]?.isNull ?? true ? nil : try Self.address("end_session_endpoint", json)
        let methods = json["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
        usesBasic = methods?.contains("client_secret_basic") ?? true
        guard usesBasic || methods?.contains("client_secret_post") ?? false else {
            throw OpenIDFailure(.unavailable, "the provider takes neither client_secret_basic nor client_secret_post")
        }
        // Without the list nothing is said (RFC 8414, section 2); a provider that does not know the method ignores it.
        let challenges = json["code_challenge_methods_supported"]?.array?.compactMap(\.string)
        guard challenges?.contains("S256") ?? true else {
            throw OpenIDFailure(.unavailable, "the provider does not take code challenges of S256")
        }
        namesIssuer = json["authorization_response_iss_parameter_supported"]?.bool ?? false
    }

    private static func address(_ name: String, _ json: JSONValue) throws(OpenIDFailure) -> String {
        guard let text = json[name]?.string else {
            throw OpenIDFailure(.unavailable, "the discovery document has no \(name)")
        }
        if let fault = ProviderAddress.fault(of: text) {
            throw OpenIDFailure(.unavailable, "the discovery document's \(name) \(fault)")
        }
        return text
    }
}
