import AccessControl
import Catalog
import HTTPMessages
import JSONCoding
import Problems
import Settings
import Telemetry
import TextSearch

/// `GET /api/account/oidc/{provider}/start` and `callback`: signing in by an identity provider (OpenID Connect Core 1.0, section
/// 3.1, the authorization code flow, with proof keys as RFC 7636 and RFC 9700 say).
struct OpenIDRoutes: Sendable {
    private static let codeLength = 1...4096
    /// Of a token that a provider is shown again in an address, which may not be long.
    private static let longestHint = 4096

    let services: AccountServices

    /// Sends somebody to the provider. A page asks for the address, so that it can say what is wrong; whoever opens this by
    /// itself is led there.
    func start(_ request: HTTPRequest) async throws -> HTTPResponse {
        let wantsAddress = request.fields["accept"]?.contains("json") ?? false
        do {
            let provider = try provider(of: request)
            var link: String?
            if let token = request.fields["x-apus-link"] {
                let digest = SignInLinks.digest(token)
                guard try await services.catalog.link(digest) != nil else {
                    throw OpenIDFailure(.link, "the link does not count")
                }
                link = digest
            }
            let metadata = try await provider.discover()
            guard
                let attempt = SignInAttempt(
                    provider.settings.id, link: link, services.keys, now: services.seconds())
            else { throw OpenIDFailure(.unavailable, "there is no signing key") }
            let address = ProviderAddress.adding(
                [
                    ("response_type", "code"), ("client_id", provider.settings.clientID),
                    ("redirect_uri", redirect(provider)), ("scope", provider.settings.scopes), ("state", attempt.state),
                    ("nonce", attempt.nonce), ("code_challenge", attempt.challenge), ("code_challenge_method", "S256"),
                ], to: metadata.authorization)
            var response =
                wantsAddress
                ? HTTPResponse(json: ["address": .string(address)]) : Self.redirection(to: address)
            AttemptCookie.set(attempt.encoded(services.keys), on: &response)
            response.fields["Cache-Control"] = "no-store"
            return response
        } catch let failure as OpenIDFailure {
            note(failure, request)
            guard wantsAddress else { return Self.page(failure.code) }
            throw Problem(
                failure.code == .link ? .notFound : .serviceUnavailable,
                failure.code == .link
                    ? "This link does not count: it is unknown, was used already, or is too old. Ask for a new one."
                    : "The service by which you sign in does not answer as it should. Please try again in a moment.")
        }
    }

    /// Takes somebody back from the provider, and begins their session.
    func callback(_ request: HTTPRequest) async throws -> HTTPResponse {
        let provider = try provider(of: request)
        do {
            let attempt = try await attempt(of: request, provider)
            var response = try await finish(request, attempt, provider)
            AttemptCookie.clear(on: &response)
            return response
        } catch let error where !(error is CancellationError) {
            // Whatever it is, somebody's browser is on its way to the page.
            let failure = error as? OpenIDFailure ?? OpenIDFailure(.unavailable, "\(error)")
            note(failure, request)
            SignInRoute.count(failure.code == .notAdmitted ? "wrong" : "failed", .oidc)
            await services.trail.noteRefusal(
                .signIn(
                    request, person: nil, .unauthorized,
                    object: "provider=\(provider.settings.id) reason=\(failure.code.rawValue)"))
            var response = Self.page(failure.code)
            // The cookie of an attempt that goes on in this browser stays: anybody can have a browser come here.
            if failure.code != .expired { AttemptCookie.clear(on: &response) }
            return response
        }
    }

    /// The attempt that comes back: begun in this browser, at this provider, not long ago, and for the first time.
    private func attempt(of request: HTTPRequest, _ provider: OpenIDProvider) async throws -> SignInAttempt {
        guard let text = Cookies.value(Cookies.attempt, in: request),
            let attempt = SignInAttempt(text, services.keys, now: services.seconds()),
            attempt.provider == provider.settings.id, let state = Self.only("state", request),
            attempt.isAnswered(by: state)
        else { throw OpenIDFailure(.expired, "the attempt is unknown, of another browser, or too old") }
        guard try await services.catalog.useAttempt(attempt.digest, for: SignInAttempt.life + IDToken.skew) else {
            throw OpenIDFailure(.expired, "the attempt has come back before")
        }
        return attempt
    }

    private func finish(
        _ request: HTTPRequest, _ attempt: SignInAttempt, _ provider: OpenIDProvider
    ) async throws -> HTTPResponse {
        let metadata = try await provider.discover()
        // RFC 9207: another provider's answer is not taken for this one's.
        if let issuer = request.target.parameter("iss") {
            guard issuer == provider.settings.issuer else {
                throw OpenIDFailure(.invalid, "the answer is another issuer's")
            }
        } else if metadata.namesIssuer {
            throw OpenIDFailure(.invalid, "the answer does not name its issuer")
        }
        if let error = request.target.parameter("error") {
            throw OpenIDFailure(.refused, "the provider says \(ProviderCalls.errorName(error))")
        }
        guard let code = Self.only("code", request), Self.codeLength.contains(code.utf8.count) else {
            throw OpenIDFailure(.invalid, "the answer has no code")
        }
        let (claims, idToken) = try await provider.attending {
            try await ask(code, attempt, provider, metadata)
        }
        let claim = try claims.claim(link: attempt.link)
        switch try await services.catalog.admit(claim) {
        case .refused(.notAdmitted): throw OpenIDFailure(.notAdmitted, "nobody has added them, or they may not sign in")
        case .refused(.link): throw OpenIDFailure(.link, "the link does not count")
        case .refused(.taken): throw OpenIDFailure(.taken, "the account is another person's here")
        case .admitted(let person, let way):
            // Roles and sessions may be others than a moment ago.
            services.gate.forget(person: person)
            let proof = CatalogDatabase.Proof.identity(
                claim.identity, provider: provider.settings.id,
                idToken: idToken.utf8.count <= Self.longestHint ? idToken : nil)
            guard let session = try await SignInRoute(services: services).open(request, person: person, by: proof)
            else {
                throw OpenIDFailure(.notAdmitted, "they may not sign in any more")
            }
            SignInRoute.count("done", .oidc)
            await services.trail.record(
                .signIn(
                    request, person: person, .seeOther, object: "provider=\(provider.settings.id) way=\(way.rawValue)"))
            var response = Self.redirection(to: "/#signed-in")
            SessionCookies.set(token: session.token, refresh: session.refresh, on: &response)
            return response
        }
    }

    private func ask(
        _ code: String, _ attempt: SignInAttempt, _ provider: OpenIDProvider, _ metadata: ProviderMetadata
    ) async throws -> (ProviderClaims, String) {
        let settings = provider.settings
        let tokens = try await provider.calls.tokens(for: code, attempt, redirect: redirect(provider), metadata)
        let token = try IDToken(tokens.idToken)
        let said = try token.claims(
            verifiedBy: try await provider.key(of: token),
            IDToken.Expectation(
                issuer: settings.issuer, clientID: settings.clientID, nonce: attempt.nonce,
                accessToken: tokens.accessToken, now: services.seconds()))
        let claims = ProviderClaims(settings: settings, token: said, more: nil)
        guard claims.lacksSomething, let url = metadata.userInfo, let access = tokens.accessToken else {
            return (claims, tokens.idToken)
        }
        let more = try await provider.calls.userInfo(url, access, subject: claims.subject)
        return (ProviderClaims(settings: settings, token: said, more: more), tokens.idToken)
    }

    private func provider(of request: HTTPRequest) throws -> OpenIDProvider {
        guard let provider = services.providers.first(where: { $0.settings.id == request.parameters["provider"] })
        else {
            throw Problem(.notFound, "Nobody signs in by a provider of this name here.")
        }
        return provider
    }

    private func redirect(_ provider: OpenIDProvider) -> String {
        "\(services.links.page)/api/account/oidc/\(provider.settings.id)/callback"
    }

    private func note(_ failure: OpenIDFailure, _ request: HTTPRequest) {
        services.log.warning(
            "somebody was not signed in by an identity provider",
            ["provider": request.parameters["provider"] ?? "", "code": failure.code.rawValue, "reason": failure.reason])
    }

    /// A parameter that is there once.
    private static func only(_ name: String, _ request: HTTPRequest) -> String? {
        let values = request.target.query.filter { $0.name == name }
        return values.count == 1 ? values.first?.value : nil
    }

    /// The page, which says what went wrong. What the address has is one of our own words.
    private static func page(_ code: OpenIDFailure.Code) -> HTTPResponse {
        redirection(to: "/#sign-in-problem=\(code.rawValue)")
    }

    private static func redirection(to address: String) -> HTTPResponse {
        HTTPResponse(
            .seeOther, fields: ["Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"])
    }

    /// Where somebody signs out at the provider by which a session was begun that has ended (OpenID Connect RP-Initiated Logout
    /// 1.0); `nil` when there is none, or it has no such place.
    func signOutAddress(_ begun: (name: String, idToken: String?)?) async -> String? {
        guard let begun, let provider = services.providers.first(where: { $0.settings.id == begun.name }),
            let address = try? await provider.discover().endSession
        else { return nil }
        var parameters = [
            (name: "client_id", value: provider.settings.clientID),
            (name: "post_logout_redirect_uri", value: services.links.page + "/"),
        ]
        if let idToken = begun.idToken { parameters.append((name: "id_token_hint", value: idToken)) }
        return ProviderAddress.adding(parameters, to: address)
    }
}
