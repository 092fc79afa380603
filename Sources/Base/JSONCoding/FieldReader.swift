/// One thing that is wrong with an input, in words for the person who sent it.
public struct FieldProblem: Sendable, Equatable {
    /// The member, parameter or part that is at fault.
    public let field: String
    /// What is wrong, the limit, and what to do.
    public let detail: String

    /// Names a field and what is wrong with it.
    public init(field: String, detail: String) {
        self.field = field
        self.detail = detail
    }
}

/// Input that was understood but refused; carries everything that is wrong with it, not only the first.
public struct InvalidFields: Error, Sendable {
    public let problems: [FieldProblem]

    /// Wraps the problems found.
    public init(_ problems: [FieldProblem]) { self.problems = problems }

    /// A single problem.
    public init(field: String, detail: String) { problems = [FieldProblem(field: field, detail: detail)] }
}

/// Reads the members of one JSON object and collects every problem on the way.
///
/// Usage: read all members, then call `finish()`, which throws when anything was wrong.
public struct FieldReader {
    private let object: JSONObject
    private var problems: [FieldProblem] = []

    /// Unknown members that are named in an answer.
    private static let namedUnknowns = 20

    /// Starts reading; members that are not in `allowed` are problems.
    ///
    /// - Throws: `InvalidFields` when the value is no object.
    public init(_ value: JSONValue, allowed: [String]) throws {
        guard let object = value.object else {
            throw InvalidFields(field: "body", detail: "The body must be a JSON object.")
        }
        self.object = object
        let known = allowed.joined(separator: ", ")
        // A few tell the sender enough; a body can hold a great many.
        for name in object.names.lazy.filter({ !allowed.contains($0) }).prefix(Self.namedUnknowns) {
            problems.append(
                FieldProblem(field: String(name.prefix(100)), detail: "Unknown field. Known fields: \(known)."))
        }
    }

    /// A text of `length` Unicode scalars; `nil` when absent or null.
    public mutating func string(_ name: String, length: ClosedRange<Int> = 1...1000) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.string else { return fail(name, "Must be a text.") }
        let count = text.unicodeScalars.count
        guard length.contains(count) else {
            return fail(
                name, "Must have \(length.lowerBound) to \(length.upperBound) characters, has \(count).")
        }
        return text
    }

    /// A text that must be there.
    public mutating func requiredString(_ name: String, length: ClosedRange<Int> = 1...1000) -> String {
        if object[name]?.isNull ?? true { add(name, "Required.") }
        return string(name, length: length) ?? ""
    }

    /// A truth value, or the default when absent.
    public mutating func bool(_ name: String, default standard: Bool) -> Bool {
        guard let value = object[name], !value.isNull else { return standard }
        return value.bool ?? fail(name, "Must be true or false.") ?? standard
    }

    /// A number within bounds; `nil` when absent.
    public mutating func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let number = value.double else { return fail(name, "Must be a number.") }
        guard range.contains(number) else {
            return fail(name, "Must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// A whole number within bounds; `nil` when absent.
    public mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let number = value.double else { return fail(name, "Must be a number.") }
        guard let whole = Int(exactly: number) else { return fail(name, "Must be a whole number.") }
        guard range.contains(whole) else {
            return fail(name, "Must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return whole
    }

    /// A list of texts; `nil` when absent.
    public mutating func strings(_ name: String, maximumCount: Int) -> [String]? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let list = value.array else { return fail(name, "Must be a list.") }
        guard list.count <= maximumCount else {
            return fail(name, "Must have at most \(maximumCount) entries, has \(list.count).")
        }
        let texts = list.compactMap(\.string)
        guard texts.count == list.count else { return fail(name, "Every entry must be a text.") }
        return texts
    }

    /// One of the values of a type; `nil` when absent.
    public mutating func choice<Choice>(_ name: String, of type: Choice.Type) -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = string(name, length: 0...40) else { return nil }
        return Choice(rawValue: text)
            ?? fail(name, "Must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).")
    }

    /// Reads what stands inside a member; its problems are noted with the member's name in front.
    ///
    /// - Throws: what `read` throws but `InvalidFields`.
    public mutating func inside(_ name: String, _ read: () throws -> Void) throws {
        do { try read() } catch let error as InvalidFields {
            for problem in error.problems { add("\(name).\(problem.field)", problem.detail) }
        }
    }

    /// Notes a problem that the caller found.
    public mutating func add(_ field: String, _ detail: String) {
        problems.append(FieldProblem(field: field, detail: detail))
    }

    /// Ends reading.
    ///
    /// - Throws: `InvalidFields` with every problem found.
    public func finish() throws {
        guard problems.isEmpty else { throw InvalidFields(problems) }
    }

    private mutating func fail<Value>(_ field: String, _ detail: String) -> Value? {
        add(field, detail)
        return nil
    }
}
