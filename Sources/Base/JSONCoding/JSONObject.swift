/// The members of a JSON object in their order. A name given twice keeps its last value.
public struct JSONObject: Sendable, ExpressibleByDictionaryLiteral {
    /// The members in order.
    public private(set) var members: [(name: String, value: JSONValue)] = []

    /// No members.
    public init() {}

    /// The members given, in that order.
    public init(_ members: [(String, JSONValue)]) {
        self.members.reserveCapacity(members.count)
        for (name, value) in members { self.members.append((name, value)) }
    }

    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// The value of a member; setting `nil` removes it, setting a new name appends it.
    public subscript(_ name: String) -> JSONValue? {
        get { members.last { $0.name == name }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.name == name } }
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index].value = newValue
            } else {
                members.append((name, newValue))
            }
        }
    }

    /// The names in order.
    public var names: [String] { members.map(\.name) }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// Appends a member whose name is known to be new; `JSONParser` checks that itself.
    mutating func append(_ name: String, _ value: JSONValue) { members.append((name, value)) }
}

extension JSONObject: Equatable {
    /// Members are compared by name, whatever their order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}
