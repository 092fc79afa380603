import Testing

@testable import Evaluation

struct StatisticsTests {
    @Test func quantilesLieBetweenNeighbours() {
        #expect(Statistic.quantile(0.5).of([4, 1, 3, 2]) == 2.5)
        #expect(Statistic.quantile(0.95).of([10]) == 10)
        #expect(abs(Statistic.quantile(0.95).of((1...101).map(Double.init)) - 96) < 1e-9)
        #expect(Statistic.mean.of([1, 2, 6]) == 3)
        #expect(Statistic.mean.of([]).isNaN)
    }

    @Test func theIntervalIsThatOfTheNormalApproximationWhereThatHolds() {
        // 70 of 100: 0.7 ± 1.96 · sqrt(0.7 · 0.3 / 100) = 0.61 to 0.79.
        let values = (0..<100).map { $0 < 70 ? 1.0 : 0.0 }
        let interval = Bootstrap.interval(values, .mean)
        #expect(abs(interval.lowerBound - 0.61) < 0.015 && abs(interval.upperBound - 0.79) < 0.015, "\(interval)")
        #expect(Bootstrap.interval(values, .mean) == interval, "the same each time")
    }

    @Test func whatAllQuestionsShareIsNoMatterOfChance() {
        #expect(Bootstrap.interval([1, 1, 1], .mean) == 1...1)
        #expect(Bootstrap.interval([5], .quantile(0.95)) == 5...5)
    }

    @Test func pairedDifferencesAreSharperThanTwoIntervals() {
        // Each question is a little better; the questions differ a lot.
        let pairs = (0..<60).map { index in (Double(index), Double(index) + 1) }
        let difference = Bootstrap.interval(differenceOf: pairs, .mean)
        #expect(abs(difference.lowerBound - 1) < 1e-9 && abs(difference.upperBound - 1) < 1e-9)
        let first = Bootstrap.interval(pairs.map(\.0), .mean)
        #expect(first.upperBound - first.lowerBound > 5)
    }

    @Test func chanceFavoursNobody() {
        var random = SplitMix(state: 1)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 { counts[random.next(below: 10)] += 1 }
        #expect(counts.allSatisfy { (850...1150).contains($0) }, "\(counts)")
    }

    @Test(
        arguments: [
            (0.0, 3, "0.000"), (0.9996, 3, "1.000"), (-0.25, 2, "-0.25"), (-0.0001, 2, "0.00"), (12.345, 1, "12.3"),
            (7, 0, "7"), (.infinity, 1, "–"),
        ] as [(Double, Int, String)])
    func numbersAreWrittenWithTheirPlaces(_ value: Double, _ places: Int, _ text: String) {
        #expect(Digits.fixed(value, places) == text)
    }
}
