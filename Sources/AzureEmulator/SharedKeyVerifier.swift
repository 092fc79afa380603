import AzureSignatures
import Digests
import HTTPMessages

/// Checks Shared Key signatures of one key.
struct SharedKeyVerifier: Sendable {
    let key: SharedKey

    /// The text that was signed here when no key fits the given authorization, otherwise `nil`.
    static func mismatch(
        _ verifiers: [SharedKeyVerifier], _ given: String, _ request: HTTPRequest, contentLength: Int
    ) -> String? {
        var shown = ""
        for verifier in verifiers {
            for ordinal in [false, true] {
                let text = SharedKey.stringToSign(
                    method: request.method, target: request.target, fields: request.fields,
                    contentLength: contentLength, account: verifier.key.account, ordinalSort: ordinal)
                let expected = "SharedKey \(verifier.key.account):\(verifier.key.signature(text))"
                if Digest.constantTimeEqual(expected.bytes, given.bytes) { return nil }
                if shown.isEmpty { shown = text }
            }
        }
        return shown
    }
}
