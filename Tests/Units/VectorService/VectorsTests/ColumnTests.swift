import Chroma
import JSONCoding
import Testing

@testable import Vectors

/// Sets of records, the columns that filters work on, and the scores of rank expressions.
@Suite struct ColumnTests {
    @Test func setsHoldSmallNumbers() {
        var set = BitSet(capacity: 130, [0, 63, 64, 129, 130, -1])
        #expect(set.members == [0, 63, 64, 129] && set.count == 4)
        set.remove(63)
        set.remove(500)
        set.insert(500)
        #expect(set.contains(64) && !set.contains(63) && !set.contains(500) && !set.contains(-5))
        var other = BitSet(capacity: 130, [64, 65])
        other.formUnion(set)
        #expect(other.members == [0, 64, 65, 129])
        other.formIntersection(BitSet(capacity: 10, [0, 3]))
        #expect(other.members == [0])
        set.subtract(other)
        #expect(set.members == [64, 129] && !set.isEmpty)
        var seen: [Int] = []
        set.forEach {
            seen.append($0)
            return false
        }
        #expect(seen == [64])
    }

    @Test(
        arguments: [
            (0, nil, [1, 5, 9]), (1, nil, [5, 9]), (0, 2, [1, 5]), (1, 1, [5]), (0, 0, []), (9, nil, []), (2, 9, [9]),
        ] as [(Int, Int?, [UInt32])])
    func pagesOfASet(offset: Int, limit: Int?, expected: [UInt32]) {
        #expect(VectorCollection.page(BitSet(capacity: 10, [1, 5, 9]), offset, limit) == expected)
    }

    private func columns() -> MetadataColumns {
        let columns = MetadataColumns()
        let values: [JSONValue] = [5, 5.0, 5.5, "x", true, ["x", 1], 9_007_199_254_740_993, "\u{e9}", "e\u{301}"]
        for (seq, value) in values.enumerated() { columns.set(UInt32(seq), ["k": value]) }
        return columns
    }

    @Test(
        arguments: [
            (5, [0, 1]), (5.0, [0, 1]), (5.5, [2]), ("x", [3]), (true, [4]), (false, []),
            (9_007_199_254_740_993, [6]), (9_007_199_254_740_992.0, []), ("\u{e9}", [7]), ("e\u{301}", [8]), ([1], []),
            (nil, []),
        ] as [(JSONValue, [Int])])
    func findsEqualValues(operand: JSONValue, expected: [Int]) throws {
        let column = try #require(columns().columns["k"])
        #expect(column.equal(operand, capacity: 9).members == expected)
        #expect(column.equal(anyOf: [operand], capacity: 9).members == expected)
        #expect(column.equal(anyOf: Array(repeating: operand, count: 100), capacity: 9).members == expected)
    }

    @Test func aListOfOperandsFindsWhatEachOfThemFinds() throws {
        let column = try #require(columns().columns["k"])
        #expect(column.equal(anyOf: [5, "x", "none", false, [1], nil], capacity: 9).members == [0, 1, 3])
        let zeros = MetadataColumns()
        for (seq, value) in [0, -0.0, 0.0, 1].enumerated() { zeros.set(UInt32(seq), ["k": .double(value)]) }
        zeros.set(4, ["k": 0])
        for zero in [0, 0.0, -0.0] as [JSONValue] {
            for count in [1, 100] {
                let operands = Array(repeating: zero, count: count)
                #expect(zeros.columns["k"]?.equal(anyOf: operands, capacity: 5).members == [0, 1, 2, 4])
            }
        }
    }

    /// A key that one record in a hundred has, then one that each has: the same answers from a table and from arrays.
    @Test func rareKeysAndCommonOnesAreFoundAlike() throws {
        let columns = MetadataColumns()
        for seq in 0..<2000 where seq % 100 == 0 || seq >= 1000 {
            columns.set(UInt32(seq), ["k": .int(Int64(seq % 7))])
        }
        let expected = (0..<2000).filter { ($0 % 100 == 0 || $0 >= 1000) && $0 % 7 == 3 }
        let column = try #require(columns.columns["k"])
        #expect(column.equal(3, capacity: 2000).members == expected)
        // Far away from all others, which makes the key rare again.
        columns.set(1_000_000, ["k": 3])
        #expect(column.equal(anyOf: [3], capacity: 1_000_001).members == expected + [1_000_000])
        columns.set(1_000_000, nil, replacing: ["k": 3])
        columns.set(10, ["k": 3], replacing: nil)
        #expect(column.equal(3, capacity: 1_000_001).members == (expected + [10]).sorted())
    }

    @Test(
        arguments: [
            (.greater, 5, [2, 6]), (.greaterOrEqual, 5, [0, 1, 2, 6]), (.less, 5.5, [0, 1]),
            (.lessOrEqual, 5.5, [0, 1, 2]),
            (.greater, 9_007_199_254_740_992.0, [6]), (.less, 1e300, [0, 1, 2, 6]), (.greater, -1e300, [0, 1, 2, 6]),
            (.less, "x", []),
        ] as [(WhereFilter.Comparison, JSONValue, [Int])])
    func comparesNumbersOnly(comparison: WhereFilter.Comparison, operand: JSONValue, expected: [Int]) throws {
        let column = try #require(columns().columns["k"])
        #expect(column.compare(comparison, operand, capacity: 9).members == expected)
    }

    @Test func membershipIsExact() throws {
        let column = try #require(columns().columns["k"])
        #expect(column.arraysContaining("x", capacity: 9).members == [5])
        #expect(column.arraysContaining(1, capacity: 9).members == [5])
        #expect(column.arraysContaining(1.0, capacity: 9).isEmpty)
    }

    @Test func aNewValueTakesTheOldOnesPlace() throws {
        let columns = columns()
        columns.set(3, ["other": 1], replacing: ["k": "x"])
        columns.set(0, nil, replacing: ["k": 5])
        let column = try #require(columns.columns["k"])
        #expect(column.equal("x", capacity: 9).isEmpty && column.equal(5, capacity: 9).members == [1])
        // Records that came later than the set knows are left out.
        #expect(column.compare(.greater, 0, capacity: 2).members == [1])
    }

    @Test(arguments: [
        ("{\"a\":1}", "{\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}"), ("{\"a\":1}", "{\"a\":null}", "{}"),
        ("{\"a\":1}", "{\"a\":[]}", "{}"), ("{\"a\":1,\"b\":2}", "{\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}"),
        ("{}", "{\"c\":null}", "{}"),
    ])
    func metadataMerges(stored: String, given: String, expected: String) throws {
        let merged = RecordWrite.merged(
            try JSONParser.parse(stored).object, try #require(try JSONParser.parse(given).object))
        #expect(JSONValue.object(merged) == (try JSONParser.parse(expected)))
    }

    // MARK: - Scores

    /// Two searches: one finds 1 and 2, the other 2 and 3.
    private func scores(_ text: String) throws -> RankExpression.Scores {
        let expression = try RankExpression(try JSONParser.parse(text))
        return try expression.scores { nearest in
            nearest.query == .dense([1]) ? [(1, 0.5), (2, 1)] : [(2, 4), (3, 8)]
        }
    }

    private static let one = "{\"$knn\":{\"query\":[1]}}"
    private static let two = "{\"$knn\":{\"query\":[2]}}"
    private static let twoOrTen = "{\"$knn\":{\"query\":[2],\"default\":10}}"
    private static let oneOrFive = "{\"$knn\":{\"query\":[1],\"default\":5}}"

    @Test(
        arguments: [
            ("{\"$sum\":[\(one),\(two)]}", [2: 5], nil), ("{\"$sum\":[\(one),\(twoOrTen)]}", [1: 10.5, 2: 5], nil),
            ("{\"$sum\":[\(oneOrFive),\(twoOrTen)]}", [1: 10.5, 2: 5, 3: 13], 15),
            ("{\"$sub\":{\"left\":\(oneOrFive),\"right\":\(two)}}", [2: -3, 3: -3], nil),
            ("{\"$div\":{\"left\":\(two),\"right\":{\"$val\":2}}}", [2: 2, 3: 4], nil),
            ("{\"$mul\":[{\"$val\":3},\(one)]}", [1: 1.5, 2: 3], nil), ("{\"$sum\":[]}", [:], 0),
            ("{\"$mul\":[]}", [:], 1), ("{\"$max\":[\(one),{\"$val\":0.75}]}", [1: 0.75, 2: 1], nil),
            ("{\"$min\":[\(one),{\"$val\":0.75}]}", [1: 0.5, 2: 0.75], nil), ("{\"$val\":7}", [:], 7),
            ("{\"$abs\":{\"$sub\":{\"left\":{\"$val\":0},\"right\":\(one)}}}", [1: 0.5, 2: 1], nil),
            ("{\"$exp\":{\"$val\":0}}", [:], 1), ("{\"$log\":{\"$exp\":\(one)}}", [1: 0.5, 2: 1], nil),
            ("{\"$knn\":{\"query\":[2],\"return_rank\":true}}", [2: 0, 3: 1], nil),
        ] as [(String, [UInt32: Float], Float?)])
    func expressionsArePartialFunctions(text: String, explicit: [UInt32: Float], fallback: Float?) throws {
        let found = try scores(text)
        #expect(found.fallback == fallback && Set(found.explicit.keys) == Set(explicit.keys))
        for (seq, score) in explicit { #expect(abs((found.explicit[seq] ?? .nan) - score) < 1e-5) }
    }
}
