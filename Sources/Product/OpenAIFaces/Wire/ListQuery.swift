public import Catalog
public import HTTPMessages
import JSONCoding

/// The parameters of lists of OpenAI's API: `limit`, `order`, `after`, `before`.
public enum ListQuery {
    /// Reads them.
    ///
    /// - Parameters:
    ///   - allowed: What else the list may be asked.
    ///   - id: Our id of a cursor; `nil` when it can be none.
    /// - Throws: `InvalidFields`.
    public static func read(
        _ request: HTTPRequest, default standard: Int = 20, maximum: Int = 100, allowed: [String] = [],
        hasBefore: Bool = true, id: (String) -> String?
    ) throws -> ListedPage {
        let known = ["limit", "order", "after"] + (hasBefore ? ["before"] : []) + allowed
        var problems: [FieldProblem] = []
        let query = request.target.query
        for (name, _) in query where !known.contains(where: { name == $0 || name == $0 + "[]" }) {
            problems.append(
                FieldProblem(
                    field: String(name.prefix(100)),
                    detail: "Unknown parameter. Known parameters: \(known.joined(separator: ", "))."))
        }
        var page = ListedPage(limit: standard)
        if let text = request.target.parameter("limit") {
            if let limit = Int(text), (1...maximum).contains(limit) {
                page.limit = limit
            } else {
                problems.append(FieldProblem(field: "limit", detail: "Must be a whole number from 1 to \(maximum)."))
            }
        }
        switch request.target.parameter("order") {
        case nil, "desc": break
        case "asc": page.isAscending = true
        default: problems.append(FieldProblem(field: "order", detail: "Must be asc or desc."))
        }
        func cursor(_ name: String) -> String? {
            guard let text = request.target.parameter(name), !text.isEmpty else { return nil }
            if let id = id(text) { return id }
            problems.append(FieldProblem(field: name, detail: "Must be the id of an entry of the list."))
            return nil
        }
        page.after = cursor("after")
        if hasBefore { page.before = cursor("before") }
        guard problems.isEmpty else { throw InvalidFields(problems) }
        return page
    }

    /// Reads a parameter that says what else is to be in the answer (`include`, `include[]`).
    public static func include(_ request: HTTPRequest) throws -> Set<String> {
        let values = request.target.query.filter { $0.name == "include" || $0.name == "include[]" }.map(\.value)
        return try Include.checked(values.flatMap { $0.split(separator: ",").map(String.init) })
    }
}

extension ListedPage {
    /// The same with one entry more, which tells whether there are more.
    public var withOneMore: ListedPage {
        var page = self
        page.limit += 1
        return page
    }
}

/// What can be asked to be in an answer beside what always is.
public enum Include {
    /// The passages that were found.
    public static let results = "file_search_call.results"
    /// Of things that are never in an answer of ours: there is nothing of theirs to leave out.
    private static let ofNothing: Set = [
        "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url",
        "computer_call_output.output.image_url", "code_interpreter_call.outputs", "reasoning.encrypted_content",
    ]

    /// The values, all of which can be met.
    ///
    /// - Throws: `InvalidFields`.
    public static func checked(_ values: [String]) throws -> Set<String> {
        for value in values where value != results && !ofNothing.contains(value) {
            throw InvalidFields(
                field: "include", detail: "'\(value.prefix(100))' cannot be included. Known here: \(results).")
        }
        return Set(values)
    }
}
