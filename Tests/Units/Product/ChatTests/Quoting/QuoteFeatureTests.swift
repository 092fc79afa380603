import JSONCoding
import ProductFixture
import Testing

/// Answers without a language model through the API, with real embeddings: outcomes, follow-ups, the documents themselves.
@Suite(.serialized, .enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
struct QuoteFeatureTests {
    private static let policy = """
        Training policy

        Courses are booked through the academy. The yearly budget for courses is 700 euros. Travel to courses is paid beside it. \
        Requests are decided within 10 days by Ruth Amsel.
        """
    private static let storage = """
        Cold storage

        The cabinet in room 3 holds seeds at 4 degrees. The cabinet in room 5 holds spores at minus 18 degrees. Keys are with the \
        porter.
        """

    private func withDocuments(_ body: (RunningProduct) async throws -> Void) async throws {
        let settings = ["APUS_MODELS": "extractive", "APUS_ANSWER_CACHE": "0"]
        try await RunningProduct.with([.chat, .upload], settings: settings) { product in
            _ = try await product.added(Self.policy, name: "Training policy.txt")
            _ = try await product.added(Self.storage, name: "Cold storage.txt")
            #expect(try await product.ingestAll() == [200, 200])
            try await body(product)
        }
    }

    private func ask(_ product: RunningProduct, _ question: String) async throws -> JSONValue {
        try await product.post(.chat, "/api/ask", ["question": .string(question)]).json
    }

    @Test func thereAreThreeOutcomes() async throws {
        try await withDocuments { product in
            let answer = try await ask(product, "How high is the yearly budget for courses?")
            #expect(answer["finishReason"] == "stop" && answer["citations"]?.array?.count == 1)
            #expect(answer["text"] == "“The yearly budget for courses is 700 euros.” [1]")
            let near = try await ask(product, "How high is the yearly budget for courses in Lisbon?")
            #expect(near["finishReason"] == "not_found" && near["citations"]?.array?.isEmpty == false)
            #expect(near["text"]?.string?.hasPrefix("Your documents may not answer this.") == true)
            let unknown = try await ask(product, "Who won the football championship in 1974?")
            #expect(unknown["finishReason"] == "not_found" && unknown["citations"] == [])
            #expect(unknown["passages"]?.array?.isEmpty == false)
        }
    }

    @Test func aFollowUpIsCompletedAndItsReceiptSaysHow() async throws {
        try await withDocuments { product in
            let first = try await product.chat(["message": "What does the cabinet in room 3 hold?"]).json
            #expect(first["text"]?.string?.contains("seeds") == true && first["receipt"]?["question"] == nil)
            let chat = try #require(first["chatId"])
            let second = try await product.chat(["message": "And the one in room 5?", "chatId": chat]).json
            #expect(second["text"]?.string?.contains("spores") == true)
            #expect(second["receipt"]?["question"] == "What does the cabinet in room 5 hold?")
            let alone = try await product.chat(["message": "Who decides requests for courses?", "chatId": chat]).json
            #expect(alone["text"]?.string?.contains("Ruth Amsel") == true && alone["receipt"]?["question"] == nil)
        }
    }

    @Test func questionsAboutTheDocumentsThemselvesAreAnswered() async throws {
        try await withDocuments { product in
            let names = try await ask(product, "What documents do you have?")
            #expect(names["finishReason"] == "stop")
            #expect(names["text"]?.string?.contains("Training policy.txt") == true)
            #expect(names["text"]?.string?.contains("Cold storage.txt") == true)
            let summary = try await ask(product, "Summarise the training policy")
            #expect(summary["text"]?.string?.hasPrefix("A summary needs a language model") == true)
            #expect(summary["citations"]?.array?.count == 1)
            #expect(
                summary["citations"]?[0]?["quote"]?.string?.hasPrefix("Courses are booked through the academy.") == true
            )
            let deadlines = try await ask(product, "Which deadlines are named?")
            #expect(deadlines["text"]?.string?.contains("within 10 days") == true)
        }
    }
}
