import HTTPMessages
public import JSONCoding

/// An API's description (OpenAPI 3.1), made of the routes that there are and of what is to be known of each.
public struct APIDocument: Sendable {
    /// The routes of an app, and their descriptions.
    public struct App: Sendable {
        let routes: [DeclaredRoute]
        let topics: [APITopic]

        /// An app.
        public init(_ routes: [DeclaredRoute], _ topics: [APITopic]) {
            self.routes = routes
            self.topics = topics
        }
    }

    /// The document.
    public let json: JSONValue
    /// What does not fit together, in words for whoever adds a route; empty when all is well.
    public let faults: [String]

    /// Puts descriptions and routes together.
    ///
    /// - Parameters:
    ///   - about: What the API is, in Markdown.
    ///   - sessionCookie: The cookie that somebody is signed in by.
    ///   - apps: In the order in which their topics are read.
    public init(title: String, version: String, about: String, sessionCookie: String, apps: [App]) {
        var paths = JSONObject()
        var named = StandardSchemas.all
        var faults: [String] = []
        for app in apps {
            let described = app.topics.flatMap(\.routes)
            faults += Self.faults(app.routes, described)
            for topic in app.topics {
                for description in topic.routes {
                    guard
                        let route = app.routes.first(where: {
                            $0.method == description.method && $0.path == description.path
                        })
                    else { continue }
                    let operation = APIOperation(description, route, topic: topic.name)
                    named.merge(operation.named) { $1 }
                    var methods = paths[description.path]?.object ?? JSONObject()
                    methods[description.method.rawValue.lowercased()] = .object(operation.json)
                    paths[description.path] = .object(methods)
                }
            }
        }
        let topics = apps.flatMap(\.topics)
        let schemas = named.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.object($0.value.keywords)) }
        json = [
            "openapi": "3.1.0",
            "info": ["title": .string(title), "version": .string(version), "description": .string(about)],
            "servers": [["url": "/"]],
            "tags": .array(topics.map { ["name": .string($0.name), "description": .string($0.text)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(JSONObject(schemas)), "responses": StandardResponses.json,
                "headers": StandardResponses.headers, "securitySchemes": APIOperation.securitySchemes(sessionCookie),
            ],
            "x-apus-problems": StandardResponses.problemTypes,
        ]
        self.faults = faults + Self.faults(in: json)
    }

    private static func faults(_ routes: [DeclaredRoute], _ described: [RouteDescription]) -> [String] {
        var faults: [String] = []
        for route in routes {
            let count = described.count { $0.method == route.method && $0.path == route.path }
            if count != 1 { faults.append("\(route.method) \(route.path) has \(count) descriptions; it needs one") }
        }
        for description in described {
            if !routes.contains(where: { $0.method == description.method && $0.path == description.path }) {
                faults.append("\(description.key) is described and is no route")
            }
            let names = RouteDescription.names(in: description.path)
            let told = description.parameters.filter { $0.place == .path }.map(\.name)
            if names != told {
                faults.append("\(description.key) has the path parameters \(names), described are \(told)")
            }
            if description.answers.isEmpty, description.problems.isEmpty {
                faults.append("\(description.key) has no answer")
            }
        }
        return faults
    }

    /// References that lead nowhere, and operations of one name.
    private static func faults(in json: JSONValue) -> [String] {
        var faults: [String] = []
        var ids: Set<String> = []
        func walk(_ value: JSONValue) {
            switch value {
            case .array(let values): for value in values { walk(value) }
            case .object(let object):
                if let reference = object["$ref"]?.string, target(reference, in: json) == nil {
                    faults.append("\(reference) leads nowhere")
                }
                if let id = object["operationId"]?.string, !ids.insert(id).inserted {
                    faults.append("two operations are called \(id)")
                }
                for member in object.members { walk(member.value) }
            default: break
            }
        }
        walk(json)
        return faults
    }

    private static func target(_ reference: String, in json: JSONValue) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        var value: JSONValue? = json
        for part in reference.dropFirst(2).split(separator: "/") { value = value?[String(part)] }
        return value
    }
}
