import JSONCoding

/// From the bytes of a stream to events: frames, parses, translates.
struct AnswerReader: Sendable {
    /// Whether the stream's own end mark has come.
    private(set) var isAtEnd = false
    /// Whether the answer is whole: `finished` was among the events.
    private(set) var isComplete = false

    private var decoder: any AnswerDecoder
    private var framer: MessageFramer

    init(decoder: any AnswerDecoder, framing: StreamFraming) {
        self.decoder = decoder
        framer = MessageFramer(framing)
    }

    /// Takes bytes; returns what they mean.
    mutating func feed(_ bytes: [UInt8]) throws -> [ModelEvent] { try take(try framer.feed(bytes)) }

    /// Takes a whole answer.
    mutating func take(whole bytes: [UInt8]) throws -> [ModelEvent] {
        try take([String(decoding: bytes, as: UTF8.self)])
    }

    private mutating func take(_ messages: [String]) throws -> [ModelEvent] {
        var events: [ModelEvent] = []
        for message in messages where !isAtEnd {
            if message == "[DONE]" {
                isAtEnd = true
                break
            }
            guard let json = try? JSONParser.parse(message), json.object != nil else {
                throw AnswerFault(reason: "a message of the stream is not a JSON object")
            }
            events += try decoder.take(json)
        }
        return events
    }

    /// The events that the end of the stream brings.
    mutating func end() -> [ModelEvent] {
        var events = (try? take(framer.finish())) ?? []
        events += decoder.end()
        isComplete = events.contains { if case .finished = $0 { true } else { false } }
        return events
    }
}
