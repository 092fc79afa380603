import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// Whatever is done to chats in whatever order, every message is on a path that can be shown and exported, and every link shows what
/// was shown when it was made.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct RedoSequenceFeatureTests {
    /// Does things at random, and knows what there has to be.
    private struct Actor {
        let product: RunningProduct
        /// Messages by chat, with what is a question.
        var chats: [String: [(id: String, isQuestion: Bool)]] = [:]
        /// What was shown when a link was made.
        var links: [(token: String, chat: String, texts: [JSONValue?])] = []
        var done: [String] = []

        private var picked: (chat: String, messages: [(id: String, isQuestion: Bool)])? {
            chats.randomElement().map { ($0.key, $0.value) }
        }

        mutating func act() async throws {
            switch Int.random(in: 0..<13) {
            case 0...2: try await ask(stopping: false)
            case 3: try await ask(stopping: true)
            case 4, 5: try await regenerate()
            case 6: try await edit()
            case 7: try await branch()
            case 8: try await choose()
            case 9, 10: try await share()
            case 11: try await hideAndRestore()
            default: try await delete()
            }
        }

        /// Stopping comes at any time: before the answer, in it, or after it.
        private mutating func ask(stopping: Bool) async throws {
            let message = UUIDv7.make()
            var body: JSONObject = [
                "message": .string("Question \(message)?"), "useDocuments": false, "messageId": .string(message),
            ]
            let chat = Int.random(in: 0..<4) == 0 ? nil : picked?.chat
            if let chat { body["chatId"] = .string(chat) }
            let answer = UUIDv7.derived(from: message, purpose: "answer")
            let asked = JSONValue.object(body)
            let asking = Task { [product] in try await product.chatEvents(asked) }
            if stopping {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<40)))
                _ = try await product.post(.chat, "/api/chat/\(answer)/stop", [:])
            }
            let ended = try await asking.value
            #expect(ended.status == 200 && (try? ended.events.last?.name) == "done", "\(ended.text)")
            let own = chat ?? UUIDv7.derived(from: message, purpose: "chat")
            chats[own, default: []] += [(message, true), (answer, false)]
            done.append("ask \(stopping)")
        }

        private mutating func regenerate() async throws {
            guard let (chat, messages) = picked, let old = messages.filter({ !$0.isQuestion }).randomElement() else {
                return
            }
            let answer = try await product.post(.chat, "/api/chat/\(old.id)/regenerate", ["useDocuments": false])
            #expect(answer.status == 200, "\(answer.text)")
            if let id = answer.json["answerId"]?.string { chats[chat]?.append((id, false)) }
            done.append("regenerate")
        }

        /// Of those that are edited, some are answered.
        private mutating func edit() async throws {
            guard let (chat, messages) = picked, let old = messages.filter(\.isQuestion).randomElement() else { return }
            let text = JSONValue.string("Edited \(UUIDv7.make())?")
            let edited = try await product.send(
                .history, .put, "/api/history/\(chat)/messages/\(old.id)", fields: ["Content-Type": "application/json"],
                body: JSONValue.object(["text": text]).encoded)
            #expect(edited.status == 200, "\(edited.text)")
            guard let id = edited.json["id"]?.string else { return }
            chats[chat]?.append((id, true))
            done.append("edit")
            guard Bool.random() else { return }
            let answer = try await product.chat([
                "message": text, "chatId": .string(chat), "messageId": .string(id), "useDocuments": false,
            ])
            #expect(answer.status == 200, "\(answer.text)")
            chats[chat]?.append((UUIDv7.derived(from: id, purpose: "answer"), false))
        }

        private mutating func branch() async throws {
            guard let (chat, messages) = picked, let last = messages.randomElement() else { return }
            let branch = try await product.post(
                .history, "/api/history/\(chat)/branch", ["messageId": .string(last.id)])
            #expect(branch.status == 200, "\(branch.text)")
            guard let id = branch.json["id"]?.string else { return }
            let copied = try await product.messages.messages(in: id, limit: 500)
            #expect(copied.count == Int(branch.json["messages"]?.int ?? 0))
            chats[id] = copied.map { ($0.id, $0.role == "user") }
            done.append("branch")
        }

        private mutating func choose() async throws {
            guard let (chat, messages) = picked, let one = messages.randomElement() else { return }
            let chosen = try await product.send(
                .history, .patch, "/api/history/\(chat)", fields: ["Content-Type": "application/json"],
                body: JSONValue.object(["chosen": .string(one.id)]).encoded)
            #expect(chosen.status == 200, "\(chosen.text)")
            done.append("choose")
        }

        private mutating func share() async throws {
            guard let chat = picked?.chat else { return }
            let shown = try await product.get(.history, "/api/history/\(chat)?limit=500").json["messages"]?.array ?? []
            let link = try await product.post(.history, "/api/history/\(chat)/share", [:])
            #expect(link.status == 201, "\(link.text) \(done)")
            links.append((link.json["token"]?.string ?? "", chat, shown.map { $0["text"] }))
            done.append("share")
        }

        private mutating func hideAndRestore() async throws {
            guard let chat = picked?.chat else { return }
            let before = try await product.get(.history, "/api/history/\(chat)?limit=500").json["messages"]
            #expect(try await product.send(.history, .delete, "/api/history/\(chat)?undo=true").status == 202)
            #expect(try await product.get(.history, "/api/history/\(chat)").status == 404)
            #expect(try await product.send(.history, .post, "/api/history/\(chat)/restore").status == 200)
            let after = try await product.get(.history, "/api/history/\(chat)?limit=500").json["messages"]
            #expect(after == before, "\(done)")
            done.append("hide and restore")
        }

        private mutating func delete() async throws {
            guard chats.count > 1, let (chat, messages) = picked else { return }
            let receipt = try await product.send(.history, .delete, "/api/history/\(chat)")
            #expect(receipt.json["messages"] == .int(Int64(messages.count)), "\(receipt.text) \(done)")
            chats[chat] = nil
            done.append("delete")
        }

        /// Every message on a path that is shown whole and in order, counted, found in the files, which come in again.
        func check() async throws {
            for link in links {
                let opened = try await product.get(.history, "/api/share/\(link.token)?limit=500")
                let isThere = chats[link.chat] != nil
                #expect(opened.status == (isThere ? 200 : 404), "\(done)")
                guard isThere else { continue }
                #expect(opened.json["messages"]?.array?.map { $0["text"] } == link.texts, "\(done)")
            }
            for (chat, messages) in chats {
                let ids = Set(messages.map(\.id))
                let listed = try await product.catalog.chat(chat)
                #expect(listed?.messages == ids.count, "\(done)")
                for message in messages {
                    let shown = try await product.get(.history, "/api/history/\(chat)?limit=500&path=\(message.id)")
                        .json
                    let path = (shown["messages"]?.array ?? []).compactMap { $0["id"]?.string }
                    #expect(path.contains(message.id) && Set(path).count == path.count, "\(done)")
                    #expect(ids.isSuperset(of: path), "\(done)")
                    for (place, one) in (shown["messages"]?.array ?? []).enumerated() where one["role"] == "assistant" {
                        #expect(place > 0 && path[place - 1] == one["parentId"]?.string, "\(done)")
                    }
                }
                let file = try await product.get(.history, "/api/history/\(chat)/export")
                let kept = file.json["chats"]?[0]?["messages"]?.array ?? []
                #expect(Set(kept.compactMap { $0["id"]?.string }) == ids, "\(done)")
                let shown =
                    try await product.get(.history, "/api/history/\(chat)?limit=500").json["messages"]?.array ?? []
                let text = try await product.get(.history, "/api/history/\(chat)/export?format=markdown").text
                #expect(
                    text.split(separator: "## Question").count - 1 == shown.count { $0["role"] == "user" }, "\(done)")
                let back = try await product.post(.history, "/api/history/import", file.json)
                #expect(back.status == 200, "\(back.text) \(done)")
                let copy = back.json["chats"]?[0]?["id"]?.string ?? ""
                let again = try await product.get(.history, "/api/history/\(copy)?limit=500").json["messages"]?.array
                #expect(again?.map { $0["text"] } == shown.map { $0["text"] }, "\(done)")
                #expect(again?.map { $0["version"] } == shown.map { $0["version"] }, "\(done)")
            }
        }
    }

    @Test(arguments: 0..<3) func everyPathCanBeShownAndExported(_ round: Int) async throws {
        try await RunningProduct.with([.chat, .history], model: { .pieces(["To ", $0.last], finish: "stop") }) {
            product in
            var actor = Actor(product: product)
            for _ in 0..<25 { try await actor.act() }
            try await actor.check()
        }
    }
}
