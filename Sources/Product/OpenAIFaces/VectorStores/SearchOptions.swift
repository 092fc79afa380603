public import JSONCoding

/// What a search of vector stores may be told: how many results, how good, of which files.
public struct SearchOptions: Sendable, Equatable {
    /// Most results; `nil` for as many as is usual.
    public var count: Int?
    /// The least score, 0 to 1.
    public var threshold: Double = 0
    public var filter: AttributeFilter?

    /// The usual.
    public init() {}

    /// Reads `max_num_results`, `ranking_options` and `filters` of an object; what is wrong is noted in the reader.
    ///
    /// - Parameter place: What stands in front of the fields' names in problems.
    public init(_ body: JSONValue, _ reader: inout FieldReader, place: String = "") {
        if let value = body["max_num_results"], !value.isNull {
            if let count = value.int, (1...50).contains(count) {
                self.count = Int(count)
            } else {
                reader.add(place + "max_num_results", "Must be a whole number from 1 to 50.")
            }
        }
        if let options = body["ranking_options"], !options.isNull { read(options, &reader, place + "ranking_options") }
        if let filters = body["filters"], !filters.isNull {
            do { filter = try AttributeFilter(filters, field: place + "filters") } catch {
                for problem in (error as? InvalidFields)?.problems ?? [] { reader.add(problem.field, problem.detail) }
            }
        }
    }

    private mutating func read(_ options: JSONValue, _ reader: inout FieldReader, _ place: String) {
        guard let members = options.object?.members else { return reader.add(place, "Must be an object.") }
        for (name, value) in members where !value.isNull {
            switch name {
            case "ranker":
                if !["auto", "default-2024-11-15"].contains(value.string) {
                    reader.add(place + ".ranker", "Must be auto: there is one ranking, and it cannot be switched off.")
                }
            case "score_threshold":
                if let number = value.double, (0...1).contains(number) {
                    threshold = number
                } else {
                    reader.add(place + ".score_threshold", "Must be a number from 0 to 1.")
                }
            default:
                reader.add(
                    "\(place).\(name.prefix(64))",
                    "Not supported. Leave it out: words and meanings are always both weighed.")
            }
        }
    }
}
