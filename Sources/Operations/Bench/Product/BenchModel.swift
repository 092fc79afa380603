import HTTPMessages
import HTTPServing
import JSONCoding

/// A language model that answers at once, so that what is measured is everything but the model.
enum BenchModel {
    static func start() throws -> HTTPServer {
        try HTTPServer(HTTPServer.Configuration()) { request in
            _ = try? await request.body.collect(limit: 1 << 20)
            return HTTPResponse(
                .ok, fields: ["Content-Type": "text/event-stream"],
                body: .stream(length: nil) { writer in
                    for text in ["The plan ", "covers it [1]."] {
                        try await writer.write(Self.chunk(text, finish: nil))
                    }
                    try await writer.write(Self.chunk("", finish: "stop") + "data: [DONE]\n\n".bytes)
                })
        }
    }

    private static func chunk(_ text: String, finish: String?) -> [UInt8] {
        let choice: JSONValue = ["index": 0, "delta": ["content": .string(text)], "finish_reason": .optional(finish)]
        return "data: \(JSONValue.object(["choices": [choice]]).text)\n\n".bytes
    }
}
