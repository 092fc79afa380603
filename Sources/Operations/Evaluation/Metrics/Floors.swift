import JSONCoding

/// What figures have to reach: at least, or at most where less is better.
public struct Floors: Sendable {
    private static let largestFile = 1 << 20
    private var values: [(metric: Metric, value: Double)] = []

    /// Reads floors from files and options; a later one takes the place of an earlier one of the same metric.
    ///
    /// - Parameters:
    ///   - file: A JSON object with a number for each metric's name.
    ///   - given: `NAME=NUMBER` each.
    /// - Throws: `EvaluationError` that names what is no metric or no number.
    public init(file: String?, given: [String]) throws {
        if let file {
            let object: JSONObject?
            do {
                object = try JSONParser.parse(try FileReading.content(file, atMost: Self.largestFile)).object
            } catch let error as JSONSyntaxError {
                throw EvaluationError("\(file): \(error)")
            }
            guard let members = object?.members, !members.isEmpty else {
                throw EvaluationError(
                    "\(file) must be a JSON object like {\"near@5\": 0.95, \"wrongly-refused\": 0.02}")
            }
            for (name, value) in members { try add(name, value.double, of: file) }
        }
        for text in given {
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try add(String(halves[0]), halves.count == 2 ? Double(halves[1]) : nil, of: "--floor \(text)")
        }
    }

    private mutating func add(_ name: String, _ value: Double?, of place: String) throws {
        guard let metric = Metric.named(name) else {
            let known = Metric.all.map(\.name).joined(separator: ", ")
            throw EvaluationError("\(place): there is no metric \(name). There are: \(known).")
        }
        guard let value, value.isFinite else {
            throw EvaluationError("\(place): \(name) must have a number, as in \(name)=0.9")
        }
        values.removeAll { $0.metric.name == name }
        values.append((metric, value))
    }

    /// The floors that figures do not reach, in words. One that there is no question for is not reached.
    public func missed(_ figures: [Figure]) -> [String] {
        values.compactMap { metric, value in
            guard let figure = figures.first(where: { $0.metric.name == metric.name }) else {
                return "\(metric.name): no question measures it; the floor is \(Digits.shortest(value))"
            }
            guard metric.moreIsBetter ? figure.value >= value : figure.value <= value else {
                let bound = metric.moreIsBetter ? "at least" : "at most"
                return
                    "\(metric.name) is \(metric.unit.written(figure.value)), must be \(bound) \(Digits.shortest(value))"
            }
            return nil
        }
    }
}
