import JSONCoding

/// A way in which the stores can disagree, with the documents that it was found at.
struct DataFinding: Sendable {
    /// What is not as it has to be, and with it how it is mended.
    enum Kind: String, Sendable, CaseIterable {
        /// A row whose file is gone: what can be read of it no more is marked as failed, with the remedy.
        case fileLost = "file_lost"
        /// A ready document without its text, or with fewer or more passages than it was cut into: it is read anew.
        case textLost = "text_lost"
        case passagesDiffer = "passages_differ"
        /// Files and passages of no document: they are deleted.
        case filesWithoutDocument = "files_without_document"
        case passagesWithoutDocument = "passages_without_document"
        /// A document that nobody works on, or whose deletion was cut off: it goes into the queue again.
        case unfinished
        case deletionCutOff = "deletion_cut_off"
    }

    /// Ids that are named; the rest is counted.
    private static let named = 20

    let kind: Kind
    let documents: [String]

    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "count": .int(Int64(documents.count)),
            "documents": .strings(Array(documents.prefix(Self.named))),
        ]
    }
}
