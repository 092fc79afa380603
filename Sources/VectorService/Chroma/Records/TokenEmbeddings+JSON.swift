import JSONCoding
import LateInteraction

extension TokenEmbeddings {
    /// Reads the wire form.
    ///
    /// - Throws: `ChromaError` 422 or 400.
    init(_ value: JSONValue, field: String) throws(ChromaError) {
        guard let text = value.string else { throw .shape(field, "expected base64 text") }
        guard let tokens = TokenEmbeddings(base64: text) else {
            throw .invalid(
                "Validation error: \(field): not the token embeddings of POST /v1/embeddings with "
                    + "`Prefer: token-embeddings`")
        }
        self = tokens
    }
}
