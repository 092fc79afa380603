import JSONCoding
import ProductFixture
import Testing

/// Exact names, numbers and words of many scripts, which the embedding model cannot see.
@Suite(.serialized, .enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
struct HybridSearchFeatureTests {
    private static let letters = 70

    private static func number(_ letter: Int) -> String { "RMA-\(20_000 + letter * 137)" }

    @Test func amongManyLikeItTheLetterWithTheExactNumberIsFirst() async throws {
        try await RunningProduct.with([.chat, .upload], settings: ["APUS_MODELS": "extractive"]) { product in
            var ids: [String] = []
            for letter in 0..<Self.letters {
                ids.append(
                    try await product.added(
                        """
                        Return authorisation \(Self.number(letter))

                        The customer sent back a coffee machine because of a leaking valve. The refund of \(50 + letter) euros \
                        for \(Self.number(letter)) was approved.
                        """, name: "return \(letter).txt"))
            }
            #expect(try await product.ingestAll().allSatisfy { $0 == 200 })
            for letter in stride(from: 3, to: Self.letters, by: 11) {
                let answer = try await product.chat([
                    "message": .string("How much was the refund for \(Self.number(letter))?")
                ])
                #expect(answer.json["passages"]?[0]?["documentId"]?.string == ids[letter])
                #expect(answer.json["text"]?.string?.contains("\(50 + letter) euros") == true)
            }
        }
    }

    @Test(arguments: [
        ("食堂は毎日午前十一時半から午後二時まで営業しています。駐車場には二百二十台分のスペースがあります。", "食堂は何時まで営業していますか？"),
        ("Die ÜBERGABE der Wohnung ist am Montag.", "Wann ist die übergabe?"),
        ("ДОГОВОР вступает в силу в мае.", "Когда вступает в силу договор?"),
        ("The certiﬁcate for oﬀshore ﬂights is kept.", "Where is the certificate for offshore flights?"),
    ])
    func wordsOfEveryScriptAreFound(text: String, question: String) async throws {
        try await RunningProduct.with([.chat, .upload], settings: ["APUS_MODELS": "extractive"]) { product in
            let id = try await product.added(text, name: "wanted.txt")
            for other in 0..<3 {
                _ = try await product.added("Note \(other) on gardens and bees.", name: "\(other).txt")
            }
            try await product.ingestAll()
            let answer = try await product.chat(["message": .string(question)])
            #expect(answer.json["passages"]?[0]?["documentId"]?.string == id)
        }
    }
}
