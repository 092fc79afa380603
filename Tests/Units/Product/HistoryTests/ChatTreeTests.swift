import ChatMessages
import Testing

/// Which messages of a chat are shown, and which stand beside each other.
struct ChatTreeTests {
    private static func question(_ id: String, _ time: Int, after parent: String? = nil, versionOf first: String? = nil)
        -> ChatTree.Node
    {
        ChatTree.Node(id: id, role: "user", createdAt: "\(1000 + time)", parentId: parent, versionOf: first)
    }

    private static func answer(_ id: String, _ time: Int, to question: String?) -> ChatTree.Node {
        ChatTree.Node(id: id, role: "assistant", createdAt: "\(1000 + time)", parentId: question, versionOf: nil)
    }

    private static let linear = [
        question("q1", 0), answer("a1", 1, to: "q1"), question("q2", 10), answer("a2", 11, to: "q2"),
        question("q3", 20), answer("a3", 21, to: "q3"),
    ]

    @Test func aChatWithoutVersionsIsReadInItsOrder() {
        let tree = ChatTree(Self.linear.shuffled())
        #expect(tree.path(through: nil) == ["q1", "a1", "q2", "a2", "q3", "a3"])
        #expect(
            tree.path(through: "q1") == tree.path(through: nil) && tree.path(through: "x") == tree.path(through: nil))
        #expect(tree.versions(of: "a2") == ["a2"] && tree.versions(of: "x") == [])
    }

    @Test func questionsAskedAtOnceFollowEachOther() {
        let tree = ChatTree([
            Self.question("q1", 0), Self.question("q2", 1), Self.answer("a1", 5, to: "q1"),
            Self.answer("a2", 4, to: "q2"),
            Self.question("q3", 9, after: "a2"), Self.question("q4", 9, after: "a2"),
        ])
        #expect(tree.path(through: nil) == ["q1", "a1", "q2", "a2", "q3", "q4"])
    }

    @Test func anotherAnswerIsShownInThePlaceOfTheFirstAndOfWhatFollowedIt() {
        let tree = ChatTree(Self.linear + [Self.answer("b1", 2, to: "q1"), Self.question("q4", 40, after: "b1")])
        #expect(tree.path(through: "q1") == ["q1", "b1", "q4"])
        #expect(tree.path(through: "a1") == ["q1", "a1", "q2", "a2", "q3", "a3"])
        #expect(tree.path(through: "q3") == ["q1", "a1", "q2", "a2", "q3", "a3"])
        #expect(tree.versions(of: "a1") == ["a1", "b1"] && tree.answers(to: "q1") == ["a1", "b1"])
    }

    @Test func anEditedQuestionStandsBesideTheFirst() {
        let tree = ChatTree(
            Self.linear + [
                Self.question("r2", 50, versionOf: "q2"), Self.answer("s2", 51, to: "r2"),
                Self.question("t2", 60, versionOf: "q2"),
            ])
        #expect(tree.path(through: nil) == ["q1", "a1", "t2"] && tree.path(through: "r2") == ["q1", "a1", "r2", "s2"])
        #expect(tree.path(through: "q2") == ["q1", "a1", "q2", "a2", "q3", "a3"])
        #expect(tree.versions(of: "r2") == ["q2", "r2", "t2"] && tree.original(of: "t2") == "q2")
    }

    @Test func everyMessageIsOnAPathWhateverHangsOnWhat() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let ids = (0..<Int.random(in: 1...12, using: &random)).map { "m\($0)" }
            let nodes = ids.map { id in
                let other = Bool.random() ? ids.randomElement() : Bool.random() ? "nowhere" : nil
                return Bool.random()
                    ? Self.answer(id, Int.random(in: 0...5), to: other)
                    : Self.question(
                        id, Int.random(in: 0...5), after: other, versionOf: Bool.random() ? ids.randomElement() : nil)
            }
            let tree = ChatTree(nodes)
            for id in ids {
                let path = tree.path(through: id)
                #expect(path.contains(id) && Set(path).count == path.count, "\(nodes)")
                #expect(tree.versions(of: id).contains(id))
            }
        }
    }

    @Test func aDeepChatIsRead() {
        let nodes = (0..<10_000).map { number in
            number % 2 == 0
                ? Self.question("m\(number)", number, after: number == 0 ? nil : "m\(number - 1)")
                : Self.answer("m\(number)", number, to: "m\(number - 1)")
        }
        #expect(ChatTree(nodes).path(through: "m0").count == 10_000)
    }
}
