import Catalog
import Digests
import JSONCoding
import ModelContextProtocol
import Problems
import Retrieval

/// What a model of another program may do with the documents: find passages, see which there are, read pages.
struct DocumentTools: Sendable {
    private static let mostPassages = 20
    private static let mostPages = 10

    let library: Library

    private static let document: JSONValue = ["type": "string", "description": "A document's id, as passages have it."]

    /// The properties of a tool's input with those that narrow down which documents are meant.
    static func filtered(_ properties: JSONObject) -> JSONValue {
        var properties = properties
        properties["tags"] = [
            "type": "array", "items": ["type": "string"], "maxItems": .int(Int64(DocumentFacts.mostTags)),
            "description": "Only documents that have all of these tags.",
        ]
        for (name, says) in [
            ("before", "Only documents of a date before this day, such as 2026-01-31."),
            ("after", "Only documents of this day or a later one."), ("source", "Only documents from this source."),
            ("author", "Only documents of this author."), ("language", "Only documents in this language (ISO 639-1)."),
        ] { properties[name] = ["type": "string", "description": .string(says)] }
        return .object(properties)
    }

    // MARK: search

    var search: MCPTool {
        MCPTool(
            name: "search", title: "Search the documents",
            description: """
                Finds the passages of the user's documents that are about something, the best first, each with its document and \
                page. Search again with other words where they do not say enough.
                """,
            input: [
                "type": "object",
                "properties": Self.filtered([
                    "query": ["type": "string", "minLength": 1, "maxLength": 2000],
                    "documents": [
                        "type": "array", "items": ["type": "string"], "maxItems": 1000,
                        "description": "Ids of the documents to search; all of them when absent.",
                    ],
                    "limit": ["type": "integer", "minimum": 1, "maximum": .int(Int64(Self.mostPassages))],
                ]),
                "required": ["query"], "additionalProperties": false,
            ],
            output: [
                "type": "object",
                "properties": ["passages": ["type": "array", "items": ["type": "object"]]], "required": ["passages"],
            ],
            run: { try await search($0) })
    }

    private func search(_ arguments: JSONValue) async throws -> MCPTool.Result {
        var reader = try FieldReader(arguments, allowed: ["query", "documents", "limit"] + DocumentFilter.names)
        let query = reader.requiredString("query", length: 1...2000)
        let chosen = reader.strings("documents", maximumCount: 1000)
        let limit = reader.integer("limit", in: 1...Self.mostPassages)
        let filter = DocumentFilter(&reader)
        if let chosen, !chosen.allSatisfy(UUIDv7.isValid) {
            reader.add("documents", "Every entry must be a document's id; list_documents has them.")
        }
        try reader.finish()
        let documents = try await library.catalog.searchableDocuments(chatId: nil, only: chosen, filter: filter)
        let passages = try await library.search(query, in: documents, count: limit).passages
        let shown = passages.map { "[\($0.n)] \($0.name), page \($0.page) (\($0.documentId)):\n\($0.text)" }
        return MCPTool.Result(
            text: shown.isEmpty ? "No passages were found." : shown.joined(separator: "\n\n"),
            structured: ["passages": .array(passages.map(\.json))])
    }

    // MARK: list_documents

    var list: MCPTool {
        MCPTool(
            name: "list_documents", title: "List the documents",
            description: "Says which documents there are, the newest first, with their ids, pages and languages.",
            input: [
                "type": "object",
                "properties": [
                    "limit": ["type": "integer", "minimum": 1, "maximum": 200],
                    "after": ["type": "string", "description": "The `next` of the list before."],
                ], "additionalProperties": false,
            ],
            output: [
                "type": "object",
                "properties": [
                    "documents": ["type": "array", "items": ["type": "object"]], "next": ["type": ["string", "null"]],
                ],
                "required": ["documents", "next"],
            ],
            run: { try await list($0) })
    }

    private func list(_ arguments: JSONValue) async throws -> MCPTool.Result {
        var reader = try FieldReader(arguments, allowed: ["limit", "after"])
        let limit = reader.integer("limit", in: 1...200) ?? 50
        let after = reader.string("after", length: 1...100)
        if let after, !UUIDv7.isValid(after) { reader.add("after", "Must be the `next` of the list before.") }
        try reader.finish()
        let (documents, next) = try await DocumentResources(library: library).page(limit, after: after)
        let lines = documents.map { document in
            let pages = document.pages.map { counted($0, "page") } ?? document.status.rawValue
            return "\(document.name) (\(document.id)): \(pages)"
        }
        return MCPTool.Result(
            text: lines.isEmpty ? "There are no documents." : lines.joined(separator: "\n"),
            structured: ["documents": .array(documents.map(\.json)), "next": .optional(next)])
    }

    // MARK: read_pages

    var read: MCPTool {
        MCPTool(
            name: "read_pages", title: "Read pages",
            description: "Reads whole pages of one document, at most \(Self.mostPages) at a time.",
            input: [
                "type": "object",
                "properties": [
                    "document": Self.document, "from": ["type": "integer", "minimum": 1],
                    "to": ["type": "integer", "minimum": 1, "description": "Last page; `from` when absent."],
                ],
                "required": ["document", "from"], "additionalProperties": false,
            ],
            output: [
                "type": "object",
                "properties": [
                    "document": ["type": "object"],
                    "pages": [
                        "type": "array",
                        "items": [
                            "type": "object",
                            "properties": ["page": ["type": "integer"], "text": ["type": "string"]],
                            "required": ["page", "text"],
                        ],
                    ],
                ],
                "required": ["document", "pages"],
            ],
            run: { try await read($0) })
    }

    private func read(_ arguments: JSONValue) async throws -> MCPTool.Result {
        var reader = try FieldReader(arguments, allowed: ["document", "from", "to"])
        let id = reader.requiredString("document", length: 1...100)
        let first = reader.integer("from", in: 1...1_000_000)
        if first == nil, arguments["from"]?.isNull ?? true { reader.add("from", "Required.") }
        let last = reader.integer("to", in: 1...1_000_000) ?? first
        if let first, let last, !(first..<first + Self.mostPages).contains(last) {
            reader.add("to", "Must be from \(first) to \(first + Self.mostPages - 1): \(Self.mostPages) pages at most.")
        }
        try reader.finish()
        guard let first, let last else { throw InvalidFields(field: "from", detail: "Required.") }
        guard let document = try await DocumentResources(library: library).readable(id) else {
            throw InvalidFields(
                field: "document",
                detail: "There is no document with this id that has been read. list_documents has them.")
        }
        let pages = try await library.pages.pages(
            of: document.name, from: Int64(first), to: Int64(last), in: [document.id])
        guard !pages.isEmpty else {
            throw InvalidFields(
                field: "from", detail: "The document has \(counted(document.pages ?? 0, "page")), and no text on these."
            )
        }
        return MCPTool.Result(
            text: pages.map { "\(document.name), page \($0.page):\n\($0.text)" }.joined(separator: "\n\n"),
            structured: [
                "document": document.json,
                "pages": .array(pages.map { ["page": .int(Int64($0.page)), "text": .string($0.text)] }),
            ])
    }
}
