/// The members of a JSON object in their order. A name given twice keeps its last value.
///
/// Finding a member takes the same time however many there are, since who sends an object decides how many. Names are
/// told apart by their bytes: Swift's equality also equates other spellings of the same characters, which takes time that
/// grows with the square of the marks on one.
public struct JSONObject: Sendable, ExpressibleByDictionaryLiteral {
    /// The members in order.
    public private(set) var members: [(name: String, value: JSONValue)] = []
    /// Where each name stands; `nil` while there are so few members that looking through them is quicker.
    private var places: [Name: Int]?

    private static let fewMembers = 16

    /// No members.
    public init() {}

    /// The members given, in that order.
    public init(_ members: [(String, JSONValue)]) {
        self.members.reserveCapacity(members.count)
        for (name, value) in members { self.members.append((name, value)) }
        index()
    }

    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// The value of a member; setting `nil` removes it, setting a new name appends it.
    ///
    /// Who removes many calls `removeAll`: each removal moves the members behind it.
    public subscript(_ name: String) -> JSONValue? {
        get { place(of: name).map { members[$0].value } }
        set {
            guard let newValue else {
                guard place(of: name) != nil else { return }
                return removeAll([name])
            }
            if let place = place(of: name) {
                members[place].value = newValue
            } else {
                members.append((name, newValue))
                if places == nil { index() } else { places?[Name(text: name)] = members.count - 1 }
            }
        }
    }

    /// Removes the members of these names.
    public mutating func removeAll(_ names: some Sequence<String>) {
        let names = Set(names.map { Name(text: $0) })
        members.removeAll { names.contains(Name(text: $0.name)) }
        places = nil
        index()
    }

    /// The names in order.
    public var names: [String] { members.map(\.name) }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    private func place(of name: String) -> Int? {
        if let places { return places[Name(text: name)] }
        return members.lastIndex { Name.isSame($0.name, name) }
    }

    private mutating func index() {
        guard members.count > Self.fewMembers else { return }
        var places: [Name: Int] = [:]
        places.reserveCapacity(members.count)
        for (place, member) in members.enumerated() { places[Name(text: member.name)] = place }
        self.places = places
    }
}

/// A member's name as a key.
private struct Name: Hashable {
    let text: String

    static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    static func == (left: Name, right: Name) -> Bool { isSame(left.text, right.text) }

    func hash(into hasher: inout Hasher) {
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isHashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
}

extension JSONObject: Equatable {
    /// Members are compared by name, whatever their order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}
