import HTTPMessages
import JSONCoding

/// Makes the HTTP response out of a response envelope (docs/reference/functions-custom-handlers.md, 3.7 and 3.8).
enum HTTPResult {
    /// - Throws: `HostError` when the output cannot be a response.
    static func response(_ envelope: ResponseEnvelope, _ binding: BindingDefinition) throws -> HTTPResponse {
        if binding.name == "$return" { return try returned(envelope.returnValue, binding) }
        guard let outputs = envelope.outputs else { return HTTPResponse(.noContent) }
        guard var value = outputs[binding.name] else { return HTTPResponse(.ok, text: "{}") }
        if let text = value.string, let parsed = try? JSONParser.parse(text) { value = parsed }
        guard value.object != nil else {
            throw HostError("the output \(binding.name) is neither an object nor a text that holds one.")
        }
        // The property is always there after decoding, so a status under the other name never counts.
        return try response(value, status: value.member("statusCode"))
    }

    private static func returned(_ value: JSONValue?, _ binding: BindingDefinition) throws -> HTTPResponse {
        guard let value else { return HTTPResponse(.noContent) }
        switch OutputValue(value, binding) {
        case .bytes(let bytes):
            return HTTPResponse(.ok, fields: ["Content-Type": "application/octet-stream"], body: .bytes(bytes))
        case .json(let given):
            var json = given
            if let text = given.string, let parsed = try? JSONParser.parse(text) { json = parsed }
            if json.member("body") != nil {
                return try response(json, status: json.member("statusCode") ?? json.member("status"))
            }
            if let text = given.string { return HTTPResponse(.ok, text: text) }
            return HTTPResponse(.ok, text: given.text, contentType: "application/json; charset=utf-8")
        }
    }

    private static func response(_ value: JSONValue, status: JSONValue?) throws -> HTTPResponse {
        var fields = HTTPFields()
        for (name, value) in value.member("headers")?.object?.members ?? [] {
            if value.isNull { throw HostError("the response header \(name) is null.") }
            if value.array != nil { throw HostError("the response header \(name) is a list; it must be one text.") }
            // What the host writes itself is not the handler's to say.
            if ["content-length", "transfer-encoding", "connection"].contains(name.lowercased()) { continue }
            guard fields[name] == nil else { continue }
            fields.append(name, value.string ?? value.text)
        }
        if let type = fields["content-type"] {
            fields["Content-Type"] = withCharset(type)
        } else {
            fields.append("Content-Type", "text/plain; charset=utf-8")
        }
        return HTTPResponse(code(status), fields: fields, body: .bytes(body(value.member("body"))))
    }

    /// The status as a number or a numeric text; 200 for anything else.
    private static func code(_ value: JSONValue?) -> HTTPStatus {
        let number =
            value?.int ?? value?.double.flatMap { Int64(exactly: $0.rounded()) } ?? value?.string.flatMap { Int64($0) }
        guard let number, (100...999).contains(number), number >= 200 else { return .ok }
        return HTTPStatus(rawValue: Int(number))
    }

    private static func body(_ value: JSONValue?) -> [UInt8] {
        switch value {
        case nil, .null: []
        case .string(let text): Array(text.utf8)
        case .bool(let flag): Array((flag ? "True" : "False").utf8)
        case .object, .array: Array((value?.indented ?? "").utf8)
        case .some(let number): number.encoded
        }
    }

    private static func withCharset(_ type: String) -> String {
        let lowered = type.lowercased()
        let isText =
            lowered.hasPrefix("text/") || lowered.hasPrefix("application/json") || lowered.hasPrefix("application/xml")
            || lowered.contains("+json") || lowered.contains("+xml")
        return isText && !lowered.contains("charset=") ? type + "; charset=utf-8" : type
    }
}
