import Chroma
import JSONCoding
import Vectors

/// The Search API's answer: one column per member, one entry per search.
enum SearchAnswer {
    static func json(_ requests: [SearchRequest], _ answers: [[SearchHit]]) -> JSONValue {
        func column(_ key: String, _ value: (SearchHit) -> JSONValue) -> JSONValue {
            .array(
                zip(requests, answers).map { request, hits in
                    request.selected.contains(key) ? .array(hits.map(value)) : .null
                })
        }
        var answer: JSONObject = [
            "ids": .array(answers.map { .strings($0.map(\.record.id)) }),
            "documents": column("#document") { .optional($0.record.document) },
            "embeddings": column("#embedding") { .floats($0.record.embedding ?? []) },
            "metadatas": .array(zip(requests, answers).map { .array(metadatas($0, $1)) ?? .null }),
            "scores": column("#score") { .float($0.score) },
            "select": .array(requests.map { .strings($0.selected) }),
        ]
        if requests.contains(where: { $0.lateInteraction != nil }) {
            answer["late_interaction"] = .array(
                answers.map { .array($0.map { $0.lateInteraction.map(JSONValue.float) ?? .null }) })
        }
        return .object(answer)
    }

    /// The selected metadata of each hit; `nil` when none was selected.
    private static func metadatas(_ request: SearchRequest, _ hits: [SearchHit]) -> [JSONValue]? {
        let keys = Set(request.selected.filter { !$0.hasPrefix("#") })
        let isWhole = request.selected.contains("#metadata")
        guard isWhole || !keys.isEmpty else { return nil }
        return hits.map { hit in
            guard let text = hit.record.metadata, let object = try? JSONParser.parse(text).object else { return .null }
            if isWhole { return .object(object) }
            let chosen = object.members.filter { keys.contains($0.name) }
            return chosen.isEmpty ? .null : .object(JSONObject(chosen.map { ($0.name, $0.value) }))
        }
    }
}

extension JSONValue {
    /// A list, or `nil` for `nil`.
    fileprivate static func array(_ values: [JSONValue]?) -> JSONValue? { values.map { .array($0) } }

    /// The shortest decimal that gives back the float.
    fileprivate static func float(_ value: Float) -> JSONValue {
        value.isFinite ? .double(Double(value.description) ?? Double(value)) : .null
    }

    fileprivate static func floats(_ values: [Float]) -> JSONValue { .array(values.map { .float($0) }) }
}
