/// A set of small numbers as bits; the evaluation of filters works on these.
public struct BitSet: Sendable, Equatable {
    /// 64 members a word, lowest bit first.
    public private(set) var words: [UInt64]
    /// Members are below this.
    public let capacity: Int

    /// The empty set.
    public init(capacity: Int) {
        self.capacity = capacity
        words = Array(repeating: 0, count: capacity / 64 + 1)
    }

    /// A set of given members, those beyond the capacity left out.
    public init(capacity: Int, _ members: some Sequence<Int>) {
        self.init(capacity: capacity)
        for member in members { insert(member) }
    }

    init(capacity: Int, words: [UInt64]) {
        self.capacity = capacity
        self.words = words
    }

    /// Whether it is a member.
    public func contains(_ member: Int) -> Bool {
        member >= 0 && member < capacity && words[member >> 6] >> UInt64(member & 63) & 1 == 1
    }

    /// Adds a member below the capacity.
    public mutating func insert(_ member: Int) {
        guard member >= 0, member < capacity else { return }
        words[member >> 6] |= 1 << UInt64(member & 63)
    }

    /// Takes a member out.
    public mutating func remove(_ member: Int) {
        guard member >= 0, member < capacity else { return }
        words[member >> 6] &= ~(1 << UInt64(member & 63))
    }

    /// The number of members.
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Whether there is no member.
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// Keeps what is in both.
    public mutating func formIntersection(_ other: BitSet) {
        for index in words.indices { words[index] &= index < other.words.count ? other.words[index] : 0 }
    }

    /// Adds what is in the other.
    public mutating func formUnion(_ other: BitSet) {
        for index in words.indices where index < other.words.count { words[index] |= other.words[index] }
    }

    /// Takes out what is in the other.
    public mutating func subtract(_ other: BitSet) {
        for index in words.indices where index < other.words.count { words[index] &= ~other.words[index] }
    }

    /// Calls `body` with the members in ascending order until it returns false.
    public func forEach(_ body: (Int) throws -> Bool) rethrows {
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                let bit = word.trailingZeroBitCount
                word &= word - 1
                guard try body(index << 6 + bit) else { return }
            }
        }
    }

    /// The members in ascending order.
    public var members: [Int] {
        var result: [Int] = []
        forEach {
            result.append($0)
            return true
        }
        return result
    }
}
