import Catalog
import JSONCoding
import Testing

@testable import Chat

/// What is said of an answer, as it is sent.
struct FeedbackFieldsTests {
    private static let id = "01900000-0000-7000-8000-000000000001"

    private func body(_ members: JSONObject) -> JSONValue {
        var body: JSONObject = ["chatId": .string(Self.id), "answerId": .string(Self.id.uppercased())]
        for (name, value) in members.members { body[name] = value }
        return .object(body)
    }

    private func problems(_ members: JSONObject) -> [String] {
        do { _ = try FeedbackFields(body(members)) } catch let error as InvalidFields {
            return error.problems.map { "\($0.field): \($0.detail)" }
        } catch { Issue.record(error) }
        return []
    }

    @Test func aRatingWithItsReasonIsTaken() throws {
        let fields = try FeedbackFields(
            body(["rating": "down", "reason": "wrong_source", "comment": "Seite 3 wäre richtig"]))
        #expect(fields.chatId == Self.id && fields.answerId == Self.id)
        #expect(fields.rating == .down && fields.reason == .wrongSource && fields.comment == "Seite 3 wäre richtig")
    }

    @Test func whatIsBlankIsNoComment() throws {
        #expect(try FeedbackFields(body(["rating": "up", "comment": " \n"])).comment == nil)
        #expect(try FeedbackFields(body(["rating": "up", "comment": ""])).comment == nil)
        #expect(try FeedbackFields(body(["rating": .null, "comment": .null])).rating == nil)
    }

    @Test(
        arguments: [
            ([:], ["rating: Required: up, down, or null to withdraw what was said."]),
            (["rating": "maybe"], ["rating: Must be one of up, down."]),
            (["rating": 1], ["rating: Must be a text."]),
            (
                ["rating": "down", "reason": "ugly"],
                ["reason: Must be one of wrong, not_in_documents, wrong_source, incomplete, slow, other."]
            ),
            (["rating": "up", "reason": "wrong"], ["reason: Goes with the rating down alone."]),
            (["rating": .null, "comment": "x"], ["comment: Goes with a rating."]),
            (["rating": "up", "comment": "a\0"], ["comment: Must not have the character U+0000. Take it out."]),
            (["rating": "up", "chatId": "x"], ["chatId: Must be a UUID."]),
            (["rating": "up", "answerId": .null], ["answerId: Required."]),
            (
                ["rating": "up", "stars": 5],
                ["stars: Unknown field. Known fields: chatId, answerId, rating, reason, comment."]
            ),
        ] as [(JSONObject, [String])])
    func whatIsWrongIsNamed(members: JSONObject, expected: [String]) {
        #expect(problems(members) == expected)
    }

    @Test func aCommentHasALength() throws {
        let long = String(repeating: "ä", count: 2000)
        #expect(try FeedbackFields(body(["rating": "down", "comment": .string(long)])).comment == long)
        #expect(
            problems(["rating": "down", "comment": .string(long + "x")])
                == ["comment: Must have 0 to 2000 characters, has 2001."])
    }
}
