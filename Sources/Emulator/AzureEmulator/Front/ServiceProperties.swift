import HTTPMessages
import Markup
import Telemetry

/// The properties of a storage service: kept and given back; of them only the rules for other origins act.
struct ServiceProperties: Sendable {
    let service: StorageFrontEnd.Service

    private static let retention = "<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>"
    private static let metrics = "<Version>1.0</Version><Enabled>false</Enabled>\(retention)"

    /// Elements in the service's order, each with what it is until somebody sets it.
    private var elements: [(name: String, standard: String)] {
        let common = [
            (
                "Logging",
                "<Version>1.0</Version><Delete>false</Delete><Read>false</Read><Write>false</Write>\(Self.retention)"
            ),
            ("HourMetrics", Self.metrics), ("MinuteMetrics", Self.metrics), ("Cors", ""),
        ]
        guard service == .blob else { return common }
        return common + [
            ("DefaultServiceVersion", "2021-12-02"), ("DeleteRetentionPolicy", "<Enabled>false</Enabled>"),
            ("StaticWebsite", "<Enabled>false</Enabled>"),
        ]
    }

    func read(_ stored: String?) throws -> HTTPResponse { BlobService.xml(stored ?? document(with: [:])) }

    /// The new document: elements that the request leaves out stay as they are.
    func merged(_ bytes: [UInt8], with stored: String?) throws(StorageFailure) -> String {
        guard let tree = try? MarkupReader.tree(bytes), tree.name == "StorageServiceProperties" else { throw .badXML }
        let old = (try? MarkupReader.tree((stored ?? document(with: [:])).bytes))?.children ?? []
        var inner: [String: String] = [:]
        for node in old + tree.children {
            inner[node.name] = node.children.isEmpty ? XMLText.escape(node.text) : node.children.map(\.xml).joined()
        }
        guard (tree["Cors"]?.all("CorsRule").count ?? 0) <= 5 else {
            throw StorageFailure(400, "InvalidXmlDocument", "There can be at most 5 CORS rules.")
        }
        return document(with: inner)
    }

    private func document(with inner: [String: String]) -> String {
        let parts = elements.map { "<\($0.name)>\(inner[$0.name] ?? $0.standard)</\($0.name)>" }
        return "<StorageServiceProperties>\(parts.joined())</StorageServiceProperties>"
    }

    static func stats(now seconds: Int64) -> HTTPResponse {
        BlobService.xml(
            "<StorageServiceStats><GeoReplication><Status>live</Status><LastSyncTime>"
                + "\(Timestamp.httpDate(seconds: seconds))</LastSyncTime></GeoReplication></StorageServiceStats>"
        )
    }
}

extension XMLNode {
    /// The element as text again.
    var xml: String {
        let inner = children.isEmpty ? XMLText.escape(text) : children.map(\.xml).joined()
        return "<\(name)>\(inner)</\(name)>"
    }
}

/// Rules for browsers' requests from other origins ("Cross-Origin Resource Sharing (CORS) support").
struct CrossOriginRules: Sendable {
    /// The rule that lets an origin in.
    struct Match: Sendable {
        let origin: String
        let exposed: String

        func add(to fields: inout HTTPFields) {
            fields["Access-Control-Allow-Origin"] = origin
            fields["Vary"] = "Origin"
            if !exposed.isEmpty { fields["Access-Control-Expose-Headers"] = exposed }
        }
    }

    private let rules: [XMLNode]

    init(_ document: String?) {
        // Most accounts have no rules, so the document is read only when it has some.
        guard let document, document.contains("<CorsRule>") else {
            rules = []
            return
        }
        rules = (try? MarkupReader.tree(document.bytes))?["Cors"]?.all("CorsRule") ?? []
    }

    func match(_ request: HTTPRequest) -> Match? {
        guard !rules.isEmpty, let origin = request.fields["origin"] else { return nil }
        return rule(origin, request.method.rawValue).map {
            Match(origin: origin, exposed: $0["ExposedHeaders"]?.text ?? "")
        }
    }

    func preflight(_ request: HTTPRequest) throws(StorageFailure) -> HTTPResponse {
        guard let origin = request.fields["origin"], let method = request.fields["access-control-request-method"] else {
            throw .missingHeader("Access-Control-Request-Method")
        }
        let wanted = (request.fields["access-control-request-headers"] ?? "").split(separator: ",")
            .map { $0.filter { $0 != " " }.lowercased() }
        guard let rule = rule(origin, method), allows(rule, wanted) else {
            throw StorageFailure(
                403, "CorsPreflightFailure", "CORS not enabled or no matching rule found for this request.")
        }
        var fields: HTTPFields = ["Access-Control-Allow-Methods": method]
        Match(origin: origin, exposed: rule["ExposedHeaders"]?.text ?? "").add(to: &fields)
        fields.add("Access-Control-Allow-Headers", wanted.joined(separator: ","))
        fields.add("Access-Control-Max-Age", rule["MaxAgeInSeconds"]?.text)
        return HTTPResponse(.ok, fields: fields)
    }

    private func rule(_ origin: String, _ method: String) -> XMLNode? {
        rules.first { rule in
            Self.list(rule, "AllowedMethods").contains(method)
                && Self.list(rule, "AllowedOrigins").contains { $0 == "*" || $0 == origin }
        }
    }

    private func allows(_ rule: XMLNode, _ wanted: [String]) -> Bool {
        let allowed = Self.list(rule, "AllowedHeaders").map { $0.lowercased() }
        return wanted.allSatisfy { name in
            allowed.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : $0 == name }
        }
    }

    private static func list(_ rule: XMLNode, _ name: String) -> [String] {
        (rule[name]?.text ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
    }
}
