public import JSONCoding

/// Citations as annotations of a text. What OpenAI's API has no member for, such as the page and the quote, stands beside it.
public enum CitationForm {
    /// An annotation.
    ///
    /// - Parameter citation: In the product's wire form.
    public static func annotation(_ citation: JSONValue) -> JSONValue {
        let (from, to) = (citation["sentence"]?["start"] ?? 0, citation["sentence"]?["end"] ?? 0)
        var object: JSONObject
        if let url = citation["url"], !url.isNull {
            object = [
                "type": "url_citation", "url": url, "title": citation["name"] ?? "", "start_index": from,
                "end_index": to,
            ]
        } else {
            object = [
                "type": "file_citation", "index": to, "file_id": citation["documentId"] ?? "",
                "filename": citation["name"] ?? "", "page": citation["page"] ?? .null,
                "start": citation["start"] ?? .null, "end": citation["end"] ?? .null,
            ]
        }
        object["n"] = citation["n"] ?? .null
        object["quote"] = citation["quote"] ?? ""
        if let support = citation["support"] { object["support"] = support }
        return .object(object)
    }

    /// A passage as a result of a search.
    ///
    /// - Parameter passage: In the product's wire form.
    public static func result(_ passage: JSONValue, attributes: JSONValue?) -> JSONValue {
        [
            "file_id": passage["documentId"] ?? .null, "filename": passage["name"] ?? .null,
            "score": passage["score"] ?? 0, "text": passage["text"] ?? "", "attributes": attributes ?? [:],
            "page": passage["page"] ?? .null, "n": passage["n"] ?? .null,
        ]
    }
}
