import AccessControl
import Catalog
import ChatMessages
import HTTPMessages
import HTTPServing
import JSONCoding
import Models
import OpenAIFaces
import Problems
import Telemetry

/// `POST /v1/responses`: an answer in OpenAI's newer form, kept or not, in a conversation or not, with the caller's functions.
struct ResponsesRoute: Sendable {
    private static let bodyLimit = 1 << 20

    let answers: OneOffAnswer
    let messages: MessageStore
    let background: BackgroundResponses
    let log: Log

    func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let wanted = try ResponseRequest(try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit)))
        if wanted.isBackground { try background.requireRoom() }
        let conversations = ConversationStore(catalog: answers.library.catalog, messages: messages)
        let prepared = try await ResponsePreparation(answers: answers, conversations: conversations).prepare(wanted)
        if let chat = prepared.chat { AuditObjects.note("chat", chat.id) }
        let writer = ResponseWriter(
            prepared, answers: answers, conversations: conversations, watch: watch, log: log)
        if wanted.isBackground {
            try await writer.keep(isNew: true)
            let response = writer.response
            try background.start(writer, in: answers.library.catalog)
            return HTTPResponse(json: response)
        }
        guard wanted.streams else {
            if let problem = try await writer.run({ _ in }) { throw problem }
            return HTTPResponse(json: writer.response)
        }
        return EventStream.response { events in
            _ = try await writer.run { list in
                for event in list { try await events.send(event.name, event.data) }
            }
        }
    }
}
