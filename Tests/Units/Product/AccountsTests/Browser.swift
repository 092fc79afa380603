import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import Synchronization
import TestSupport
import Testing

/// Keeps cookies as a browser does, as far as they are told apart here.
final class Browser: Sendable {
    private let product: RunningProduct
    private let jar = Mutex<[String: String]>([:])

    init(_ product: RunningProduct) { self.product = product }

    /// What is kept; for looking at it, and for stealing it.
    var cookies: [String: String] {
        get { jar.withLock { $0 } }
        set { jar.withLock { $0 = newValue } }
    }

    @discardableResult
    func send(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, workspace: String? = nil
    ) async throws -> AppAnswer {
        try await send(.account, method, "/api/account/" + path, body, workspace: workspace)
    }

    /// Sends a request to the account app, with more header fields.
    func fetch(_ method: HTTPMethod, _ path: String, _ fields: HTTPFields) async throws -> AppAnswer {
        try await send(.account, method, "/api/account/" + path, nil, workspace: nil, fields)
    }

    /// Sends a request to any app.
    @discardableResult
    func send(
        _ app: RunningProduct.App, _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil,
        workspace: String? = nil, asEvents: Bool = false, _ more: HTTPFields = [:]
    ) async throws -> AppAnswer {
        var fields: HTTPFields = ["User-Agent": "Test browser"]
        if asEvents { fields["Accept"] = "text/event-stream" }
        for field in more.all { fields.append(field.name, field.value) }
        let held = cookies
        if !held.isEmpty { fields["Cookie"] = held.map { "\($0)=\($1)" }.sorted().joined(separator: "; ") }
        if body != nil { fields["Content-Type"] = "application/json" }
        if let workspace { fields["x-apus-workspace"] = workspace }
        let answer = try await product.send(app, method, path, fields: fields, body: body?.encoded ?? [])
        for line in answer.fields.values("set-cookie") {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw TestFailure("a cookie without a value: \(line)") }
            jar.withLock { $0[String(pair[0])] = line.contains("Max-Age=0;") ? nil : String(pair[1]) }
        }
        return answer
    }

    func signIn(_ login: String, _ password: String) async throws -> AppAnswer {
        try await send(.post, "sign-in", ["login": .string(login), "password": .string(password)])
    }
}

/// The account app with people.
struct House {
    static let settings = [
        "APUS_SIGN_IN": "local", "APUS_SIGNING_KEYS": "k1:" + Base64.encode([UInt8](repeating: 5, count: 32)),
        "APUS_PAGE_URL": "https://docs.example.com",
    ]
    static let password = "correct horse battery staple"

    let product: RunningProduct
    /// The first administrator's.
    let boss: Browser

    /// Runs a test with a first administrator who is signed in.
    ///
    /// - Parameter apps: Those that are started beside the account app.
    static func with(
        _ apps: [RunningProduct.App] = [], settings more: [String: String] = [:],
        model answer: @escaping ScriptedModel.Script = { _ in .text("Nobody asked for this.") },
        _ body: (House) async throws -> Void
    ) async throws {
        try await RunningProduct.with([.account] + apps, settings: settings.merging(more) { $1 }, model: answer) {
            product in
            let house = House(product: product, boss: Browser(product))
            let token = try await house.firstToken()
            let answer = try await house.boss.send(
                .post, "accept",
                ["token": .string(token), "login": "Boss", "name": "The boss", "password": .string(password)])
            #expect(answer.status == 200, "\(answer.text)")
            try await body(house)
        }
    }

    /// The token of the first administrator's link, in the place of the one that the app has printed.
    func firstToken() async throws -> String {
        let isPrinted = try await eventually { try await !product.sql.query("SELECT 1 FROM sign_in_links").isEmpty }
        #expect(isPrinted)
        let token = UUIDv7.random()
        #expect(
            try await product.catalog.index.offerFirstLink { _ in Digest.hex(Digest.sha256(Array(token.utf8))) } != nil)
        return token
    }

    func browser() -> Browser { Browser(product) }

    static func token(of link: JSONValue?) throws -> String {
        let parts = (link?.string ?? "").split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0] == "https://docs.example.com/#accept" else {
            throw TestFailure("no link: \(String(describing: link))")
        }
        return String(parts[1])
    }

    /// Somebody who has come by an invitation; returns their id and a browser in which they are signed in.
    func person(
        _ login: String, _ roles: [String: String] = ["default": "editor"], isAdministrator: Bool = false
    ) async throws -> (id: String, browser: Browser) {
        let workspaces = roles.sorted { $0.key < $1.key }.map { (id, role) -> JSONValue in
            ["id": .string(id), "role": .string(role)]
        }
        let added = try await boss.send(
            .post, "people",
            ["login": .string(login), "administrator": .bool(isAdministrator), "workspaces": .array(workspaces)])
        #expect(added.status == 201, "\(added.text)")
        let browser = browser()
        let answer = try await browser.send(
            .post, "accept",
            ["token": .string(try Self.token(of: added.json["link"])), "password": .string(Self.password)])
        #expect(answer.status == 200, "\(answer.text)")
        return (added.json["id"]?.string ?? "", browser)
    }
}
