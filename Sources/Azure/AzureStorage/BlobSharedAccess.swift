import AzureSignatures
import HTTPMessages
import Markup
import Telemetry

extension BlobClient {
    /// What a shared access signature lets its holder do.
    public enum Access: String, Sendable {
        case read = "r"
        /// Makes new blobs and replaces existing ones.
        case write = "cw"
        case delete = "d"
    }

    /// A URL with which whoever has it can read or write one blob for a while, such as a browser.
    ///
    /// - Throws: `StorageError` when the account is reached without a key and no delegation key can be had.
    public func sharedURL(
        _ container: String, _ name: String, _ access: Access, lifetime: Duration
    ) async throws -> String {
        let now = Timestamp.nowMilliseconds()
        func time(_ milliseconds: Int64) -> String {
            String(Timestamp.format(milliseconds: milliseconds).prefix(19)) + "Z"
        }
        // A little in the past, since clocks differ.
        let start = time(now - 300_000)
        let expiry = time(now + lifetime.components.seconds * 1000)
        var parameters = [
            ("sv", StorageTransport.version), ("sr", "b"), ("sp", access.rawValue), ("st", start), ("se", expiry),
        ]
        if transport.endpoint.hasPrefix("https://") { parameters.append(("spr", "https")) }
        let signer: SharedKey
        switch transport.credential {
        case .key(let key): signer = key
        case .identity:
            let delegation = try await delegationKey(start: start, expiry: expiry)
            parameters += delegation.parameters
            signer = delegation.key
        case .signature, .anonymous:
            throw StorageError(
                service: transport.service, operation: "Sign a URL", status: .forbidden, code: "NoKey", requestID: "",
                advice: "only the account's key or an identity can sign")
        }
        guard let query = signer.sharedAccessQuery(parameters, resource: .blob(container, name)) else {
            throw StorageError(
                service: transport.service, operation: "Sign a URL", status: .badRequest, code: "InvalidResource",
                requestID: "")
        }
        return url(container, name) + "?" + query
    }

    /// The account's name: the path's first segment of an emulator, otherwise the host's first label.
    private var accountName: String {
        let target = HTTPTarget(url: transport.endpoint)
        if let first = target.segments?.first { return first }
        let host = transport.endpoint.split(separator: "/", maxSplits: 2).last ?? ""
        return host.split(separator: ".").first.map(String.init) ?? ""
    }

    private func delegationKey(
        start: String, expiry: String
    ) async throws -> (key: SharedKey, parameters: [(String, String)]) {
        var call = StorageTransport.Call("Get User Delegation Key", .post, "/", expected: [200])
        call.query = [("restype", "service"), ("comp", "userdelegationkey")]
        call.fields["Content-Type"] = "application/xml"
        call.body =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>\(start)</Start><Expiry>\(expiry)</Expiry></KeyInfo>"
            .bytes
        let tree = try MarkupReader.tree(try await transport.call(call).body)
        func text(_ name: String) -> String { tree[name]?.text ?? "" }
        guard let key = SharedKey(account: accountName, base64Key: text("Value")) else {
            throw StorageError(
                service: transport.service, operation: call.operation, status: .ok, code: "the key is not base64",
                requestID: "")
        }
        return (
            key,
            [
                ("skoid", text("SignedOid")), ("sktid", text("SignedTid")), ("skt", text("SignedStart")),
                ("ske", text("SignedExpiry")), ("sks", text("SignedService")), ("skv", text("SignedVersion")),
            ]
        )
    }
}
