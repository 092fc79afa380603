import AzureStorage
import Digests
import HTTPMessages
import JSONCoding
import Telemetry

/// Builds and reads the JSON envelopes that the host and a custom handler exchange.
enum InvocationEnvelope {
    /// The envelope of an HTTP call.
    static func http(
        _ function: FunctionDefinition, _ request: HTTPRequest, _ values: [(name: String, value: String?)],
        body: [UInt8]
    ) -> JSONValue {
        var query = JSONObject()
        for (name, value) in request.target.query {
            query[name] = .string((query[name]?.string).map { $0 + "," + value } ?? value)
        }
        var headers = JSONObject()
        var plainHeaders = JSONObject()
        for field in request.fields.all {
            headers[field.name] = .array((headers[field.name]?.array ?? []) + [.string(field.value)])
            plainHeaders[field.name] = .string(
                (plainHeaders[field.name]?.string).map { $0 + ", " + field.value } ?? field.value)
        }
        let host = request.fields["host"] ?? "localhost"
        var call: JSONObject = [
            "Url": .string("http://\(host)\(request.target.text)"), "Method": .string(request.method.rawValue),
            "Query": .object(query), "Headers": .object(headers),
            "Params": .object(JSONObject(values.map { ($0.name, .optional($0.value)) })), "Identities": [],
        ]
        // A chunked body without a length is lost in this dialect, as with the real host.
        if !body.isEmpty, request.fields["content-length"] != nil {
            let type = (request.fields["content-type"] ?? "").lowercased()
            let isBinary = type.hasPrefix("application/octet-stream") || type.contains("multipart/")
            call["Body"] = .string(isBinary ? Base64.encode(body) : String(decoding: body, as: UTF8.self))
        }
        var metadata: JSONObject = ["Headers": .object(plainHeaders), "Query": .object(query)]
        for (name, value) in query.members where name != "code" { metadata[name] = quoted(value) }
        for (name, value) in values { if let value { metadata[name] = quoted(.string(value)) } }
        metadata["sys"] = system(function)
        return ["Data": .object([function.binding: .object(call)]), "Metadata": .object(metadata)]
    }

    /// The envelope of a queue message.
    static func queue(_ function: FunctionDefinition, _ message: QueueMessage, text: String) -> JSONValue {
        var metadata: JSONObject = [
            "Id": quoted(.string(message.id)), "DequeueCount": .string(String(message.dequeueCount)),
            "PopReceipt": quoted(.string(message.popReceipt)), "InsertionTime": .string(time(message.insertionTime)),
            "ExpirationTime": .string(time(message.expirationTime)),
            "NextVisibleTime": .string(time(message.nextVisibleTime)),
        ]
        for (name, value) in (try? JSONParser.parse(text))?.object?.members ?? [] {
            switch value {
            case .object: metadata[name] = value
            case .array, .null: break
            case .string: metadata[name] = quoted(value)
            case .int, .double, .bool: metadata[name] = quoted(.string(value.text))
            }
        }
        metadata["sys"] = system(function)
        return ["Data": .object([function.binding: quoted(.string(text))]), "Metadata": .object(metadata)]
    }

    /// The envelope of a timer.
    static func timer(_ function: FunctionDefinition, last: Int64?, next: Int64?, isPastDue: Bool) -> JSONValue {
        func text(_ seconds: Int64?) -> JSONValue {
            .string(
                seconds.map { Timestamp.format(milliseconds: $0 * 1000).replacing("Z", with: "+00:00") }
                    ?? "0001-01-01T00:00:00")
        }
        let status: JSONValue = ["Last": text(last), "Next": text(next), "LastUpdated": text(last)]
        return [
            "Data": .object([
                function.binding: [
                    "Schedule": ["AdjustForDST": true], "ScheduleStatus": status, "IsPastDue": .bool(isPastDue),
                ]
            ]),
            "Metadata": ["sys": system(function)],
        ]
    }

    /// The HTTP response in a response envelope.
    static func response(_ answer: JSONValue) throws -> HTTPResponse {
        guard let outputs = answer.member("Outputs"), !outputs.isNull else { return HTTPResponse(.noContent) }
        guard var output = outputs["res"] else { return HTTPResponse(.ok, text: "{}") }
        if let text = output.string, let parsed = try? JSONParser.parse(text) { output = parsed }
        guard output.object != nil else {
            throw HostError("the output res is neither an object nor a text that holds one.")
        }
        let status = output.member("statusCode")
        let code = status?.int ?? status?.string.flatMap { Int64($0) } ?? 200
        var fields = HTTPFields()
        for (name, value) in output.member("headers")?.object?.members ?? [] {
            guard !value.isNull else { throw HostError("the header \(name) is null.") }
            fields.append(name, value.string ?? value.text)
        }
        if fields["content-type"] == nil { fields["Content-Type"] = "text/plain; charset=utf-8" }
        let body: [UInt8] =
            switch output.member("body") {
            case .string(let text): text.bytes
            case .null, nil: []
            case .bool(let value): (value ? "True" : "False").bytes
            case let value?: value.encoded
            }
        return HTTPResponse(HTTPStatus(rawValue: Int(clamping: code)), fields: fields, body: .bytes(body))
    }

    /// Anything but objects and dates travels as a string that holds its JSON text.
    private static func quoted(_ value: JSONValue) -> JSONValue { .string(value.text) }

    private static func system(_ function: FunctionDefinition) -> JSONValue {
        [
            "MethodName": .string(function.name), "UtcNow": .string(Timestamp.now()),
            "RandGuid": .string(UUIDv7.random()),
        ]
    }

    private static func time(_ httpDate: String) -> String {
        guard let seconds = Timestamp.seconds(httpDate: httpDate) else { return httpDate }
        return Timestamp.format(milliseconds: seconds * 1000).replacing(".000Z", with: "+00:00")
    }
}
