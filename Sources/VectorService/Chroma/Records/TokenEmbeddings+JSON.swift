import Digests
public import JSONCoding
public import LateInteraction

extension TokenEmbeddings {
    /// Wire form: base64 of the stored form.
    public var json: JSONValue { .string(Base64.encode(bytes)) }

    /// Reads the wire form.
    ///
    /// - Throws: `ChromaError` 422 or 400.
    init(_ value: JSONValue, field: String) throws(ChromaError) {
        guard let text = value.string else { throw .shape(field, "expected base64 text") }
        guard let bytes = Base64.decode(text), let tokens = TokenEmbeddings(bytes: bytes) else {
            throw .invalid(
                "Validation error: \(field): not the token embeddings of POST /v1/embeddings with "
                    + "`Prefer: token-embeddings`")
        }
        self = tokens
    }
}
