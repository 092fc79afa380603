import APIDescription
import Testing

/// What does not fit together is said in words that tell what to do.
@Suite struct APIDocumentTests {
    private static let note = Schema.named("Note", .object([.has("id", .id), .may("text", .text(1...40).orNull)]))

    private static let read = RouteDescription(
        .get, "/api/notes/{id}", "Read a note", "", [.path("id", .id)], answers: [.json(note)])

    private func document(_ routes: [DeclaredRoute], _ described: [RouteDescription]) -> APIDocument {
        APIDocument(
            title: "Notes", version: "1", about: "", sessionCookie: "session",
            apps: [.init(routes, [APITopic("Notes", "", described)])])
    }

    private let declared = DeclaredRoute(.get, "/api/notes/{id}", .workspace(scope: "read", role: "reader"))

    @Test func routesAndDescriptionsBecomeOneDocument() {
        let document = document([declared], [Self.read])
        #expect(document.faults == [])
        let operation = document.json["paths"]?["/api/notes/{id}"]?["get"]
        #expect(operation?["operationId"] == "getNotesById")
        #expect(operation?["security"] == [["key": ["read"]], ["session": ["reader"]]])
        #expect(
            operation?["responses"]?["200"]?["content"]?["application/json"]?["schema"]
                == ["$ref": "#/components/schemas/Note"])
        #expect(operation?["responses"]?["401"]?["$ref"] == "#/components/responses/Unauthorized")
        let text = document.json["components"]?["schemas"]?["Note"]?["properties"]?["text"]
        #expect(text == ["type": ["string", "null"], "minLength": 1, "maxLength": 40])
    }

    @Test func aRouteWithoutADescriptionIsNamed() {
        #expect(document([declared], []).faults == ["GET /api/notes/{id} has 0 descriptions; it needs one"])
        #expect(
            document([declared], [Self.read, Self.read]).faults.contains(
                "GET /api/notes/{id} has 2 descriptions; it needs one"))
    }

    @Test func aDescriptionWithoutARouteIsNamed() {
        #expect(document([], [Self.read]).faults == ["GET /api/notes/{id} is described and is no route"])
    }

    @Test func parametersHaveToBeThoseOfThePath() {
        let wrong = RouteDescription(
            .get, "/api/notes/{id}", "Read a note", "", [.path("noteId", .id)], answers: [.json(Self.note)])
        #expect(
            document([declared], [wrong]).faults == [
                "GET /api/notes/{id} has the path parameters [\"id\"], described are [\"noteId\"]"
            ])
    }

    @Test func aReferenceHasToLeadSomewhere() {
        let wrong = RouteDescription(
            .get, "/api/notes/{id}", "Read a note", "", [.path("id", .id)], answers: [.json(.reference("Nothing"))])
        #expect(document([declared], [wrong]).faults == ["#/components/schemas/Nothing leads nowhere"])
    }

    @Test func fieldsOfAnswersAreDescribed() {
        let route = RouteDescription(.get, "/n", "Read", answers: [.json(.text).sending("ETag", "What it is.")])
        let document = document([DeclaredRoute(.get, "/n", .open)], [route])
        let headers = document.json["paths"]?["/n"]?["get"]?["responses"]?["200"]?["headers"]
        #expect(headers?.object?.names == ["x-request-id", "ETag"])
    }

    @Test func fieldsOfRequestsAreClosedAndTakeNull() {
        let schema = Schema.named("F", .fields([.has("a", .text), .may("b", Schema.choice(["x"]).orNull)]))
        let route = RouteDescription(
            .post, "/n", "Add", body: .json(schema, example: ["a": "1"]), answers: [.nothing()])
        let document = document([DeclaredRoute(.post, "/n", .open)], [route])
        let made = document.json["components"]?["schemas"]?["F"]
        #expect(made?["additionalProperties"] == false)
        #expect(made?["required"] == ["a"])
        #expect(made?["properties"]?["b"] == ["type": ["string", "null"], "enum": ["x", .null]])
        #expect(document.json["paths"]?["/n"]?["post"]?["security"] == [])
    }
}
