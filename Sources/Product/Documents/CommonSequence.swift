/// What two sequences have in common, in the same order: E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).
enum CommonSequence {
    /// Differences beyond these are not looked for: time and memory grow with their square.
    private static let mostDifferences = 1500

    /// Pairs of places with equal elements, in order, as many as there can be; where the sequences differ in too much, those
    /// that they begin and end with.
    static func pairs(_ one: [Int], _ two: [Int]) -> [(Int, Int)] {
        let shorter = min(one.count, two.count)
        var head = 0
        while head < shorter, one[head] == two[head] { head += 1 }
        var tail = 0
        while tail < shorter - head, one[one.count - 1 - tail] == two[two.count - 1 - tail] { tail += 1 }
        let middle = middlePairs(one[head..<one.count - tail], two[head..<two.count - tail])
        return (0..<head).map { ($0, $0) } + middle
            + (0..<tail).reversed().map { (one.count - 1 - $0, two.count - 1 - $0) }
    }

    /// Goes as far as it can with each number of differences, on each diagonal; then back along the way that came to the end.
    private static func middlePairs(_ one: ArraySlice<Int>, _ two: ArraySlice<Int>) -> [(Int, Int)] {
        guard !one.isEmpty, !two.isEmpty else { return [] }
        let (first, second) = (Array(one), Array(two))
        let most = min(mostDifferences, first.count + second.count)
        // Of each diagonal, by number of differences, how far it has come; the diagonal k is at k + most + 1.
        var reach = [Int](repeating: 0, count: 2 * most + 3)
        var history: [[Int]] = []
        for differences in 0...most {
            history.append(Array(reach[(most + 1 - differences)...(most + 1 + differences)]))
            for diagonal in stride(from: -differences, through: differences, by: 2) {
                let place = diagonal + most + 1
                let isDown =
                    diagonal == -differences || diagonal != differences && reach[place - 1] < reach[place + 1]
                var x = isDown ? reach[place + 1] : reach[place - 1] + 1
                while x < first.count, x - diagonal >= 0, x - diagonal < second.count, first[x] == second[x - diagonal]
                {
                    x += 1
                }
                reach[place] = x
                if x >= first.count, x - diagonal >= second.count {
                    return back(history, (first.count, second.count)).map {
                        (one.startIndex + $0.0, two.startIndex + $0.1)
                    }
                }
            }
        }
        return []
    }

    /// - Parameter history: For each number of differences, how far the diagonals from minus to plus that number had come
    ///   with fewer.
    private static func back(_ history: [[Int]], _ end: (Int, Int)) -> [(Int, Int)] {
        var pairs: [(Int, Int)] = []
        var (x, y) = end
        for differences in history.indices.reversed() where differences > 0 {
            let reach = history[differences]
            let diagonal = x - y
            func far(_ diagonal: Int) -> Int {
                let place = diagonal + differences
                return reach.indices.contains(place) ? reach[place] : 0
            }
            let isDown = diagonal == -differences || diagonal != differences && far(diagonal - 1) < far(diagonal + 1)
            let before = isDown ? diagonal + 1 : diagonal - 1
            let (beforeX, beforeY) = (far(before), far(before) - before)
            while x > beforeX, y > beforeY {
                (x, y) = (x - 1, y - 1)
                pairs.append((x, y))
            }
            (x, y) = (beforeX, beforeY)
        }
        while x > 0, y > 0 {
            (x, y) = (x - 1, y - 1)
            pairs.append((x, y))
        }
        return pairs.reversed()
    }
}
