import Chroma
import JSONCoding

/// The metadata of one collection by key, for filters.
///
/// Used under the collection's lock.
final class MetadataColumns {
    private(set) var columns: [String: MetadataColumn] = [:]
    /// Records that are gone: their values stay until the columns are read anew, since nobody finds them.
    private(set) var staleCount = 0

    /// Sets a record's values.
    ///
    /// - Parameter old: What the record had before; only its columns are looked at, since there may be many others.
    func set(_ seq: UInt32, _ metadata: JSONObject?, replacing old: JSONObject? = nil) {
        for name in old?.names ?? [] { columns[name]?.clear(Int(seq)) }
        for (key, value) in metadata?.members ?? [] {
            let column = columns[key] ?? MetadataColumn()
            columns[key] = column
            column.set(Int(seq), value)
        }
    }

    /// Notes that a record is gone.
    func forget() { staleCount += 1 }
}

/// One key's values: a kind and 64 bits for each record.
///
/// A column that most records have is two arrays, so that a condition is one pass over them. One that few have is a
/// table: every record may bring keys of its own, and arrays for each would grow with the square of the records.
final class MetadataColumn {
    enum Kind: UInt8 {
        case none, bool, int, float, string, array, sparse
    }

    private struct Cell {
        let kind: UInt8
        let payload: UInt64
    }

    // A record in 8 makes arrays of a table, one in 32 leaves them arrays: it takes many values to go to and fro.
    private static let densityOfArrays = 8
    private static let densityOfTables = 32

    /// Operands that are looked for one after another.
    private static let fewOperands = 16

    private var cells: [Int: Cell] = [:]
    private var isTable = true
    /// Above every record that has a value.
    private var end = 0
    private var count = 0
    private var kinds: [UInt8] = []
    private var payloads: [UInt64] = []
    private var strings: [[UInt8]: UInt64] = [:]
    private var arrays: [JSONValue] = []
    private var arrayPlaces: [String: UInt64] = [:]

    func clear(_ seq: Int) {
        if isTable {
            if cells.removeValue(forKey: seq) != nil { count -= 1 }
        } else if seq < kinds.count, kinds[seq] != Kind.none.rawValue {
            kinds[seq] = Kind.none.rawValue
            count -= 1
        }
    }

    func set(_ seq: Int, _ value: JSONValue) {
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
        clear(seq)
        guard kind != .none else { return }
        count += 1
        end = max(end, seq + 1)
        if !isTable, count * Self.densityOfTables < end { becomeTable() }
        put(seq, Cell(kind: kind.rawValue, payload: payload))
        if isTable, count * Self.densityOfArrays >= end { becomeArrays() }
    }

    private func put(_ seq: Int, _ cell: Cell) {
        guard !isTable else { return cells[seq] = cell }
        while kinds.count <= seq {
            kinds.append(0)
            payloads.append(0)
        }
        kinds[seq] = cell.kind
        payloads[seq] = cell.payload
    }

    private func becomeTable() {
        isTable = true
        for (seq, kind) in kinds.enumerated() where kind != Kind.none.rawValue {
            cells[seq] = Cell(kind: kind, payload: payloads[seq])
        }
        (kinds, payloads) = ([], [])
    }

    private func becomeArrays() {
        isTable = false
        let all = cells
        cells = [:]
        kinds = Array(repeating: 0, count: end)
        payloads = Array(repeating: 0, count: end)
        for (seq, cell) in all { put(seq, cell) }
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

    /// Records whose value equals one of the operands: a pass for each of a few, one pass for many.
    func equal(anyOf operands: [JSONValue], capacity: Int) -> BitSet {
        guard operands.count > Self.fewOperands else {
            var result = BitSet(capacity: capacity)
            for operand in operands { result.formUnion(equal(operand, capacity: capacity)) }
            return result
        }
        var texts: Set<UInt64> = []
        var truths: Set<UInt64> = []
        var integers: Set<UInt64> = []
        var floats: Set<UInt64> = []
        for operand in operands {
            switch operand {
            case .string(let text): if let number = strings[Array(text.utf8)] { texts.insert(number) }
            case .bool(let value): truths.insert(value ? 1 : 0)
            case .int(let value):
                integers.insert(UInt64(bitPattern: value))
                if let float = Double(exactly: value) { floats.insert(float.bitPattern) }
            case .double(let value):
                // Zero has two bit patterns.
                floats.insert((value == 0 ? 0 : value).bitPattern)
                if let whole = Int64(exactly: value) { integers.insert(UInt64(bitPattern: whole)) }
            case .null, .array, .object: break
            }
        }
        let negativeZero = (-0.0).bitPattern
        return scan(capacity) { kind, payload in
            switch Kind(rawValue: kind) {
            case .string: texts.contains(payload)
            case .bool: truths.contains(payload)
            case .int: integers.contains(payload)
            case .float: floats.contains(payload == negativeZero ? 0 : payload)
            default: false
            }
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
        if isTable {
            var result = BitSet(capacity: capacity)
            for (seq, cell) in cells where test(cell.kind, cell.payload) { result.insert(seq) }
            return result
        }
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
