import JSONCoding

/// What is wrong with a part of a file, each with its place.
struct ImportProblems {
    /// A few tell the sender enough.
    private static let most = 20

    let place: String
    private var found: [FieldProblem] = []

    init(place: String) { self.place = place }

    /// Runs a step; what is wrong there is kept with its place.
    mutating func collect(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as InvalidFields {
            for problem in error.problems {
                // A value that is no object has no member to name.
                try add(problem.field == "body" ? "" : problem.field, problem.detail)
            }
        }
    }

    mutating func add(_ field: String, _ detail: String) throws {
        found.append(FieldProblem(field: field.isEmpty ? place : place + "." + field, detail: detail))
        if found.count >= Self.most { try finish() }
    }

    /// - Throws: `InvalidFields` when anything was wrong.
    func finish() throws {
        guard found.isEmpty else { throw InvalidFields(found) }
    }
}
