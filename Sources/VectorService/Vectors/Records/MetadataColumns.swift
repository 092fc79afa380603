import Chroma
import JSONCoding

/// The metadata of one collection by key, for filters: a value's kind and 64 bits for each record, so that a
/// condition is one pass over two arrays.
///
/// Used under the collection's lock.
final class MetadataColumns {
    private(set) var columns: [String: MetadataColumn] = [:]

    func set(_ seq: UInt32, _ metadata: JSONObject?) {
        for column in columns.values { column.clear(Int(seq)) }
        for (key, value) in metadata?.members ?? [] {
            let column = columns[key] ?? MetadataColumn()
            columns[key] = column
            column.set(Int(seq), value)
        }
    }
}

/// One key's values.
final class MetadataColumn {
    enum Kind: UInt8 {
        case none, bool, int, float, string, array, sparse
    }

    private var kinds: [UInt8] = []
    private var payloads: [UInt64] = []
    private var strings: [[UInt8]: UInt64] = [:]
    private var arrays: [JSONValue] = []
    private var arrayPlaces: [String: UInt64] = [:]

    func clear(_ seq: Int) { if seq < kinds.count { kinds[seq] = Kind.none.rawValue } }

    func set(_ seq: Int, _ value: JSONValue) {
        while kinds.count <= seq {
            kinds.append(0)
            payloads.append(0)
        }
        let (kind, payload): (Kind, UInt64) =
            switch value {
            case .null: (.none, 0)
            case .bool(let value): (.bool, value ? 1 : 0)
            case .int(let value): (.int, UInt64(bitPattern: value))
            case .double(let value): (.float, value.bitPattern)
            case .string(let text): (.string, number(of: Array(text.utf8)))
            case .array: (.array, number(ofArray: value))
            case .object: (.sparse, 0)
            }
        kinds[seq] = kind.rawValue
        payloads[seq] = payload
    }

    // Strings are compared byte by byte: Swift's equality also equates other spellings of the same characters.
    private func number(of text: [UInt8]) -> UInt64 {
        if let known = strings[text] { return known }
        let fresh = UInt64(strings.count)
        strings[text] = fresh
        return fresh
    }

    private func number(ofArray value: JSONValue) -> UInt64 {
        let text = value.text
        if let known = arrayPlaces[text] { return known }
        let fresh = UInt64(arrays.count)
        arrays.append(value)
        arrayPlaces[text] = fresh
        return fresh
    }

    // MARK: Conditions

    /// Records whose value equals the operand.
    func equal(_ operand: JSONValue, capacity: Int) -> BitSet {
        switch operand {
        case .string(let text):
            guard let number = strings[Array(text.utf8)] else { return BitSet(capacity: capacity) }
            return scan(capacity) { $0 == Kind.string.rawValue && $1 == number }
        case .bool(let value):
            let wanted: UInt64 = value ? 1 : 0
            return scan(capacity) { $0 == Kind.bool.rawValue && $1 == wanted }
        case .int, .double: return compare(.equal, operand, capacity: capacity)
        case .null, .array, .object: return BitSet(capacity: capacity)
        }
    }

    /// Records whose value is a number in that relation to the operand; integers beyond 2^53 compare exactly.
    func compare(_ comparison: WhereFilter.Comparison, _ operand: JSONValue, capacity: Int) -> BitSet {
        // What the value has to be to the operand: -1 less, 0 equal, 1 greater.
        let accepted: (Bool, Bool, Bool) =
            switch comparison {
            case .equal, .notEqual: (false, true, false)
            case .greater: (false, false, true)
            case .greaterOrEqual: (false, true, true)
            case .less: (true, false, false)
            case .lessOrEqual: (true, true, false)
            }
        func accepts(_ order: Int) -> Bool { order < 0 ? accepted.0 : order == 0 ? accepted.1 : accepted.2 }
        switch operand {
        case .int(let wanted):
            return scan(capacity) { kind, payload in
                if kind == Kind.int.rawValue {
                    let value = Int64(bitPattern: payload)
                    return accepts(value < wanted ? -1 : value == wanted ? 0 : 1)
                }
                guard kind == Kind.float.rawValue else { return false }
                return accepts(-Self.order(wanted, Double(bitPattern: payload)))
            }
        case .double(let wanted):
            return scan(capacity) { kind, payload in
                if kind == Kind.float.rawValue {
                    let value = Double(bitPattern: payload)
                    return accepts(value < wanted ? -1 : value == wanted ? 0 : 1)
                }
                guard kind == Kind.int.rawValue else { return false }
                return accepts(Self.order(Int64(bitPattern: payload), wanted))
            }
        default: return BitSet(capacity: capacity)
        }
    }

    /// Records whose value is an array with that element, of exactly its type.
    func arraysContaining(_ operand: JSONValue, capacity: Int) -> BitSet {
        var having = BitSet(capacity: arrays.count)
        for (place, array) in arrays.enumerated() {
            if array.array?.contains(where: { Self.isSame($0, operand) }) ?? false { having.insert(place) }
        }
        guard !having.isEmpty else { return BitSet(capacity: capacity) }
        return scan(capacity) { $0 == Kind.array.rawValue && having.contains(Int($1)) }
    }

    private func scan(_ capacity: Int, _ test: (UInt8, UInt64) -> Bool) -> BitSet {
        let count = min(kinds.count, capacity)
        var words = [UInt64](repeating: 0, count: capacity / 64 + 1)
        kinds.withUnsafeBufferPointer { kinds in
            payloads.withUnsafeBufferPointer { payloads in
                for word in 0..<(count + 63) / 64 {
                    var bits: UInt64 = 0
                    for place in word << 6..<min(word << 6 + 64, count) where test(kinds[place], payloads[place]) {
                        bits |= 1 << UInt64(place & 63)
                    }
                    words[word] = bits
                }
            }
        }
        return BitSet(capacity: capacity, words: words)
    }

    private static func isSame(_ value: JSONValue, _ operand: JSONValue) -> Bool {
        switch (value, operand) {
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        default: false
        }
    }

    /// Order of an integer and a float by value.
    private static func order(_ integer: Int64, _ float: Double) -> Int {
        if float >= 0x1p63 { return -1 }
        if float < -0x1p63 { return 1 }
        let whole = Int64(float.rounded(.down))
        if integer != whole { return integer < whole ? -1 : 1 }
        return float > float.rounded(.down) ? -1 : 0
    }
}
