import Catalog
import ChatMessages
import Digests
import JSONCoding
import Telemetry

/// A chat out of a file, checked.
struct ImportedChat: Sendable {
    static let mostMessages = 10_000
    static let longestName = 500

    let name: String
    let createdAt: String
    let updatedAt: String
    let preset: String?
    /// The message that the chosen path leads through.
    private let chosen: String?
    /// How it is kept; `nil` where nothing is said about that.
    let keeping: ChatChanges?
    let messages: [ImportedMessage]
    /// The id that it had where it was exported.
    let id: String

    /// Reads a chat.
    ///
    /// - Parameter place: Of the chat in the file, for whoever has to mend it.
    /// - Throws: `InvalidFields` with everything that is wrong, up to `mostProblems`.
    init(_ value: JSONValue, place: String) throws {
        var problems = ImportProblems(place: place)
        let now = Timestamp.now()
        var (id, name, preset, times): (String, String, String?, [String]) = ("", "", nil, [now, now])
        var chosen: String?
        var keeping = ChatChanges()
        try problems.collect { () throws in
            var reader = try FieldReader(
                value,
                allowed: ["id", "name", "createdAt", "updatedAt", "preset", "messages", "chosen"] + ChatFields.ofKeeping
            )
            id = reader.requiredString("id", length: 1...100)
            name = reader.requiredString("name", length: 1...Self.longestName)
            if name.contains("\0") { reader.add("name", "Must not have the character U+0000.") }
            preset = reader.string("preset", length: 1...40)
            if preset?.contains("\0") == true { reader.add("preset", "Must not have the character U+0000.") }
            chosen = reader.string("chosen", length: 1...100)
            ChatFields.keep(value, &keeping, &reader)
            times = [
                ImportedMessage.time("createdAt", &reader) ?? now, ImportedMessage.time("updatedAt", &reader) ?? now,
            ]
            if value["messages"]?.array == nil { reader.add("messages", "Must be a list.") }
            let count = value["messages"]?.array?.count ?? 0
            if count > Self.mostMessages {
                reader.add("messages", "Must have at most \(Self.mostMessages) messages, has \(count).")
            }
            try reader.finish()
        }
        try problems.finish()
        var messages: [ImportedMessage] = []
        for (index, item) in (value["messages"]?.array ?? []).enumerated() {
            try problems.collect { messages.append(try ImportedMessage(item, place: "messages[\(index)]")) }
        }
        try problems.finish()
        try Self.checkTree(messages, &problems)
        if let chosen, !messages.contains(where: { $0.id == chosen }) {
            try problems.add("chosen", "There is no message with this id in the chat.")
        }
        try problems.finish()
        self.chosen = chosen
        self.keeping = ChatFields.ofKeeping.contains { value[$0] != nil } ? keeping : nil
        (self.id, self.name, self.preset, self.messages) = (id, name, preset, messages)
        (createdAt, updatedAt) = (times[0], min(max(times[0], times[1]), now))
    }

    /// Each id once, each parent there, no message among its own ancestors.
    private static func checkTree(_ messages: [ImportedMessage], _ problems: inout ImportProblems) throws {
        var places: [String: Int] = [:]
        for (index, message) in messages.enumerated() where places.updateValue(index, forKey: message.id) != nil {
            try problems.add("messages[\(index)].id", "Another message of the chat has it, too.")
        }
        // What is known to lead to a beginning; each message is walked through once.
        var isSound = Set<Int>()
        for start in messages.indices {
            var walk: [Int] = []
            var onWalk = Set<Int>()
            var next: Int? = start
            while let index = next, !isSound.contains(index) {
                guard onWalk.insert(index).inserted else {
                    try problems.add("messages[\(index)].parentId", "Goes round in a circle.")
                    break
                }
                walk.append(index)
                var hangs = messages[index]
                if let first = hangs.versionOf {
                    guard let place = places[first], messages[place].role == "user", messages[place].versionOf == nil
                    else {
                        let what = "Must be a question of the chat that is no version of another one."
                        try problems.add("messages[\(index)].versionOf", what)
                        break
                    }
                    // A version hangs where the first one does.
                    hangs = messages[place]
                }
                guard let parent = hangs.parentId else { break }
                next = places[parent]
                if next == nil {
                    try problems.add("messages[\(index)].parentId", "There is no message with this id in the chat.")
                }
            }
            isSound.formUnion(walk)
        }
    }

    /// The documents that are cited.
    var documents: Set<String> { Set(messages.flatMap { $0.citations.compactMap(\.documentId) }) }

    /// The messages as they are stored: with ids of their own, in the order of the file where times are equal.
    ///
    /// - Parameter names: Documents that are there; a citation of another one keeps its words and no link.
    /// - Returns: With the message that the chosen path leads through; `nil` where no message has versions.
    func stored(chatId: String, workspace: String, names: [String: String]) -> (
        messages: [ChatMessage], chosen: String?
    ) {
        let ordered = UUIDv7.ascending(messages.count)
        var renamed: [String: String] = [:]
        for (message, id) in zip(messages, ordered) where renamed[message.id] == nil { renamed[message.id] = id }
        let stored = messages.map { message in
            ChatMessage(
                id: renamed[message.id] ?? UUIDv7.make(), chatId: chatId, workspaceId: workspace, role: message.role,
                text: message.text, createdAt: message.createdAt,
                parentId: message.parentId.flatMap { renamed[$0] }, model: message.model,
                citations: message.citations.map { $0.json(names) }, finishReason: message.finishReason,
                versionOf: message.versionOf.flatMap { renamed[$0] })
        }
        let answered = messages.filter { $0.role == "assistant" }.compactMap(\.parentId)
        let hasVersions = messages.contains { $0.versionOf != nil } || Set(answered).count < answered.count
        let shown = chosen.flatMap { renamed[$0] } ?? (hasVersions ? stored.last?.id : nil)
        return (stored, shown)
    }
}
