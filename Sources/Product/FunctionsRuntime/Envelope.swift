import Digests
public import HTTPMessages
public import JSONCoding
import TextSearch

/// The JSON envelope in which the Functions host calls handlers without proxying
/// (Azure Functions documentation, "Custom handlers: request and response payload").
public struct Envelope: Sendable {
    let data: JSONObject
    /// The trigger's metadata.
    public let metadata: JSONObject

    /// Reads an envelope; `nil` when the value is none.
    public init?(_ value: JSONValue) {
        guard let data = value["Data"]?.object else { return nil }
        self.data = data
        metadata = value["Metadata"]?.object ?? JSONObject()
    }

    /// The HTTP request that a trigger was called with; `nil` when there is none.
    public func httpRequest(id: String) -> HTTPRequest? {
        for (_, value) in data.members {
            guard let url = value["Url"]?.string, let method = value["Method"]?.string else { continue }
            var fields = HTTPFields()
            for (name, list) in value["Headers"]?.object?.members ?? [] {
                for text in list.array?.compactMap(\.string) ?? [list.string].compactMap({ $0 }) {
                    fields.append(name, text)
                }
            }
            return HTTPRequest(
                method: HTTPMethod(rawValue: method.uppercased()), target: HTTPTarget(Self.target(url)), fields: fields,
                body: .bytes(Self.body(value["Body"], contentType: fields["content-type"])),
                id: fields["x-request-id"] ?? id)
        }
        return nil
    }

    /// Path and query of an absolute URL.
    private static func target(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...]
        guard let slash = rest.firstIndex(of: "/") else { return "/" }
        return String(rest[slash...])
    }

    /// Base64 for octet streams and multipart, text for everything else: nothing in the envelope says which.
    private static func body(_ value: JSONValue?, contentType: String?) -> [UInt8] {
        guard let text = value?.string else { return value.map { $0.isNull ? [] : $0.encoded } ?? [] }
        let type = (contentType ?? "").lowercased()
        if type.hasPrefix("application/octet-stream") || type.contains("multipart/"), let bytes = Base64.decode(text) {
            return bytes
        }
        return text.bytes
    }

    /// The answer of an HTTP function, under the output binding `res`.
    ///
    /// A named output cannot carry bytes that are not text, so such a body is refused instead of damaged.
    ///
    /// - Parameter outputs: Of other bindings.
    public static func answer(
        _ status: HTTPStatus, fields: HTTPFields, body: [UInt8], outputs: JSONObject = JSONObject(), logs: [String] = []
    ) -> JSONValue {
        guard let text = String(validating: body, as: UTF8.self) else {
            return answer(
                .notImplemented, fields: ["Content-Type": "text/plain; charset=utf-8"],
                body: "This host cannot pass on binary answers; switch on enableProxyingHttpRequest.".bytes,
                outputs: outputs, logs: logs)
        }
        var headers = JSONObject()
        for field in fields.all { headers[field.name] = .string(field.value) }
        var outputs = outputs
        outputs["res"] = [
            "statusCode": .int(Int64(status.rawValue)), "headers": .object(headers), "body": .string(text),
        ]
        return ["Outputs": .object(outputs), "Logs": .strings(logs), "ReturnValue": nil]
    }

    /// The answer of a function that is not called by HTTP.
    public static func done(outputs: JSONObject = JSONObject(), logs: [String] = []) -> JSONValue {
        ["Outputs": .object(outputs), "Logs": .strings(logs), "ReturnValue": nil]
    }
}
