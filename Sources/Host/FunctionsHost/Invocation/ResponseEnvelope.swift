import HTTPMessages
import JSONCoding

/// What a handler answers in the envelope dialect (docs/reference/functions-custom-handlers.md, 3.6).
struct ResponseEnvelope: Sendable {
    /// `nil` when the answer has none.
    let outputs: JSONObject?
    let logs: [String]
    let returnValue: JSONValue?

    /// The answer is empty or `null`: the real host then waits until the function's time is up.
    struct NeverCompleted: Error {}

    /// Reads an answer.
    ///
    /// - Throws: `HostError` when the invocation failed; `NeverCompleted`.
    init(status: HTTPStatus, contentType: String?, body: [UInt8]) throws {
        guard status.isSuccess else {
            throw HostError("the handler answered with the status \(status.rawValue) (\(status.phrase)).")
        }
        guard body.contains(where: { $0 > 32 }) else { throw NeverCompleted() }
        let type = (contentType ?? "").split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
        guard type == "application/json" || type == "text/json" else {
            throw HostError(
                "the handler answered with the unsupported media type '\(contentType ?? "none")'; "
                    + "it has to be application/json.")
        }
        let json: JSONValue
        do {
            json = try JSONParser.parse(body)
        } catch {
            let text = String(decoding: body.prefix(500), as: UTF8.self)
            throw HostError("the handler answered \(status.rawValue) with a body that is not JSON (\(error)): \(text)")
        }
        if json.isNull { throw NeverCompleted() }
        guard json.object != nil else {
            throw HostError("the handler's answer is not a JSON object; it has to be at least {}.")
        }
        var outputs = json.member("Outputs").flatMap { $0.isNull ? .none : $0 }?.object
        logs = json.member("Logs")?.array?.map { $0.string ?? $0.text } ?? []
        let value = json.member("ReturnValue")
        returnValue = value.flatMap { $0.isNull ? .none : $0 }
        if json.member("Outputs").map({ !$0.isNull && $0.object == nil }) ?? false {
            throw HostError("the handler's Outputs are not a JSON object.")
        }
        // Without a $return binding an object's members count as outputs.
        if let members = returnValue?.object {
            outputs = outputs ?? JSONObject()
            for (name, value) in members.members { outputs?[name] = value }
        }
        self.outputs = outputs
    }

    /// What the handler gave for an output binding; `nil` for nothing.
    func value(of binding: BindingDefinition) -> JSONValue? {
        binding.name == "$return" ? returnValue : outputs?[binding.name]
    }
}
