import AzureSignatures
import Digests
import HTTPMessages

/// The keys of one account; an account has two, so that they can be changed one after the other.
struct SharedKeyVerifier: Sendable {
    let keys: [SharedKey]

    /// The text that was signed here when no key fits the given authorization, otherwise `nil`.
    func mismatch(_ given: String, _ request: HTTPRequest, account: String, contentLength: Int) -> String? {
        var shown = ""
        // Hand-written clients sort fields by code, and some sign Latin-1 as it is.
        for ordinal in [false, true] {
            let text = SharedKey.stringToSign(
                method: request.method, target: request.target, fields: request.fields, contentLength: contentLength,
                account: account, ordinalSort: ordinal)
            if keys.contains(where: { fits($0, text, given, account) }) { return nil }
            if shown.isEmpty { shown = text }
        }
        return shown
    }

    private func fits(_ key: SharedKey, _ text: String, _ given: String, _ account: String) -> Bool {
        Digest.constantTimeEqual("SharedKey \(account):\(key.signature(text))".bytes, given.bytes)
    }

    /// Whether a signature is one of ours.
    func accepts(_ text: String, signature: String) -> Bool {
        // A '+' may have become a space on its way through a form decoder.
        let given = signature.replacing(" ", with: "+")
        return keys.contains { Digest.constantTimeEqual($0.signature(text).bytes, given.bytes) }
    }
}
