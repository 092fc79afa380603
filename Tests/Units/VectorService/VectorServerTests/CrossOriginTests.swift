import HTTPMessages
import JSONCoding
import Testing

@testable import VectorServer

/// What pages of other web sites may do on a port.
@Suite struct CrossOriginTests {
    private let policy = CrossOriginPolicy(origins: ["https://a.example"], exposed: ["ETag"])

    private func request(_ fields: HTTPFields, _ method: HTTPMethod = .get) -> HTTPRequest {
        HTTPRequest(method: method, target: HTTPTarget("/api/models"), fields: fields, body: .bytes([]), id: "1")
    }

    @Test func namedOnesMayReadAnswers() {
        var response = HTTPResponse(.ok, fields: ["Vary": "Accept-Encoding"])
        policy.apply(to: &response, for: request(["Origin": "https://a.example"]))
        #expect(response.fields["access-control-allow-origin"] == "https://a.example")
        #expect(response.fields["access-control-expose-headers"] == "ETag")
        #expect(response.fields["access-control-allow-credentials"] == nil)
        #expect(response.fields["vary"] == "Accept-Encoding, Origin")
    }

    @Test(arguments: ["https://b.example", "null", "https://a.example.evil", "http://a.example"])
    func othersMayNot(origin: String) {
        var response = HTTPResponse(.ok)
        policy.apply(to: &response, for: request(["Origin": origin]))
        #expect(response.fields["access-control-allow-origin"] == nil)
        // A cache must not hand them what was for another.
        #expect(response.fields["vary"] == "Origin")
        #expect(policy.preflight(request(["Origin": origin, "Access-Control-Request-Method": "PUT"], .options)) == nil)
    }

    @Test func preflightsAreAnswered() {
        let asked = request(
            [
                "Origin": "https://a.example", "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "authorization",
            ], .options)
        let answer = policy.preflight(asked)
        #expect(answer?.fields["access-control-allow-headers"] == "authorization")
        #expect(answer?.fields["access-control-allow-methods"]?.contains("PUT") == true)
        #expect(policy.preflight(request(["Origin": "https://a.example"], .options)) == nil)
    }

    @Test func cookiesOfThePageAreNotForThem() {
        let foreign = request(["Origin": "https://a.example", "Cookie": "a=b", "Authorization": "Bearer k"])
        #expect(policy.withoutCookies(foreign).fields["cookie"] == nil)
        #expect(policy.withoutCookies(foreign).fields["authorization"] == "Bearer k")
        #expect(
            policy.withoutCookies(request(["Origin": "http://127.0.0.1:8080", "Cookie": "a=b"])).fields["cookie"]
                == "a=b")
        #expect(policy.withoutCookies(request(["Cookie": "a=b"])).fields["cookie"] == "a=b")
    }

    @Test func nothingIsSaidWhereNobodyIsNamed() {
        var response = HTTPResponse(.ok)
        CrossOriginPolicy(origins: []).apply(to: &response, for: request(["Origin": "https://a.example"]))
        #expect(response.fields.all.isEmpty)
    }

    @Test func typesOfProblemsExplainThemselves() throws {
        func get(_ path: String, _ accept: String? = nil) -> HTTPResponse? {
            var fields = HTTPFields()
            fields["accept"] = accept
            return ProblemPages.answer(
                HTTPRequest(method: .get, target: HTTPTarget(path), fields: fields, body: .bytes([]), id: "1"))
        }
        let page = try APIFixture.read(#require(get("/problems/answer_running", "text/html,*/*")))
        #expect(page.status == 200 && page.text.contains("<code>POST /api/chat/{answerId}/stop</code>"))
        #expect(page.fields["content-security-policy"] != nil)
        let object = try APIFixture.read(#require(get("/problems/not-found", "application/json")))
        #expect(object.json["status"] == 404 && object.json["type"] == "/problems/not-found")
        #expect(try APIFixture.read(#require(get("/problems"))).text.contains("id=\"rate_limited\""))
        #expect(get("/problems/none")?.status == .notFound)
        #expect(get("/problemsome") == nil && get("/problems/a/b") == nil)
    }
}
