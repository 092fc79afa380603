import HTTPMessages
import HTTPServing
import Problems
import Testing

@Suite struct RouterTests {
    private func router() -> Router {
        var router = Router()
        for (method, template) in [
            (HTTPMethod.get, "/api/documents"), (.post, "/api/documents"), (.get, "/api/documents/{id}"),
            (.delete, "/api/documents/{id}"), (.get, "/api/documents/{id}/pages/{n}"), (.get, "/"),
        ] {
            router.on(method, template) { request in
                let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return HTTPResponse(.ok, text: ([template] + parameters).joined(separator: " "))
            }
        }
        return router
    }

    private func answer(_ method: HTTPMethod, _ target: String) async throws -> String {
        let request = HTTPRequest(method: method, target: HTTPTarget(target), fields: [:], body: .bytes([]), id: "r")
        let (routed, action) = try router().resolve(request)
        guard case .bytes(let bytes) = try await action(routed).body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("/api/documents", "/api/documents"), ("/api/documents/", "/api/documents"),
        ("//api//documents", "/api/documents"),
        ("/api/documents?limit=1", "/api/documents"), ("/api/documents/7", "/api/documents/{id} id=7"),
        ("/api/documents/a%2Fb%20c", "/api/documents/{id} id=a/b c"),
        ("/api/documents/..", "/api/documents/{id} id=.."),
        ("/api/documents/x/pages/2", "/api/documents/{id}/pages/{n} id=x n=2"), ("/", "/"),
    ])
    func pathsFindTheirTemplates(target: String, expected: String) async throws {
        #expect(try await answer(.get, target) == expected)
    }

    /// RFC 9110, section 9.3.2: HEAD is GET without content.
    @Test func headIsRoutedAsGet() async throws {
        #expect(try await answer(.head, "/api/documents") == "/api/documents")
    }

    /// RFC 9110, section 15.5.5, 15.5.6 and 15.5.1.
    @Test(arguments: [
        (HTTPMethod.get, "/api", HTTPStatus.notFound), (.get, "/API/documents", .notFound),
        (.get, "/api/documents/1/2", .notFound), (.post, "/none", .notFound),
        (.put, "/api/documents", .methodNotAllowed),
        (.post, "/api/documents/7", .methodNotAllowed), (.head, "/api/documents/%FF", .badRequest),
        (HTTPMethod(rawValue: "get"), "/api/documents", .methodNotAllowed),
    ])
    func whatIsNotThereIsSaid(method: HTTPMethod, target: String, status: HTTPStatus) async {
        let problem = await #expect(throws: Problem.self) { try await answer(method, target) }
        #expect(problem?.status == status)
        #expect((problem?.headers["allow"] != nil) == (status == .methodNotAllowed))
    }

    @Test func theMethodsOfAPathAreKnown() {
        func methods(_ target: String) -> [HTTPMethod] {
            router().methods(
                for: HTTPRequest(method: .options, target: HTTPTarget(target), fields: [:], body: .bytes([]), id: "r"))
        }
        #expect(Set(methods("/api/documents")) == [.get, .head, .post])
        #expect(Set(methods("/api/documents/1")) == [.get, .head, .delete])
        #expect(methods("/none").isEmpty && methods("/%FF").isEmpty)
    }

    @Test func theTableHasEveryRouteInItsOrder() {
        #expect(router().table.map(\.template).first == "/api/documents")
        #expect(router().table.map(\.method) == [.get, .post, .get, .delete, .get, .get])
    }
}
