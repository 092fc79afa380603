/// How the messages of a chat hang together when some of them have versions: which follow each other on a path, and which
/// stand beside each other.
///
/// An answer hangs on its question. A question hangs on what it follows; one that says nothing of it, as all do in a chat
/// without versions, on the first answer to the question before. A version of a question hangs where the first one does.
/// Whatever is stored, every message is on some path: one whose place cannot be made out stands at the end of all.
public struct ChatTree: Sendable {
    /// What the tree needs to know of a message.
    public struct Node: Sendable {
        public let id: String
        /// `user` or `assistant`.
        public let role: String
        public let createdAt: String
        public let parentId: String?
        /// The question of which this is a version.
        public let versionOf: String?

        /// Makes a node.
        public init(id: String, role: String, createdAt: String, parentId: String?, versionOf: String?) {
            self.id = id
            self.role = role
            self.createdAt = createdAt
            self.parentId = parentId
            self.versionOf = versionOf
        }

        var isQuestion: Bool { role == "user" }
    }

    /// Versions of one message, the oldest first.
    typealias Versions = [Int]

    private let nodes: [Node]
    private let places: [String: Int]
    private var parents: [Int?]
    /// What follows each message: one after the other, each in one or several versions.
    private var slots: [Int: [Versions]] = [:]
    private var roots: [Versions] = []
    private var versions: [Int: Versions] = [:]

    /// Puts messages together, in whatever order they come.
    public init(_ messages: [Node]) {
        let nodes = messages.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        self.nodes = nodes
        places = Dictionary(nodes.enumerated().map { ($1.id, $0) }) { first, _ in first }
        parents = Array(repeating: nil, count: nodes.count)
        findParents()
        cutCircles()
        group()
    }

    /// Whether a message is there.
    public func contains(_ id: String) -> Bool { places[id] != nil }

    /// All messages, the oldest first.
    public var all: [String] { nodes.map(\.id) }

    /// How many messages there are.
    public var count: Int { nodes.count }

    // MARK: - Reading it

    /// The messages beside each other with this one among them, the oldest first.
    public func versions(of id: String) -> [String] {
        guard let place = places[id] else { return [] }
        return (versions[place] ?? [place]).map { nodes[$0].id }
    }

    /// The first version of a question.
    public func original(of id: String) -> String {
        places[id].map { nodes[original(of: $0)].id } ?? id
    }

    /// The answers to a question, the oldest first.
    public func answers(to question: String) -> [String] {
        nodes.filter { !$0.isQuestion && $0.parentId == question }.map(\.id)
    }

    /// One path from the beginning to an end: the one through a message, or that of the newest version everywhere.
    public func path(through id: String?) -> [String] {
        var chosen = Set<Int>()
        var next = id.flatMap { places[$0] }
        while let place = next, chosen.insert(place).inserted { next = parents[place] }
        var path: [String] = []
        // Chats are deep: what is still to be visited is a list, not a call within a call.
        var waiting = Array(roots.reversed())
        while let versions = waiting.popLast() {
            guard let place = versions.first(where: chosen.contains) ?? versions.last else { continue }
            path.append(nodes[place].id)
            waiting += (slots[place] ?? []).reversed()
        }
        return path
    }

    // MARK: - Making it

    private func original(of place: Int) -> Int {
        guard nodes[place].isQuestion, let id = nodes[place].versionOf, let first = places[id], nodes[first].isQuestion
        else { return place }
        return first
    }

    private mutating func findParents() {
        var firstAnswers: [String: Int] = [:]
        for (place, node) in nodes.enumerated() where !node.isQuestion {
            if let question = node.parentId, firstAnswers[question] == nil { firstAnswers[question] = place }
        }
        var before: Int?
        for (place, node) in nodes.enumerated() {
            let named = node.parentId.flatMap { places[$0] }.flatMap { $0 == place ? nil : $0 }
            guard node.isQuestion, original(of: place) == place else {
                if !node.isQuestion { parents[place] = named ?? before }
                continue
            }
            parents[place] = named ?? before.map { firstAnswers[nodes[$0].id] ?? $0 }
            before = place
        }
        for place in nodes.indices where original(of: place) != place {
            parents[place] = parents[original(of: place)]
        }
    }

    /// Lets go of parents that lead round in a circle.
    private mutating func cutCircles() {
        var sound = Set<Int>()
        for start in nodes.indices {
            var walk = Set<Int>()
            var next: Int? = start
            while let place = next, !sound.contains(place) {
                walk.insert(place)
                next = parents[place]
                guard let parent = next, walk.contains(parent) else { continue }
                parents[place] = nil
                next = nil
            }
            sound.formUnion(walk)
        }
    }

    private mutating func group() {
        var groups: [[Int]: Versions] = [:]
        var order: [[Int]] = []
        for (place, node) in nodes.enumerated() {
            // Answers to one question stand beside each other; what has no parent stands alone, or with its versions.
            let parent = parents[place] ?? -1
            let key = node.isQuestion ? [parent, original(of: place)] : [parent, parent < 0 ? place : -1]
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(place)
        }
        // An answer comes before what was asked in the meantime.
        let sorted = order.enumerated().sorted { one, two in
            let (first, second) = (one.element[1] == -1 ? 0 : 1, two.element[1] == -1 ? 0 : 1)
            return (first, one.offset) < (second, two.offset)
        }
        for (_, key) in sorted {
            guard let group = groups[key] else { continue }
            for place in group { versions[place] = group }
            if key[0] < 0 { roots.append(group) } else { slots[key[0], default: []].append(group) }
        }
    }
}
