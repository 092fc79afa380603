/// A stretch of a passage that may bear a claim out: a sentence, two neighbours, or a row.
struct Window: Sendable {
    let units: [PassageUnit]
    /// Stems of the titles above it and of its document's name.
    let context: Set<String>
    let facts: Facts
    /// Of all its sentences: stems, words and names.
    let stems: Set<String>
    let words: Set<String>
    let names: Set<String>

    var range: Range<Int> {
        (units.first?.range.lowerBound ?? 0)..<(units.last?.range.upperBound ?? 0)
    }

    init(_ units: [PassageUnit], context: Set<String>) {
        self.units = units
        self.context = context
        facts = units.reduce(into: Facts()) { $0.add($1.facts) }
        stems = units.reduce(into: []) { $0.formUnion($1.stems) }
        words = units.reduce(into: []) { $0.formUnion($1.words) }
        names = units.reduce(into: []) { $0.formUnion($1.names) }
    }

    /// All windows of a passage.
    static func windows(_ passage: PassageUnits, name: String) -> [Window] {
        let titles = Set(passage.headings.union(words(name)).map(Stems.stem))
        var windows: [Window] = []
        for (index, unit) in passage.units.enumerated() {
            // A title is part of what stands below it.
            windows.append(Window([unit], context: titles))
            if !unit.isRow, index + 1 < passage.units.count, !passage.units[index + 1].isRow {
                windows.append(Window([unit, passage.units[index + 1]], context: titles))
            }
        }
        return windows
    }

    static func words(_ name: String) -> Set<String> {
        let scalars = Array(name.unicodeScalars)
        return Set(Tokenizer.tokens(scalars, in: 0..<scalars.count).filter { $0.kind == .word }.map(\.text))
    }
}
