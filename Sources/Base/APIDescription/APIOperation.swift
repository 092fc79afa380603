import HTTPMessages
import JSONCoding

/// A route as OpenAPI has it.
struct APIOperation {
    let json: JSONObject
    /// The schemas that it refers to.
    let named: [String: Schema]

    init(_ description: RouteDescription, _ route: DeclaredRoute, topic: String) {
        var named = description.parameters.reduce(into: [String: Schema]()) { $0.merge($1.schema.named) { $1 } }
        let contents = (description.body?.contents ?? []) + description.answers.flatMap(\.contents)
        for content in contents { named.merge(content.named) { $1 } }
        if case .other(let schema) = description.form { named.merge(schema.named) { $1 } }
        self.named = named
        let about = [description.text, Self.needs(route.door)].filter { !$0.isEmpty }
        var json: JSONObject = [
            "operationId": .string(Self.id(description)), "tags": [.string(topic)],
            "summary": .string(description.summary), "description": .string(about.joined(separator: "\n\n")),
        ]
        let parameters = description.parameters.map(\.json) + Self.standardParameters(route.door)
        if !parameters.isEmpty { json["parameters"] = .array(parameters) }
        if let body = description.body { json["requestBody"] = Self.body(body) }
        json["responses"] = .object(Self.responses(description, route.door))
        json["security"] = Self.security(route.door)
        if case .workspace(let scope, let role, _) = route.door {
            json["x-apus-scope"] = .string(scope)
            json["x-apus-role"] = .string(role)
        }
        self.json = json
    }

    /// `getDocumentsByIdText`.
    private static func id(_ description: RouteDescription) -> String {
        let words = description.path.split { "/-._".contains($0) }.filter { $0 != "api" }.map { word -> String in
            let isName = word.hasPrefix("{")
            let text = word.filter { $0 != "{" && $0 != "}" }
            return (isName ? "By" : "") + text.prefix(1).uppercased() + text.dropFirst()
        }
        return description.method.rawValue.lowercased() + words.joined()
    }

    // MARK: - Whom it lets in

    static func securitySchemes(_ cookie: String) -> JSONValue {
        [
            "key": [
                "type": "http", "scheme": "bearer", "bearerFormat": "apus_…",
                "description":
                    "A key of `POST /api/account/keys`. It acts in its person's name, in one workspace, with its scopes.",
            ],
            "session": [
                "type": "apiKey", "in": "cookie", "name": .string(cookie),
                "description":
                    "The cookie that signing in sets. Where nobody signs in (`APUS_SIGN_IN=none`) neither is needed.",
            ],
        ]
    }

    private static func security(_ door: DeclaredRoute.Door) -> JSONValue {
        switch door {
        case .open: []
        case .personal(let scope?): [["key": [.string(scope)]], ["session": []]]
        case .personal(nil), .installation: [["session": []]]
        case .workspace(let scope, let role, _): [["key": [.string(scope)]], ["session": [.string(role)]]]
        }
    }

    private static func needs(_ door: DeclaredRoute.Door) -> String {
        switch door {
        case .open: "Open to everybody."
        case .personal(let scope?): "For whoever is signed in, about themselves; keys with the scope `\(scope)`."
        case .personal(nil): "For whoever is signed in, about themselves; not for keys."
        case .installation: "For administrators of the installation; not for keys."
        case .workspace(let scope, let role, _):
            "For members of the workspace with the role `\(role)` or more; keys with the scope `\(scope)`."
        }
    }

    private static func standardParameters(_ door: DeclaredRoute.Door) -> [JSONValue] {
        guard case .workspace(_, _, isInPath: false) = door else { return [] }
        return [
            Parameter.header(
                "x-apus-workspace", .text(1...100),
                "The workspace that is meant, instead of the session's or the key's."
            ).json
        ]
    }

    // MARK: - What goes in and out

    private static func body(_ body: Body) -> JSONValue {
        var object = JSONObject()
        if !body.note.isEmpty { object["description"] = .string(body.note) }
        if body.isRequired { object["required"] = true }
        object["content"] = contents(body.contents)
        return .object(object)
    }

    private static func contents(_ contents: [Content]) -> JSONValue {
        .object(JSONObject(contents.map { ($0.type, $0.json) }))
    }

    private static func responses(_ description: RouteDescription, _ door: DeclaredRoute.Door) -> JSONObject {
        var responses = JSONObject()
        var statuses: [HTTPStatus] = []
        for answer in description.answers where !statuses.contains(answer.status) { statuses.append(answer.status) }
        for status in statuses {
            let own = description.answers.filter { $0.status == status }
            let notes = own.map(\.note).filter { !$0.isEmpty }
            let note = notes.isEmpty ? status.phrase + "." : notes.joined(separator: " ")
            responses[String(status.rawValue)] = response(note, own.flatMap(\.contents), own.flatMap(\.fields))
        }
        let refused = StandardResponses.statuses(
            door, hasBody: description.body != nil, isSpecific: description.path.contains("{"))
        let all = Set(refused + description.problems.map(\.status)).sorted { $0.rawValue < $1.rawValue }
        for status in all where responses[String(status.rawValue)] == nil {
            let own = description.problems.filter { $0.status == status }.map(\.note)
            if own.isEmpty, case .standard = description.form, let reference = StandardResponses.reference(status) {
                responses[String(status.rawValue)] = reference
            } else {
                let standard = StandardResponses.notes[status] ?? status.phrase + "."
                let note = (own + (refused.contains(status) ? [standard] : [])).joined(separator: " ")
                responses[String(status.rawValue)] = response(note, problem(description.form))
            }
        }
        return responses
    }

    private static func problem(_ form: RouteDescription.ProblemForm) -> [Content] {
        let standard = Content(type: "application/problem+json", schema: StandardSchemas.problem)
        return switch form {
        case .standard: [standard]
        case .other(let schema): [Content(type: "application/json", schema: schema), standard]
        }
    }

    private static func response(
        _ note: String, _ contents: [Content], _ fields: [(name: String, note: String)] = []
    ) -> JSONValue {
        var headers = StandardResponses.headerReferences
        for field in fields {
            headers[field.name] = ["description": .string(field.note), "schema": ["type": "string"]]
        }
        var object: JSONObject = ["description": .string(note), "headers": .object(headers)]
        if !contents.isEmpty { object["content"] = self.contents(contents) }
        return .object(object)
    }
}
