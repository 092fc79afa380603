import CLinux
import Chroma
import LinearRegex
import SQLite

/// Evaluates filters to sets of seqs. Under the collection's shared lock.
struct FilterEvaluation {
    let collection: VectorCollection

    /// The selected records, `nil` for all.
    func seqs(_ selection: RecordSelection) throws -> BitSet? {
        if selection.isEverything { return nil }
        var result = collection.liveSeqs
        if let ids = selection.ids { result.formIntersection(try seqs(ids: ids)) }
        // What reads documents comes last, for as few as possible.
        let filters = [selection.filter, selection.documentFilter].compactMap(\.self)
        for filter in filters.sorted(by: { !$0.needsDocument && $1.needsDocument }) {
            result = try evaluate(filter, within: result)
        }
        return result
    }

    /// The records of `candidates` that match.
    func evaluate(_ filter: WhereFilter, within candidates: BitSet) throws -> BitSet {
        switch filter {
        case .and(let parts):
            var result = candidates
            for part in parts.sorted(by: { !$0.needsDocument && $1.needsDocument }) {
                if result.isEmpty { break }
                result = try evaluate(part, within: result)
            }
            return result
        case .or(let parts):
            var rest = candidates
            var result = BitSet(capacity: candidates.capacity)
            for part in parts {
                let found = try evaluate(part, within: rest)
                result.formUnion(found)
                rest.subtract(found)
            }
            return result
        case .compare(let key, let comparison, let operand):
            let negated = comparison == .notEqual
            return try columnCondition(key, negated, candidates) { column, capacity in
                negated || comparison == .equal
                    ? column.equal(operand, capacity: capacity)
                    : column.compare(comparison, operand, capacity: capacity)
            }
        case .isIn(let key, let operands, let negated):
            return try columnCondition(key, negated, candidates) { column, capacity in
                column.equal(anyOf: operands, capacity: capacity)
            }
        case .contains(let key, let operand, let negated):
            return try columnCondition(key, negated, candidates) { column, capacity in
                column.arraysContaining(operand, capacity: capacity)
            }
        case .documentContains(let text, let negated):
            let part = Array(text.utf8)
            return try documentCondition(negated, candidates) { document in
                apus_find_bytes(document.baseAddress, document.count, part, part.count) >= 0
            }
        case .documentMatches(let regex, let negated):
            return try documentCondition(negated, candidates) { regex.matches($0) }
        case .hasID(let ids, let negated):
            return Self.combine(candidates, try seqs(ids: ids), negated)
        }
    }

    /// The records of these ids; unknown ids are left out.
    func seqs(ids: [String]) throws -> BitSet {
        var result = BitSet(capacity: Int(collection.state.nextSeq))
        try collection.withReader { access in
            for id in ids {
                if let found = try RecordDatabase.find(id, access) { result.insert(Int(found.seq)) }
            }
        }
        return result
    }

    private static func combine(_ candidates: BitSet, _ matching: BitSet, _ negated: Bool) -> BitSet {
        var result = candidates
        if negated { result.subtract(matching) } else { result.formIntersection(matching) }
        return result
    }

    /// A negated condition is the complement: it also holds where the key is missing.
    private func columnCondition(
        _ key: String, _ negated: Bool, _ candidates: BitSet, _ evaluate: (MetadataColumn, Int) -> BitSet
    ) throws -> BitSet {
        let column = try collection.loadedColumns().columns[key]
        let matching = column.map { evaluate($0, candidates.capacity) } ?? BitSet(capacity: candidates.capacity)
        return Self.combine(candidates, matching, negated)
    }

    private func documentCondition(
        _ negated: Bool, _ candidates: BitSet, _ matches: (UnsafeRawBufferPointer) -> Bool
    ) throws -> BitSet {
        var matching = BitSet(capacity: candidates.capacity)
        func consider(_ seq: Int, _ row: borrowing SQLiteRow, _ column: Int32) {
            if row.withBytes(column, { $0.map(matches) ?? false }) { matching.insert(seq) }
        }
        try collection.withReader { access in
            // Reading all is quicker than finding many one by one.
            if candidates.count * 4 > collection.state.count {
                try access.scan("SELECT seq, document FROM records") { row in
                    let seq = Int(row.int(0))
                    if candidates.contains(seq) { consider(seq, row, 1) }
                    return true
                }
            } else {
                try candidates.forEach { seq in
                    try access.scan("SELECT document FROM records WHERE seq = ?", [.integer(Int64(seq))]) { row in
                        consider(seq, row, 0)
                        return false
                    }
                    return true
                }
            }
        }
        return Self.combine(candidates, matching, negated)
    }
}
