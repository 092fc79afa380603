import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

@testable import History

/// Links that show a chat as it was, over real sockets and stores; where nobody signs in.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ShareFeatureTests {
    /// A chat with so many questions and answers, as the chat app would have left it.
    private func chat(_ name: String, turns: Int, _ product: RunningProduct) async throws -> String {
        let id = UUIDv7.make()
        _ = try await product.catalog.createChat(id, name: name)
        for number in 0..<turns { _ = try await ask("\(number)", in: id, product) }
        return id
    }

    /// Adds a question and its answer; returns their ids.
    private func ask(
        _ text: String, in chat: String, _ product: RunningProduct, citing document: String? = nil,
        finishReason: String = "stop"
    ) async throws -> (question: String, answer: String) {
        let (question, answer) = (UUIDv7.make(), UUIDv7.make())
        let place = try await product.messages.count(in: chat) + 10_000
        let (minute, second) = (String(place / 60 % 60 + 100).dropFirst(), String(place % 60 + 100).dropFirst())
        let time = "2026-01-01T\(10 + place / 3600):\(minute):\(second)"
        func stored(_ id: String, _ role: String, _ said: String, parent: String? = nil) -> ChatMessage {
            let citation: JSONValue = [
                "n": 1, "documentId": .optional(document), "name": "a.txt", "page": 3, "start": 7, "end": 12,
                "quote": "a quote", "sentence": ["start": 0, "end": 4], "support": "supported",
            ]
            let isAnswer = parent != nil
            return ChatMessage(
                id: id, chatId: chat, workspaceId: "default", role: role, text: said,
                createdAt: time + (parent == nil ? ".000Z" : ".001Z"), parentId: parent, model: isAnswer ? "m" : nil,
                citations: isAnswer ? [citation] : [],
                passages: isAnswer
                    ? [["documentId": .optional(document), "text": "All of the passage, which nobody is shown."]] : [],
                finishReason: isAnswer ? finishReason : nil, usage: ["promptTokens": 5],
                receipt: isAnswer ? ["cost": 1.5] : .null, attempt: isAnswer ? UUIDv7.make() : nil)
        }
        #expect(try await product.messages.add(stored(question, "user", "question \(text)")))
        #expect(try await product.messages.add(stored(answer, "assistant", "answer \(text) [1]", parent: question)))
        try await product.catalog.countMessages(chat, added: 2)
        return (question, answer)
    }

    private func share(_ chat: String, _ product: RunningProduct, _ body: JSONValue = [:]) async throws -> AppAnswer {
        try await product.post(.history, "/api/history/\(chat)/share", body)
    }

    private func token(of chat: String, _ product: RunningProduct) async throws -> String {
        let made = try await share(chat, product)
        #expect(made.status == 201, "\(made.text)")
        return made.json["token"]?.string ?? ""
    }

    private func open(_ token: String, _ product: RunningProduct, _ query: String = "") async throws -> AppAnswer {
        try await product.get(.history, "/api/share/\(token)\(query)")
    }

    private func texts(_ answer: AppAnswer) -> [String] {
        (answer.json["messages"]?.array ?? []).compactMap { $0["text"]?.string }
    }

    @Test func aLinkShowsTheChatAsItWasAndNoIds() async throws {
        try await RunningProduct.with([.history, .upload]) { product in
            let document = try await product.added("a quote", name: "a.txt")
            let id = try await chat("Named", turns: 1, product)
            let second = try await ask("cited", in: id, product, citing: document)
            _ = try await product.catalog.renameChat(id, to: "Named")
            let made = try await share(id, product, ["expiresInDays": 2])
            #expect(made.status == 201 && made.json["messages"] == 4)
            let token = made.json["token"]?.string ?? ""
            #expect(made.json["path"]?.string == "/api/share/\(token)" && token.utf8.count == 48)
            // It grows, is renamed, is put another way.
            _ = try await ask("later", in: id, product)
            _ = try await product.catalog.renameChat(id, to: "Renamed")
            let edited = try await product.send(
                .history, .put, "/api/history/\(id)/messages/\(second.question)", body: #"{"text": "Secret."}"#.bytes)
            #expect(edited.status == 200)
            let answer = try await open(token, product)
            #expect(answer.status == 200)
            #expect(texts(answer) == ["question 0", "answer 0 [1]", "question cited", "answer cited [1]"])
            #expect(answer.json["name"] == "Named" && answer.json["count"] == 4 && answer.json["withheld"] == 0)
            #expect(answer.json["next"]?.isNull == true)
            #expect(
                answer.json["messages"]?[3] == [
                    "role": "assistant", "text": "answer cited [1]",
                    "createdAt": answer.json["messages"]?[3]?["createdAt"] ?? .null, "model": "m",
                    "finishReason": "stop",
                    "citations": [
                        [
                            "n": 1, "name": "a.txt", "page": 3, "quote": "a quote",
                            "sentence": ["start": 0, "end": 4], "support": "supported",
                        ]
                    ],
                ])
            for hidden in [id, document, second.answer, second.question, "nobody is shown", "cost", "promptTokens"] {
                #expect(!answer.text.contains(hidden), "\(hidden)")
            }
            #expect(answer.fields["x-robots-tag"] == "noindex, nofollow, noarchive")
            #expect(answer.fields["referrer-policy"] == "no-referrer" && answer.fields["cache-control"] == "no-store")
            // What opens it is kept nowhere.
            let kept = try await product.sql.query("SELECT row_to_json(s)::text AS row FROM shares s")
            #expect(kept.count == 1)
            #expect(try kept.first?.string("row").contains(token.suffix(32)) == false)
            // In a field, no server on the way sees it among the addresses.
            let other = try await product.send(.history, .get, "/api/share", fields: ["x-apus-link": token])
            #expect(other.json == answer.json)
        }
    }

    @Test func linksAreListedAndEnded() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", turns: 1, product)
            let other = try await chat("y", turns: 1, product)
            let (first, second) = (try await share(id, product), try await share(id, product))
            let list = try await product.get(.history, "/api/history/\(id)/share")
            let ids = [second, first].compactMap { $0.json["id"]?.string }
            #expect(list.json["links"]?.array?.compactMap { $0["id"]?.string } == ids)
            #expect(list.json["links"]?[0]?.object?.names == ["id", "createdAt", "expiresAt", "messages"])
            func end(_ link: String, of chat: String) async throws -> Int {
                try await product.send(.history, .delete, "/api/history/\(chat)/share/\(link)").status
            }
            let link = first.json["id"]?.string ?? ""
            for (wrong, of) in [(link, other), (UUIDv7.make(), id), ("x", id), (link, "x"), (link, UUIDv7.make())] {
                #expect(try await end(wrong, of: of) == 404)
            }
            #expect(try await end(link, of: id) == 204)
            #expect(try await end(link, of: id) == 404)
            #expect(try await open(first.json["token"]?.string ?? "", product).status == 404)
            #expect(try await open(second.json["token"]?.string ?? "", product).status == 200)
            for unknown in [UUIDv7.make(), "nonsense"] {
                #expect(try await product.get(.history, "/api/history/\(unknown)/share").status == 404)
                #expect(try await share(unknown, product).status == 404)
            }
        }
    }

    @Test func whatIsAskedForWronglyIsNamed() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", turns: 1, product)
            for wrong: JSONValue in [
                ["expiresInDays": 0], ["expiresInDays": 366], ["expiresInDays": "3"], ["expiresInDays": 1.5],
                ["colour": "red"], [1], "x",
            ] {
                let answer = try await share(id, product, wrong)
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] != nil, "\(wrong)")
            }
            let noJSON = try await product.send(.history, .post, "/api/history/\(id)/share", body: "{".bytes)
            #expect(noJSON.status == 400)
            let long = try await product.send(
                .history, .post, "/api/history/\(id)/share", body: [UInt8](repeating: 32, count: 70_000))
            #expect(long.status == 413)
            // Nothing at all means a month.
            let made = try await product.send(.history, .post, "/api/history/\(id)/share")
            #expect(made.status == 201)
            let days = try await product.sql.query(
                "SELECT extract(day FROM expires_at - created_at)::int AS days FROM shares")
            #expect(try days.map { try $0.int("days") } == [30])
            let empty = try await share(try await chat("empty", turns: 0, product), product)
            #expect(empty.status == 409 && empty.json["code"] == "nothing_to_share")
            let token = made.json["token"]?.string ?? ""
            for query in ["?limit=0", "?limit=501", "?after=-1", "?after=x", "?after=10001", "?format=html"] {
                let answer = try await open(token, product, query)
                #expect(answer.status == 400 && answer.fields["x-robots-tag"] != nil, "\(query)")
            }
        }
    }

    /// Whatever is wrong with a link, whoever guesses is told the same.
    @Test func unknownEndedAndExpiredLinksAreOneAnswer() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", turns: 1, product)
            let gone = try await chat("gone", turns: 1, product)
            let (good, ended, expired) = (
                try await token(of: id, product), try await share(id, product), try await share(id, product)
            )
            let ofGone = try await token(of: gone, product)
            let link = ended.json["id"]?.string ?? ""
            #expect(try await product.send(.history, .delete, "/api/history/\(id)/share/\(link)").status == 204)
            try await product.sql.query(
                "UPDATE shares SET expires_at = now() WHERE id = $1", [expired.json["id"]?.string])
            _ = try await product.catalog.markChatDeleting(gone)
            let flipped = good.hasSuffix("a") ? good.dropLast() + "b" : good.dropLast() + "a"
            let tokens = [
                ended.json["token"]?.string ?? "", expired.json["token"]?.string ?? "", ofGone, String(flipped),
                Base62.random(48), String(good.prefix(16)), "x", good + "x", "%00",
            ]
            var answers: [String] = []
            for token in tokens {
                let answer = try await open(token, product)
                #expect(answer.status == 404 && answer.fields["x-robots-tag"] != nil)
                answers.append(answer.json["detail"]?.string ?? "")
            }
            #expect(Set(answers) == ["The link is not found or has ended."])
            #expect(try await open(good, product).status == 200)
            // One that has expired is not listed, cannot be ended again, and goes.
            #expect(
                try await product.get(.history, "/api/history/\(id)/share").json["links"]?.array?.count == 1)
            #expect(try await product.catalog.index.removeExpiredShares() == 1)
        }
    }

    @Test func anAnswerThatWasTriedAgainIsLeftOut() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", turns: 1, product)
            let failed = try await ask("failed", in: id, product, finishReason: "error")
            let token = try await token(of: id, product)
            #expect(texts(try await open(token, product)).last == "answer failed [1]")
            let old = try #require(try await product.messages.message(failed.answer, in: id))
            let new = ChatMessage(
                id: old.id, chatId: id, workspaceId: "default", role: "assistant", text: "Now it is said.",
                createdAt: old.createdAt, parentId: old.parentId, attempt: UUIDv7.make())
            #expect(try await product.messages.replace(old, with: new))
            #expect(texts(try await open(token, product)) == ["question 0", "answer 0 [1]", "question failed"])
        }
    }

    @Test func whatWasMadeFromADocumentThatIsDeletedIsWithheldAndAllThatFollows() async throws {
        try await RunningProduct.with([.history, .upload]) { product in
            let kept = try await product.added("kept", name: "kept.txt")
            let gone = try await product.added("gone", name: "gone.txt")
            let id = try await chat("x", turns: 0, product)
            _ = try await ask("one", in: id, product, citing: kept)
            _ = try await ask("two", in: id, product, citing: gone)
            _ = try await ask("three", in: id, product)
            let own = try await product.added("own", name: "own.txt", chatId: id)
            let before = try await token(of: id, product)
            _ = try await ask("four", in: id, product, citing: own)
            let after = try await token(of: id, product)
            #expect(texts(try await open(before, product)).count == 6)
            // A document of the chat alone is given with it.
            #expect(texts(try await open(after, product)).count == 8)
            #expect(try await product.send(.upload, .delete, "/api/documents/\(gone)").status == 200)
            for token in [before, after] {
                let answer = try await open(token, product)
                #expect(texts(answer) == ["question one", "answer one [1]", "question two"])
                #expect(answer.json["withheld"]?.int == (answer.json["count"]?.int ?? 0) - 3)
                #expect(answer.json["next"]?.isNull == true && answer.json["name"]?.isNull == true)
                #expect(try await texts(open(token, product, "?after=3")).isEmpty)
                #expect(try await texts(open(token, product, "?limit=2")).count == 2)
                let file = try await open(token, product, "?format=markdown")
                #expect(file.text.contains("answer one") && !file.text.contains("answer two"))
            }
        }
    }

    /// A name that a model made of an answer could say what was in it; so does a list of the documents.
    @Test func neitherTheNameNorAListTellsOfDocumentsThatAreNotSeen() async throws {
        try await RunningProduct.with([.history, .upload]) { product in
            let hidden = try await product.added("hidden", name: "Salaries - 2026.txt")
            let id = try await chat("Salaries are too high", turns: 1, product)
            let list = ChatMessage(
                id: UUIDv7.make(), chatId: id, workspaceId: "default", role: "assistant",
                text: "There are 2 documents:\n\n- a.txt\n- Salaries - 2026.txt", createdAt: "2026-01-02T00:00:00.000Z")
            #expect(try await product.messages.add(list))
            let token = try await token(of: id, product)
            #expect(try await open(token, product).json["name"] == "question 0")
            #expect(try await texts(open(token, product)).count == 3)
            #expect(try await product.send(.upload, .delete, "/api/documents/\(hidden)").status == 200)
            for format in ["", "?format=markdown"] {
                let answer = try await open(token, product, format)
                #expect(answer.status == 200 && answer.text.contains("answer 0") && !answer.text.contains("Salaries"))
            }
            // A branch quotes documents of the chat that it is from.
            let other = try await chat("x", turns: 0, product)
            let own = try await product.added("own", name: "own.txt", chatId: other)
            let last = try await ask("own", in: other, product, citing: own)
            let branch = try await product.post(
                .history, "/api/history/\(other)/branch", ["messageId": .string(last.answer)])
            let shown = try await open(try await self.token(of: branch.json["id"]?.string ?? "", product), product)
            #expect(texts(shown).count == 2)
        }
    }

    @Test func aLinkComesInPagesAndAsMarkdown() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("Long", turns: 60, product)
            _ = try await product.catalog.renameChat(id, to: "<b>Long</b>")
            let token = try await token(of: id, product)
            var (seen, place): ([String], Int64?) = ([], 0)
            while let from = place {
                let page = try await open(token, product, "?limit=50&after=\(from)")
                seen += texts(page)
                place = page.json["next"]?.int
            }
            #expect(seen == (0..<60).flatMap { ["question \($0)", "answer \($0) [1]"] })
            #expect(try await texts(open(token, product)).count == 100)
            let file = try await open(token, product, "?format=markdown")
            #expect(file.fields["content-type"] == "text/markdown; charset=utf-8")
            #expect(file.fields["content-disposition"]?.hasPrefix("attachment") == true)
            #expect(file.fields["content-security-policy"] == "sandbox; default-src 'none'")
            #expect(file.fields["x-robots-tag"] != nil && file.text.hasPrefix("# \\<b\\>Long"))
            #expect(file.text.contains("answer 59 [^60]") && file.text.contains("[^60]: a.txt, page 3: “a quote”"))
        }
    }

    @Test func thereIsALimitOfLinksHoweverManyAskAtOnce() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", turns: 1, product)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<30 { group.addTask { try await share(id, product).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 201 } == 20 && statuses.count { $0 == 409 } == 10)
            #expect(try await share(id, product).json["code"] == "too_many_links")
            // What has expired takes no room.
            try await product.sql.query("UPDATE shares SET expires_at = now()")
            #expect(try await share(id, product).status == 201)
            try await product.sql.query(
                """
                INSERT INTO shares (id, workspace_id, chat_id, selector, secret, name, message_ids, attempts, document_ids,
                    document_places, expires_at)
                SELECT gen_random_uuid(), 'default', $1::uuid, 's' || n, '', '', '{}', '{}', '{}', '{}', now() + interval '1 day'
                FROM generate_series(1, 499) n
                """, [try await chat("many", turns: 0, product)])
            let refused = try await share(try await chat("z", turns: 1, product), product)
            #expect(refused.status == 409 && refused.json["detail"]?.string?.contains("500 links of yours") == true)
        }
    }

    @Test func deletingAChatEndsItsLinksAndCountsThem() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", turns: 1, product)
            let token = try await token(of: id, product)
            _ = try await share(id, product)
            // It shows nothing from the moment on which the deletion begins, and counts what a crash has left.
            _ = try await product.catalog.markChatDeleting(id)
            #expect(try await open(token, product).status == 404)
            #expect(try await product.get(.history, "/api/history/\(id)/share").status == 404)
            #expect(try await share(id, product).status == 404)
            let receipt = try await product.send(.history, .delete, "/api/history/\(id)")
            #expect(receipt.json == ["rows": 1, "messages": 2, "documents": 0, "links": 2])
            #expect(try await product.sql.query("SELECT 1 FROM shares").isEmpty)
        }
    }
}
