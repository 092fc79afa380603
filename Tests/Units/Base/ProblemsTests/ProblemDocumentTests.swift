import HTTPMessages
import JSONCoding
import Problems
import Testing

/// RFC 9457, section 3.
@Suite struct ProblemDocumentTests {
    private struct Unknown: Error { let secret = "password=hunter2" }

    private struct Known: ProblemConvertible {
        var problem: Problem { Problem(.conflict, "Somebody was faster.") }
    }

    private func document(_ problem: Problem) throws -> (HTTPResponse, JSONValue) {
        let response = problem.response(requestID: "r-1")
        guard case .bytes(let bytes) = response.body else { return (response, .null) }
        return (response, try JSONParser.parse(bytes))
    }

    @Test func whatIsGivenUpIsNoFaultOfOurs() {
        #expect(Problem(CancellationError()).status == .callerLeft)
    }

    @Test func theDocumentHasTheStandardsMembers() throws {
        let (response, json) = try document(Problem(.notFound, "There is no such chat."))
        #expect(response.status == .notFound)
        // Section 3: the media type; section 3.1.1: an address that explains the type.
        #expect(response.fields["content-type"] == "application/problem+json")
        #expect(
            json == [
                "type": "/problems/not-found", "title": "Not found", "status": 404, "detail": "There is no such chat.",
                "requestId": "r-1",
            ])
    }

    @Test func aCodeHasATypeOfItsOwn() throws {
        let (_, json) = try document(Problem(.conflict, "Wait.", code: "answer_running"))
        #expect(json["type"] == "/problems/answer_running")
        #expect(json["title"] == "An answer is being written")
        // What nobody has explained is what its status says.
        let (_, other) = try document(Problem(.conflict, "Wait.", code: "nobody_knows"))
        #expect(other["type"] == "/problems/conflict")
        #expect(Problem(.callerLeft, "Gone.").json(requestID: "r")["type"] == "about:blank")
    }

    @Test func everyTypeHasAnAddressOfItsOwn() {
        let all = ProblemType.all
        #expect(Set(all.map(\.address)).count == all.count)
        #expect(all.allSatisfy { ProblemType.named($0.name)?.meaning == $0.meaning })
    }

    /// Section 3.2: members of one's own.
    @Test func everyFieldIsNamed() throws {
        let fields = [
            FieldProblem(field: "name", detail: "Required."), FieldProblem(field: "age", detail: "Must be 1."),
        ]
        let (_, json) = try document(Problem(.badRequest, "Several fields are invalid.", fields: fields))
        #expect(
            json["errors"] == [
                ["field": "name", "detail": "Required."], ["field": "age", "detail": "Must be 1."],
            ])
    }

    @Test func wordsAreEscapedAsJSONWants() throws {
        let (_, json) = try document(Problem(.badRequest, "\"a\\b\"\n\u{1}"))
        #expect(json["detail"] == "\"a\\b\"\n\u{1}")
    }

    @Test func anErrorThatSaysNothingTellsNothing() throws {
        let problem = Problem(Unknown())
        #expect(problem.status == .internalServerError)
        #expect(!problem.json(requestID: "r").text.contains("hunter2"))
    }

    @Test func errorsThatKnowTheirProblemKeepIt() {
        #expect(Problem(Known()).status == .conflict)
        #expect(Problem(Known()).detail == "Somebody was faster.")
        #expect(Problem(Problem(.forbidden, "No.")).status == .forbidden)
    }

    @Test func badInputIsTheCallersFault() {
        let one = Problem(InvalidFields(field: "name", detail: "Required."))
        #expect(one.status == .badRequest && one.detail == "Required." && one.fields.count == 1)
        let two = Problem(InvalidFields([.init(field: "a", detail: "x"), .init(field: "b", detail: "y")]))
        #expect(two.status == .badRequest && two.fields.map(\.field) == ["a", "b"])
    }

    @Test func brokenJSONIsSaidWithItsPlace() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse("{\n  \"a\": tru\n}") }
        let problem = error.map { Problem($0) }
        #expect(problem?.status == .badRequest)
        #expect(problem?.detail.contains("line 2 column 8") ?? false)
    }

    @Test func aBodyThatIsTooLargeIsSaidWithItsLimit() {
        let problem = Problem(HTTPBodyTooLarge(limit: 1234))
        #expect(problem.status == .contentTooLarge)
        #expect(problem.detail.contains("1234"))
    }

    @Test func jsonResponsesSayWhatTheyAre() throws {
        let response = HTTPResponse(.created, json: ["a": [1, nil]])
        #expect(response.status == .created)
        #expect(response.fields["content-type"] == "application/json")
        guard case .bytes(let bytes) = response.body else { return #expect(Bool(false), "a body of bytes") }
        #expect(bytes == "{\"a\":[1,null]}".bytes)
    }
}
