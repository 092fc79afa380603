import JSONCoding
import Testing

@testable import Bench

struct StatisticsTests {
    @Test func theMedianIsTheMiddleOfTheSortedValues() {
        #expect([3.0, 1, 2].quantile(0.5) == 2)
        #expect([4.0, 1, 3, 2].quantile(0.5) == 3)
        #expect([7.0].quantile(0.5) == 7)
    }

    @Test func aQuantileIsTheValueThatTheShareLiesBelow() {
        let hundred = (1...100).map { Double($0) }
        #expect(hundred.quantile(0.95) == 96 && hundred.quantile(0.99) == 100 && hundred.quantile(0) == 1)
        #expect(hundred.quantile(1) == 100)
    }

    @Test func nothingHasNoQuantile() {
        #expect([Double]().quantile(0.5).isNaN)
        #expect(Samples().median("anything").isNaN)
    }

    @Test func samplesAreKeptByName() {
        var samples = Samples()
        for run in 1...3 { samples.add(["a": Double(run), "b": Double(run * 10)]) }
        samples.add("a", 100)
        #expect(samples.median("a") == 3 && samples.median("b") == 20)
    }

    @Test(arguments: [
        (0.0, "0.0"), (0.094, "0.09"), (9.994, "9.99"), (12.34, "12.3"), (99.96, "100.0"), (123.4, "123"),
        (26_352.4, "26352"), (-150.6, "-151"), (-0.5, "-0.5"), (.infinity, "endless"), (.nan, "none"),
        (1e300, "1e+300"),
    ])
    func numbersHaveThreeDigitsOrSo(value: Double, text: String) {
        #expect(TextTable.number(value) == text)
    }

    @Test func columnsAreAsWideAsTheirWidestEntry() {
        var table = TextTable(head: ["What", "Value", ""])
        table.add(["a", "1 ms", "ok"])
        table.add(["something long", "2 ≥ 1", "MISSED"])
        #expect(
            table.text == """
                What            Value
                a               1 ms   ok
                something long  2 ≥ 1  MISSED

                """)
    }

    // MARK: - Figures

    @Test func aRatioAboveOneIsBetter() {
        #expect(Figure("rate", 200, "/s", better: .higher).ratio(to: 100) == 2)
        #expect(Figure("time", 2, "ms", better: .lower).ratio(to: 4) == 2)
        #expect(Figure("time", 8, "ms", better: .lower).ratio(to: 4) == 0.5)
    }

    @Test func sharesKeepTheirLastDigits() {
        #expect(Figure("recall", 0.98766, "", better: .higher).text == "0.9877")
        #expect(Figure("time", 0.98766, "ms", better: .lower).text == "0.99 ms")
    }

    @Test func barsAreMetOrMissed() {
        var report = BenchReport()
        report.add("time", 5, "ms", atMost: 10)
        report.add("slow time", 20, "ms", atMost: 10)
        report.add("rate", 50, "/s", atLeast: 100)
        report.add("none", .nan, "/s", atLeast: 100)
        report.add("no time at all", 0, "ms", atMost: 10)
        let rows = report.text.split(separator: "\n").dropFirst().map { $0.split(separator: " ").last ?? "" }
        #expect(rows == ["ok", "MISSED", "MISSED", "MISSED", "ok"])
        #expect(report.figures.map(\.name) == ["time", "slow time", "rate", "none", "no time at all"])
        #expect(report.text.contains("5.0 ms") && report.text.contains("≤ 10.0 ms") && report.text.contains("2.0×"))
    }

    @Test func anotherServersFiguresStandBeside() {
        var report = BenchReport(beside: "Other 1.0")
        report.add(Figure("rate", 300, "/s", better: .higher), beside: 100, times: 2)
        report.add(Figure("time", 3, "ms", better: .lower), beside: 3, times: 2)
        report.add(Figure("recall", 0.98, "", better: .higher), beside: 1, atLeast: 0.97)
        let lines = report.text.split(separator: "\n")
        #expect(lines[0].contains("Other 1.0"))
        #expect(lines[1].hasSuffix("ok") && lines[1].contains("3.0×"))
        #expect(lines[2].hasSuffix("MISSED"))
        #expect(lines[3].hasSuffix("ok") && lines[3].contains("≥ 0.97"))
    }

    @Test func theFiguresAreWrittenForComparing() throws {
        var report = BenchReport()
        report.add("time", 5.25, "ms", atMost: 10)
        report.add("rate", .nan, "/s", atLeast: 10)
        let json = try JSONParser.parse(report.encoded(of: .azure))
        #expect(json["benchmark"]?.string == "azure")
        #expect(json["machine"]?.string?.isEmpty == false)
        #expect(json["figures"]?[0]?["name"]?.string == "time" && json["figures"]?[0]?["value"]?.double == 5.25)
        #expect(json["figures"]?[0]?["better"]?.string == "lower" && json["figures"]?[1]?["better"]?.string == "higher")
        #expect(json["figures"]?[1]?["value"]?.isNull == true)
    }

    @Test func aMachineIsDescribedByItsProcessor() {
        let text = "processor\t: 0\nmodel name\t: Some  CPU @ 2 GHz\nprocessor\t: 1\nmodel name\t: Some  CPU @ 2 GHz\n"
        #expect(Machine.describe(text, processors: 2) == "Some CPU @ 2 GHz, 2 processors")
        #expect(Machine.describe("", processors: 1) == "a processor without a name, 1 processor")
    }
}
