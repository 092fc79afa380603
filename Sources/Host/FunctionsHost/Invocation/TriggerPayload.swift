import AzureStorage
import Digests
import HTTPMessages
import JSONCoding
import Telemetry

/// What a trigger gives to one call: the value of its binding and the metadata, still without what other inputs and
/// retries add (docs/reference/functions-custom-handlers.md, 3.3 and 3.4).
struct TriggerPayload: Sendable {
    var value: JSONValue
    var metadata: JSONObject
    /// Whether writing it down takes long enough to be done elsewhere than on the network's thread.
    var isLarge = false

    private static let large = 64 * 1024

    /// An HTTP request.
    static func http(
        _ function: FunctionDefinition, _ request: HTTPRequest, _ values: RouteTemplate.Values, body: [UInt8],
        identity: JSONValue?
    ) -> TriggerPayload {
        let query = JSONObject(
            grouped(request.target.query.map { ($0.name, $0.value) }) { $0 }
                .map { ($0.name, .string($0.values.joined(separator: ","))) })
        let fields = grouped(request.fields.all.map { ($0.name, $0.value) }) { $0.lowercased() }
        let headers = JSONObject(fields.map { ($0.name, .strings($0.values)) })
        let plainHeaders = JSONObject(fields.map { ($0.name, .string($0.values.joined(separator: ","))) })
        let host = request.fields["host"] ?? "localhost"
        var call: JSONObject = [
            "Url": .string("http://\(host)\(request.target.text)"), "Method": .string(request.method.rawValue),
            "Query": .object(query), "Headers": .object(headers),
            "Params": .object(JSONObject(values.map { ($0.name, .optional($0.value)) })),
            "Identities": .array(identity.map { [$0] } ?? []),
        ]
        var metadata: JSONObject = ["Headers": .object(plainHeaders), "Query": .object(query)]
        for (name, value) in query.members where name != "code" { metadata[name] = EnvelopeValue.quoted(value) }
        // A chunked body without a length is lost in this dialect.
        if !body.isEmpty, request.fields["content-length"] != nil {
            let type = (request.fields["content-type"] ?? "").lowercased()
            let isBinary = type.hasPrefix("application/octet-stream") || type.contains("multipart/")
            call["Body"] = .string(isBinary ? Base64.encode(body) : String(decoding: body, as: UTF8.self))
            if type.hasPrefix("application/json") {
                metadata.setIgnoringCase(EnvelopeValue.members(of: try? JSONParser.parse(body)))
            }
        }
        metadata.setIgnoringCase(values.compactMap { name, value in value.map { (name, EnvelopeValue.quoted($0)) } })
        metadata["sys"] = EnvelopeValue.system(function)
        return TriggerPayload(value: .object(call), metadata: metadata, isLarge: body.count > large)
    }

    /// The values of each name, under the first spelling, in the order in which the names came.
    private static func grouped(
        _ pairs: [(String, String)], by key: (String) -> String
    ) -> [(name: String, values: [String])] {
        var groups: [(name: String, values: [String])] = []
        var places: [String: Int] = [:]
        for (name, value) in pairs {
            if let place = places[key(name)] {
                groups[place].values.append(value)
            } else {
                places[key(name)] = groups.count
                groups.append((name, [value]))
            }
        }
        return groups
    }

    /// A queue message; without one when the function is called by hand.
    static func queue(_ function: FunctionDefinition, text: String, message: QueueMessage?) -> TriggerPayload {
        var metadata = JSONObject()
        if let message {
            metadata["Id"] = EnvelopeValue.quoted(message.id)
            metadata["DequeueCount"] = .string(String(message.dequeueCount))
            metadata["PopReceipt"] = EnvelopeValue.quoted(message.popReceipt)
            metadata["InsertionTime"] = EnvelopeValue.time(httpDate: message.insertionTime)
            metadata["ExpirationTime"] = EnvelopeValue.time(httpDate: message.expirationTime)
            metadata["NextVisibleTime"] = EnvelopeValue.time(httpDate: message.nextVisibleTime)
        }
        metadata.setIgnoringCase(EnvelopeValue.members(of: try? JSONParser.parse(text)))
        metadata["sys"] = EnvelopeValue.system(function)
        let isBinary = function.binding.dataType == "binary"
        return TriggerPayload(
            value: isBinary ? .string(Base64.encode(text.bytes)) : EnvelopeValue.quoted(text), metadata: metadata)
    }

    /// An occurrence of a timer.
    ///
    /// - Parameter status: `nil` when the schedule is not monitored.
    static func timer(_ function: FunctionDefinition, status: TimerStatus?, isPastDue: Bool) -> TriggerPayload {
        TriggerPayload(
            value: [
                "Schedule": ["AdjustForDST": true], "ScheduleStatus": status?.json ?? .null,
                "IsPastDue": .bool(isPastDue),
            ], metadata: ["sys": EnvelopeValue.system(function)])
    }

    /// A blob that is new or has changed.
    static func blob(
        _ function: FunctionDefinition, content: [UInt8], uri: String, properties: BlobProperties,
        tokens: [(name: String, value: String)]
    ) -> TriggerPayload {
        var metadata = JSONObject()
        for (name, value) in tokens { metadata[name] = EnvelopeValue.quoted(value) }
        metadata["BlobTrigger"] = nil
        metadata["Uri"] = EnvelopeValue.quoted(uri)
        metadata["Properties"] = [
            "ContentLength": .int(Int64(properties.length)), "ContentType": .string(properties.contentType),
            "ContentHash": .optional(properties.contentMD5), "ETag": .string(properties.etag),
            "LastModified": .string(properties.lastModified),
        ]
        metadata["Metadata"] = .object(
            JSONObject(properties.metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        metadata["sys"] = EnvelopeValue.system(function)
        return TriggerPayload(
            value: DataBinding.value(content, function.binding), metadata: metadata, isLarge: content.count > large)
    }
}
