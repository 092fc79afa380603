import AccessControl
import Catalog
import HTTPMessages
import JSONCoding
import Problems

/// `/api/account/refresh`, `sign-out` and `sessions`.
struct SessionRoutes: Sendable {
    let services: AccountServices

    /// Gives new cookies for old ones.
    func refresh(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let given = Cookies.value(Cookies.refresh, in: request).flatMap(RefreshToken.init) else {
            throw Self.signInAgain
        }
        let successors = given.successors(services.keys)
        let rotation = try await services.catalog.rotate(
            given.session, given: given.digest, successors: successors.map(\.digest)
        ) { given.leads(to: $0, services.keys) }
        if case .refused(let person?) = rotation {
            await services.trail.record(.signIn(request, person: person, .unauthorized, by: "refresh token used again"))
            services.gate.forget(person: person)
        }
        guard case .done(let person, let digest) = rotation,
            let next = successors.first(where: { $0.digest == digest }),
            let token = services.gate.token(of: given.session, for: person)
        else { throw Self.signInAgain }
        var response = HTTPResponse(.noContent)
        SessionCookies.set(token: token, refresh: next, on: &response)
        return response
    }

    private static let signInAgain = AccessProblem.badToken

    /// Ends the session that the cookies are of, and clears them, whatever they are. Whoever signed in by an identity provider is
    /// told where they sign out there.
    func signOut(_ request: HTTPRequest) async throws -> HTTPResponse {
        var begun: (name: String, idToken: String?)?
        if let token = services.gate.session(of: request) {
            let provider = try await services.catalog.provider(ofSession: token.session)
            if try await services.catalog.endSession(token.session, of: token.person) {
                begun = provider
                await services.trail.record(.signIn(request, person: token.person, .noContent))
            }
            services.gate.forget(person: token.person)
        }
        if let given = Cookies.value(Cookies.refresh, in: request).flatMap(RefreshToken.init) {
            let provider = try await services.catalog.provider(ofSession: given.session)
            if let person = try await services.catalog.endSession(given.session, refresh: given.digest) {
                begun = provider
                await services.trail.record(.signIn(request, person: person, .noContent))
                services.gate.forget(person: person)
            }
        }
        let address = await OpenIDRoutes(services: services).signOutAddress(begun)
        var response = address.map { HTTPResponse(json: ["signOutAt": .string($0)]) } ?? HTTPResponse(.noContent)
        SessionCookies.clear(on: &response)
        return response
    }

    func list(_ caller: Caller) async throws -> HTTPResponse {
        let sessions = try await services.catalog.sessions(of: caller.person ?? "")
        return HTTPResponse(json: ["sessions": .array(sessions.map { $0.json(current: caller.session) })])
    }

    func end(_ request: HTTPRequest, _ caller: Caller) async throws -> HTTPResponse {
        let id = request.parameters["sessionId"] ?? ""
        guard let person = caller.person, try await services.catalog.endSession(id, of: person) else {
            throw Problem(.notFound, "You have no session with this id.")
        }
        services.gate.forget(person: person)
        return HTTPResponse(.noContent)
    }

    /// Ends all but the one that asks.
    func endOthers(_ caller: Caller) async throws -> HTTPResponse {
        let person = caller.person ?? ""
        _ = try await services.catalog.endSessions(of: person, except: caller.session ?? "")
        services.gate.forget(person: person)
        return HTTPResponse(.noContent)
    }
}
