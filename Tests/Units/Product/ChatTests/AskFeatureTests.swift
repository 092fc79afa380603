import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// `POST /api/ask` and OpenAI's API: answers that belong to no chat.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct AskFeatureTests {
    private func ask(_ product: RunningProduct, _ text: String, _ more: JSONObject = [:]) async throws -> AppAnswer {
        var object: JSONObject = ["question": .string(text), "useDocuments": false]
        for (name, value) in more.members { object[name] = value }
        return try await product.post(.chat, "/api/ask", .object(object))
    }

    @Test func oneQuestionGetsOneAnswerAndNoChat() async throws {
        try await RunningProduct.with([.chat], model: { _ in .text("Forty-two.") }) { product in
            let answer = try await ask(product, "What is it?")
            #expect(answer.status == 200 && answer.json["text"] == "Forty-two.")
            #expect(
                Set(answer.json.object?.names ?? []) == [
                    "passages", "model", "text", "citations", "finishReason", "usage", "timings", "receipt",
                ])
            #expect(try await product.catalog.chats(limit: 10, before: nil).isEmpty)
        }
    }

    @Test func itsEventsAreThoseOfAChatWithoutStart() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["a", "b"], finish: "stop") }) { product in
            let answer = try await product.post(
                .chat, "/api/ask", ["question": "x", "useDocuments": false], fields: ["Accept": "text/event-stream"])
            #expect(try answer.events.map(\.name) == ["sources", "delta", "delta", "done"])
            #expect(try answer.event("done")["text"] == "ab" && answer.event("done")["chatName"] == nil)
        }
    }

    @Test func theReceiptSaysHowPassagesWereFound() async throws {
        try await RunningProduct.with([.chat], model: { .text("Answer \($0.number).") }) { product in
            let first = try await product.post(.chat, "/api/ask", ["question": "What is said?"])
            let retrieval = first.json["receipt"]?["retrieval"]
            #expect(
                retrieval?.object?.names == [
                    "version", "embeddingModel", "candidates", "passages", "wordWeight", "lateWeight",
                ]
                    && retrieval?["passages"] == 8 && retrieval?["wordWeight"] == 0.65)
            let second = try await product.post(.chat, "/api/ask", ["question": "What is said?"])
            #expect(second.json["receipt"]?["cacheHit"] == true)
            #expect(second.json["receipt"]?["retrieval"] == retrieval, "as it was when the answer was made")
            let without = try await product.post(.chat, "/api/ask", ["question": "Hello?", "useDocuments": false])
            #expect(without.json["receipt"]?.object?["retrieval"] == nil, "nothing was searched")
            let again = try await product.post(.chat, "/api/ask", ["question": "Hello?", "useDocuments": false])
            #expect(again.json["receipt"]?["cacheHit"] == true && again.json["receipt"]?.object?["retrieval"] == nil)
        }
    }

    @Test func anEqualQuestionIsAnsweredFromMemory() async throws {
        try await RunningProduct.with([.chat], model: { .text("Answer \($0.number).") }) { product in
            let first = try await ask(product, "Again?")
            let second = try await ask(product, "Again?")
            #expect(second.json["text"] == first.json["text"] && product.model.asked.count == 1)
            #expect(second.json["receipt"]?["cacheHit"] == true && second.json["usage"]?["promptTokens"] == 0)
            #expect(second.json["receipt"]?["attempts"] == [])
            let events = try await product.post(
                .chat, "/api/ask", ["question": "Again?", "useDocuments": false],
                fields: ["Accept": "text/event-stream"]
            ).events
            #expect(events.map(\.name) == ["sources", "delta", "done"])
            // A new chat may begin with it too, and keeps it.
            let chat = try await product.chat(["message": "Again?", "useDocuments": false])
            #expect(chat.json["text"] == first.json["text"] && chat.json["receipt"]?["cacheHit"] == true)
            let id = try #require(chat.json["chatId"]?.string)
            #expect(try await product.messages.messages(in: id, limit: 5).map(\.role) == ["user", "assistant"])
            #expect(product.model.asked.count == 1)
            // Whoever lets a document go has everything forgotten.
            _ = try await product.catalog.markDeleting(UUIDv7.make())
            #expect(try await ask(product, "Again?").json["receipt"]?["cacheHit"] == false)
            let usage = try await product.get(.chat, "/api/usage").json
            #expect(usage["total"]?["answers"] == 5 && usage["total"]?["cacheHits"] == 3)
        }
    }

    @Test func memoryCanBeSwitchedOff() async throws {
        try await RunningProduct.with(
            [.chat], settings: ["APUS_ANSWER_CACHE": "0"], model: { .text("Answer \($0.number).") }
        ) { product async throws in
            #expect(try await ask(product, "Again?").json["text"] == "Answer 0.")
            #expect(try await ask(product, "Again?").json["text"] == "Answer 1.")
        }
    }

    @Test func anAnswerThatWasCutShortIsNotRemembered() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["a"], finish: "length") }) { product in
            _ = try await ask(product, "Long?")
            _ = try await ask(product, "Long?")
            #expect(product.model.asked.count == 2)
        }
    }

    @Test func failuresAreProblemsOrEvents() async throws {
        try await RunningProduct.with([.chat], model: { _ in .refusal(401, [:]) }) { product in
            let whole = try await ask(product, "Hm?")
            #expect(whole.status == 502 && whole.json["detail"]?.string?.contains("key") == true)
            let stream = try await product.post(
                .chat, "/api/ask", ["question": "x", "useDocuments": false], fields: ["Accept": "text/event-stream"])
            #expect(try stream.events.map(\.name) == ["sources", "error"])
            #expect(try stream.event("error")["status"] == 502)
            #expect(try await product.get(.chat, "/api/usage").json["total"]?["failures"] == 2)
        }
    }

    @Test func bodiesAreReadAsAChatsAre() async throws {
        try await RunningProduct.with([.chat]) { product in
            let answer = try await product.post(
                .chat, "/api/ask", ["question": " ", "documents": ["x"], "message": "y", "model": 1])
            let fields = Set((answer.json["errors"]?.array ?? []).compactMap { $0["field"]?.string })
            #expect(answer.status == 400 && fields == ["question", "documents", "message", "model"])
            #expect(try await ask(product, "x", ["preset": "none"]).json["errors"]?[0]?["field"] == "preset")
        }
    }

    @Test func withoutALanguageModelThereIsAnHonestWord() async throws {
        try await RunningProduct.with([.chat], settings: ["APUS_MODELS": "extractive"]) { product in
            let off = try await ask(product, "Hm?")
            #expect(off.json["finishReason"] == "not_found" && off.json["model"] == "extractive")
            let none = try await product.post(.chat, "/api/ask", ["question": "What is the deductible?"])
            #expect(none.json["text"]?.string?.hasPrefix("There are no documents") == true)
        }
    }

    @Test func documentsThatAreStillBeingReadAreNotDenied() async throws {
        let settings = ["APUS_MODELS": "extractive"]
        try await RunningProduct.with([.chat, .upload], settings: settings) { product in
            func text(_ app: [String: JSONValue]) async throws -> String? {
                var body = JSONObject()
                for (name, value) in app { body[name] = value }
                return try await product.post(.chat, "/api/ask", .object(body)).json["text"]?.string
            }
            let first = try await product.added("The deductible is 500 euros.", name: "a.txt")
            #expect(try await text(["question": "What is the deductible?"])?.hasPrefix("A document is still") == true)
            let chat = try await product.chat(["message": "What is the deductible?"])
            #expect(chat.json["text"]?.string?.hasPrefix("A document is still being read.") == true)
            try await product.put(try await product.added("More.", name: "b.txt"), into: .embedding)
            #expect(try await text(["question": "What is it?"])?.hasPrefix("2 documents are still") == true)
            #expect(
                try await text(["question": "What?", "documents": [.string(first)]])?.hasPrefix("2 documents") == true)
            // Others can be searched by now: it is the limit that leaves none.
            try await product.put(first, into: .ready)
            let limits: [[String: JSONValue]] = [["tags": ["none"]], ["before": "2001-01-01"], ["author": "Nobody"]]
            for limit in limits {
                let limited = limit.merging(["question": "What is the deductible?"]) { $1 }
                #expect(try await text(limited)?.hasPrefix("None of your documents") == true, "\(limit)")
            }
        }
    }

    // MARK: - OpenAI's API

    private func completions(_ body: JSONValue, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.post(.chat, "/v1/chat/completions", body)
    }

    @Test func completionsSpeakOpenAIsForm() async throws {
        try await RunningProduct.with([.chat], model: { _ in .text("Hello.") }) { product in
            let answer = try await completions(
                ["model": "openai:scripted", "messages": [["role": "user", "content": "Hi"]]], product)
            #expect(answer.json["object"] == "chat.completion" && answer.json["model"] == "openai:scripted")
            #expect(answer.json["choices"]?[0]?["message"]?["content"] == "Hello.")
            #expect(answer.json["choices"]?[0]?["finish_reason"] == "stop")
            #expect(answer.json["usage"]?["total_tokens"] == 18)
            // The messages went out as they came.
            #expect(product.model.asked.last?.messages == [["role": "user", "content": "Hi"]])
            let models = try await product.get(.chat, "/v1/models").json["data"]?.array ?? []
            #expect(models.map { $0["id"] } == ["apus", "openai:scripted"])
        }
    }

    @Test func completionsStreamChunksAndEndWithDone() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["Hel", "lo."], finish: "length") }) { product in
            let answer = try await completions(
                [
                    "model": "openai:scripted", "stream": true, "stream_options": ["include_usage": true],
                    "messages": [["role": "user", "content": "Hi"]],
                ], product)
            let lines = answer.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }
            #expect(lines.last == "[DONE]")
            let chunks = try lines.dropLast().map { try JSONParser.parse(String($0)) }
            let text = chunks.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string }.joined()
            #expect(text == "Hello.")
            #expect(chunks.compactMap { $0["choices"]?[0]?["finish_reason"]?.string } == ["length"])
            #expect(chunks.last?["usage"]?["completion_tokens"] == 7)
            #expect(Set(chunks.compactMap { $0["id"]?.string }).count == 1)
        }
    }

    @Test func toolsOfTheCallerComeBackToTheCaller() async throws {
        try await RunningProduct.with(
            [.chat], model: { _ in .tools([("weather", "{\"city\":\"Lisbon\"}")]) }
        ) { product in
            let tool: JSONValue = [
                "type": "function",
                "function": ["name": "weather", "parameters": ["type": "object", "properties": [:]]],
            ]
            let body: JSONObject = [
                "model": "openai:scripted", "messages": [["role": "user", "content": "Rain?"]], "tools": [tool],
            ]
            let answer = try await completions(.object(body), product)
            let choice = answer.json["choices"]?[0]
            #expect(choice?["finish_reason"] == "tool_calls" && choice?["message"]?["content"] == .null)
            #expect(choice?["message"]?["tool_calls"]?[0]?["function"]?["arguments"] == "{\"city\":\"Lisbon\"}")
            var streamed = body
            streamed["stream"] = true
            let text = try await completions(.object(streamed), product).text
            #expect(text.contains("\"tool_calls\"") && text.contains("\"finish_reason\":\"tool_calls\""))
        }
    }

    @Test func errorsAreInOpenAIsFormToo() async throws {
        try await RunningProduct.with([.chat], model: { _ in .refusal(401, [:]) }) { product in
            let empty = try await completions(["model": "apus", "messages": []], product)
            #expect(empty.status == 400 && empty.json["error"]?["type"] == "invalid_request_error")
            #expect(empty.json["error"]?["param"] == "messages")
            let failed = try await completions(
                ["model": "openai:scripted", "messages": [["role": "user", "content": "x"]]], product)
            #expect(failed.status == 502 && failed.json["error"]?["type"] == "server_error")
            let none = try await completions(
                ["model": "nobody", "messages": [["role": "user", "content": "x"]]], product)
            #expect(none.json["error"]?["param"] == "model")
            let stream = try await completions(
                ["model": "openai:scripted", "stream": true, "messages": [["role": "user", "content": "x"]]], product)
            #expect(stream.status == 200 && stream.text.contains("\"server_error\"") && stream.text.contains("[DONE]"))
            let silent = try await completions(
                ["model": "apus", "messages": [["role": "system", "content": "x"]]], product)
            #expect(silent.status == 400)
        }
    }
}
