import Testing

@testable import Documents

/// What two sequences have in common.
@Suite struct CommonSequenceTests {
    @Test(arguments: [
        ([], [], 0), ([1], [], 0), ([], [1], 0), ([1], [1], 1), ([1, 2, 3], [1, 2, 3], 3), ([1, 2, 3], [4, 5], 0),
        ([1, 2, 3, 1, 2, 2, 1], [3, 2, 1, 2, 1, 3], 4), ([1, 2, 3, 4, 5], [2, 4], 2), ([2, 4], [1, 2, 3, 4, 5], 2),
        ([1, 1, 1, 1], [1, 1], 2), ([1, 2], [2, 1], 1),
    ])
    func asMuchAsThereCanBeIsFound(one: [Int], two: [Int], count: Int) { check(one, two, count) }

    private func check(_ one: [Int], _ two: [Int], _ count: Int) {
        let pairs = CommonSequence.pairs(one, two)
        #expect(pairs.count == count, "\(one) \(two)")
        #expect(pairs.allSatisfy { one[$0.0] == two[$0.1] }, "\(one) \(two)")
        #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.0 < $1.0 && $0.1 < $1.1 }, "\(one) \(two)")
    }

    /// Beside the table that everybody fills in by hand.
    @Test func itIsAsLongAsTheTableSays() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            func make() -> [Int] { (0..<Int.random(in: 0...14, using: &random)).map { _ in .random(in: 0...3) } }
            let (one, two) = (make(), make())
            var table = [[Int]](repeating: [Int](repeating: 0, count: two.count + 1), count: one.count + 1)
            for i in one.indices {
                for j in two.indices {
                    table[i + 1][j + 1] = one[i] == two[j] ? table[i][j] + 1 : max(table[i][j + 1], table[i + 1][j])
                }
            }
            check(one, two, table[one.count][two.count])
        }
    }

    @Test func sequencesThatDifferInTooMuchHaveTheirEndsInCommon() {
        let one = [1, 2] + Array(1000..<4000) + [3]
        let two = [1, 2] + Array(5000..<8000) + [3]
        #expect(CommonSequence.pairs(one, two).count == 3)
    }
}
