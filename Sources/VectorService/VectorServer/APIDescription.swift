import HTTPMessages
import JSONCoding
import Telemetry

/// `GET /openapi.json`: the paths and methods that are served (OpenAPI 3.1).
enum APIDescription {
    static func json(_ table: [(method: HTTPMethod, template: String)]) -> JSONValue {
        var paths = JSONObject()
        for (method, template) in table {
            var operations = paths[template]?.object ?? JSONObject()
            let names = template.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            operations[method.rawValue.lowercased()] = [
                "parameters": .array(
                    names.map {
                        ["name": .string($0), "in": "path", "required": true, "schema": ["type": "string"]]
                    }), "responses": ["default": ["description": "As Chroma's API version 2 answers."]],
            ]
            paths[template] = .object(operations)
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": "Apus vector service, Chroma's API version 2", "version": .string(Product.version)],
            "paths": .object(paths),
        ]
    }
}
