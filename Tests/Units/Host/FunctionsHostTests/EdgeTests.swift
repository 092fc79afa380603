import EventLoop
import FoundationEssentials
import HTTPMessages
import JSONCoding
import Settings
import TestSupport
import Testing

@testable import FunctionsHost

/// What stands before a function: keys, other origins, limits (docs/reference/functions-custom-handlers.md, 7).
@Suite struct EdgeTests {
    private func request(
        _ method: HTTPMethod = .get, _ target: String = "/api/f", _ fields: HTTPFields = [:]
    ) -> HTTPRequest {
        HTTPRequest(method: method, target: HTTPTarget(target), fields: fields, body: .bytes([]), id: "1")
    }

    // MARK: - Keys

    @NetworkActor
    private func withKeys(_ content: String? = nil, _ body: (AccessKeys, String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/" + AccessKeys.fileName
        if let content { try content.write(toFile: path, atomically: true, encoding: .utf8) }
        try body(try AccessKeys(root: folder), path)
    }

    private static let file = """
        {"master":"M","host":{"default":"H","other":"H2","empty":""},"functions":{"ask":{"default":"F"},"Tell":{"k":"T"}}}
        """

    @NetworkActor
    @Test(
        arguments: [
            ("M", "ask", FunctionDefinition.AuthLevel.admin, nil), ("H", "ask", .function, "default"),
            ("H2", "ask", .function, "other"), ("F", "ask", .function, "default"), ("F", "tell", .anonymous, nil),
            ("T", "tell", .function, "k"), ("m", "ask", .anonymous, nil), ("", "ask", .anonymous, nil),
            ("HH", "ask", .anonymous, nil), ("M", nil, .admin, nil), ("F", nil, .anonymous, nil),
        ] as [(String, String?, FunctionDefinition.AuthLevel, String?)])
    func aKeyOpensItsScope(key: String, function: String?, level: FunctionDefinition.AuthLevel, name: String?) throws {
        try withKeys(Self.file) { keys, _ in
            for request in [request(.get, "/x", ["x-functions-key": key]), request(.get, "/x?code=\(key)")] {
                let rights = keys.rights(request, function: function)
                #expect(rights.level == level && rights.keyName == name)
            }
        }
    }

    @NetworkActor
    @Test func theQueryCountsOnlyWithoutTheHeader() throws {
        try withKeys(Self.file) { keys, _ in
            let both = request(.get, "/x?code=M", ["x-functions-key": "wrong"])
            #expect(keys.rights(both, function: nil).level == .anonymous)
            #expect(keys.rights(request(), function: nil).level == .anonymous)
        }
    }

    @NetworkActor
    @Test func aMissingFileIsMadeForTheOwnerAlone() throws {
        try withKeys { keys, path in
            let json = try JSONParser.parse(try Fixtures.bytes(path))
            let master = try #require(json["master"]?.string)
            let host = try #require(json["host"]?["default"]?.string)
            #expect(master.utf8.count >= 40 && master != host)
            #expect(keys.rights(request(.get, "/", ["x-functions-key": master]), function: nil).level == .admin)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @NetworkActor
    @Test(arguments: ["{", "{}", "{\"master\":\"\"}", "{\"host\":{}}"])
    func aFileWithoutAMasterKeyIsRefused(content: String) {
        #expect(throws: HostError.self) { try withKeys(content) { _, _ in } }
    }

    @NetworkActor
    @Test func keysAreSetRenewedAndRemoved() throws {
        try withKeys(Self.file) { keys, path in
            #expect(try keys.set("mine", to: "K", scope: .function("ask")) == "K")
            #expect(keys.list(scope: .function("ask"))?.names.sorted() == ["default", "mine"])
            let made = try keys.set("fresh", to: nil, scope: .host)
            #expect(made.utf8.count >= 40)
            #expect(keys.rights(request(.get, "/", ["x-functions-key": made]), function: "ask").keyName == "fresh")
            #expect(try keys.remove("fresh", scope: .host))
            #expect(try !keys.remove("fresh", scope: .host))
            #expect(try keys.master(renewed: false) == "M")
            let master = try keys.master(renewed: true)
            #expect(master != "M" && keys.rights(request(.get, "/?code=M"), function: nil).level == .anonymous)
            // What was done is in the file for the next start.
            let again = try AccessKeys(root: String(path.dropLast(AccessKeys.fileName.count + 1)))
            #expect(try again.master(renewed: false) == master)
            #expect(again.list(scope: .function("ask"))?["mine"] == "K")
        }
    }

    // MARK: - The host's own endpoints

    @NetworkActor
    private func outcome(
        _ access: AdminAccess, _ path: String, _ fields: HTTPFields = [:], _ method: HTTPMethod = .get,
        keys: AccessKeys? = nil
    ) -> Int? {
        let request = request(method, path, fields)
        let segments = (request.target.segments ?? []).map { $0.lowercased() }
        return access.refusal(of: request, path: segments, keys: keys)?.status.rawValue
    }

    @NetworkActor
    @Test(
        arguments: [
            ("/admin/host/ping", HTTPMethod.get, nil, nil, nil), ("/admin/host/ping", .post, nil, nil, nil),
            ("/admin/host/status", .get, nil, nil, nil), ("/admin/host/status", .post, nil, 401, 401),
            ("/admin/functions", .get, nil, 401, 401), ("/admin/host/restart", .post, nil, 401, 401),
            ("/admin/host/keys", .get, nil, 401, 401), ("/admin", .get, nil, 401, 401),
        ] as [(String, HTTPMethod, Int?, Int?, Int?)])
    func whoHasNoKey(path: String, method: HTTPMethod, local: Int?, withKey: Int?, open: Int?) {
        #expect(outcome(AdminAccess(), path, [:], method) == local)
        #expect(outcome(AdminAccess(key: Secret("k")), path, [:], method) == withKey)
        var access = AdminAccess()
        access.isLocal = false
        #expect(outcome(access, path, [:], method) == open)
    }

    @NetworkActor
    @Test func whoHasTheKeyMay() throws {
        var access = AdminAccess(key: Secret("k"))
        access.isLocal = false
        #expect(outcome(access, "/admin/functions", ["x-functions-key": "k"]) == nil)
        #expect(outcome(access, "/admin/functions?code=k") == nil)
        #expect(outcome(access, "/admin/functions?code=k", ["x-functions-key": "wrong"]) == 401)
        for key in ["", "kk", "K", "k "] {
            #expect(outcome(access, "/admin/functions", ["x-functions-key": key]) == 401)
        }
        try withKeys(Self.file) { keys, _ in
            for (key, expected) in [("M", nil), ("k", nil), ("H", 401), ("F", 401)] as [(String, Int?)] {
                #expect(outcome(access, "/admin/functions", ["x-functions-key": key], keys: keys) == expected)
            }
            #expect(outcome(AdminAccess(), "/admin/functions", keys: keys) == 401)
            #expect(outcome(AdminAccess(), "/admin/host/status", keys: keys) == 401)
        }
    }

    @NetworkActor
    @Test func pagesMayNotWithoutAKey() {
        for fields: HTTPFields in [
            ["Origin": "https://evil.example"], ["Origin": "http://127.0.0.1"], ["Sec-Fetch-Site": "cross-site"],
            ["Sec-Fetch-Site": "same-origin"],
        ] {
            #expect(outcome(AdminAccess(), "/admin/functions", fields) == 403)
            #expect(outcome(AdminAccess(), "/admin/host/restart", fields, .post) == 403)
        }
        #expect(outcome(AdminAccess(), "/admin/functions", ["Sec-Fetch-Site": "none"]) == nil)
        let known = AdminAccess(key: Secret("k"))
        let foreign: HTTPFields = ["Origin": "https://evil.example", "x-functions-key": "k"]
        #expect(outcome(known, "/admin/host/restart", foreign, .post) == 403)
    }

    @Test func aHandlersPortIsNoneOfOutgoingConnections() throws {
        let outgoing = HandlerPort.outgoingPorts
        for _ in 0..<50 { #expect(!outgoing.contains(try HandlerPort.free())) }
    }

    // MARK: - Other origins

    @Test func onlyNamedOriginsMayRead() throws {
        let rules = try CrossOrigin(origins: ["http://a.example", "http://b.example"], credentials: true)
        let fields = try #require(rules.fields(for: request(.get, "/", ["origin": "HTTP://A.example"])))
        #expect(fields["access-control-allow-origin"] == "HTTP://A.example" && fields["vary"] == "Origin")
        #expect(fields["access-control-allow-credentials"] == "true")
        #expect(rules.fields(for: request(.get, "/", ["origin": "http://c.example"])) == nil)
        #expect(rules.fields(for: request()) == nil)
        let none = try CrossOrigin(origins: [], credentials: false)
        #expect(none.fields(for: request(.get, "/", ["origin": "http://a.example"])) == nil)
    }

    @Test func aStarIsForAllAndNeverWithCredentials() throws {
        let rules = try CrossOrigin(origins: ["*"], credentials: false)
        let fields = try #require(rules.fields(for: request(.get, "/", ["origin": "null"])))
        #expect(fields["access-control-allow-origin"] == "*" && fields["vary"] == nil)
        #expect(throws: HostError.self) { try CrossOrigin(origins: ["*"], credentials: true) }
    }

    @Test func preflightsNeverReachAFunction() throws {
        let rules = try CrossOrigin(origins: ["http://a.example"], credentials: false)
        let asked: HTTPFields = [
            "origin": "http://a.example", "access-control-request-method": "PUT",
            "access-control-request-headers": "x-own, content-type",
        ]
        let answer = try #require(rules.preflight(request(.options, "/", asked)))
        #expect(answer.status == .noContent && answer.fields["access-control-allow-methods"] == "PUT")
        #expect(answer.fields["access-control-allow-headers"] == "x-own, content-type")
        #expect(rules.preflight(request(.get, "/", asked)) == nil)
        #expect(rules.preflight(request(.options, "/", ["origin": "http://a.example"])) == nil)
        #expect(
            rules.preflight(
                request(.options, "/", ["origin": "http://c.example", "access-control-request-method": "PUT"])) == nil)
    }

    // MARK: - Limits

    @NetworkActor
    @Test func withoutLimitsEverybodyEnters() async {
        let throttle = Throttle(concurrent: nil, outstanding: nil)
        for _ in 0..<100 { #expect(await throttle.enter()) }
    }

    @NetworkActor
    @Test func tooManyOutstandingAreTurnedAwayAtOnce() async {
        let throttle = Throttle(concurrent: nil, outstanding: 2)
        #expect(await throttle.enter())
        #expect(await throttle.enter())
        #expect(await !throttle.enter())
        throttle.leave()
        #expect(await throttle.enter())
    }

    @NetworkActor
    @Test func whoWaitsIsServedInTurn() async {
        let throttle = Throttle(concurrent: 1, outstanding: 3)
        #expect(await throttle.enter())
        var order: [Int] = []
        let waiting = (1...2).map { number in
            NetworkActor.task {
                #expect(await throttle.enter())
                order.append(number)
                throttle.leave()
            }
        }
        // Both wait now, so that with the one that runs there are three.
        await Task.yield()
        await Task.yield()
        #expect(await !throttle.enter())
        #expect(order.isEmpty)
        throttle.leave()
        for task in waiting { await task.value }
        #expect(order == [1, 2])
        #expect(await throttle.enter())
    }

    @NetworkActor
    @Test func aLimitOfConcurrencyAloneTurnsNobodyAway() async {
        let throttle = Throttle(concurrent: 2, outstanding: nil)
        var running = 0
        var most = 0
        let tasks = (0..<30).map { _ in
            NetworkActor.task {
                #expect(await throttle.enter())
                running += 1
                most = max(most, running)
                await Task.yield()
                running -= 1
                throttle.leave()
            }
        }
        for task in tasks { await task.value }
        #expect(most == 2)
    }
}
