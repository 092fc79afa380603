import AzureSignatures
import Digests
import HTTPMessages
import Telemetry

/// Decides whether a caller may do what it asks for, in the services' order of checks
/// (docs/reference/azure-storage.md, 1.3).
struct SignatureCheck: Sendable {
    /// Limits that a stored access policy puts on signatures that name it.
    struct Policy: Sendable, Equatable {
        let id: String
        let start: String?
        let expiry: String?
        let permission: String?
    }

    let call: StorageCall
    let front: StorageFrontEnd
    let resource: SharedAccessSignature.Resource?
    let policies: [Policy]
    /// `blob` or `container` when anybody may read.
    var publicAccess: String?
    /// Keys that this emulator handed out, by the start and expiry that they were asked with.
    var delegationKey: (@Sendable ([String: String]) -> String?)?

    /// - Throws: the service's refusal.
    func require(_ need: StorageCall.Need) throws(StorageFailure) {
        switch call.caller {
        case .key, .bearer: return
        case .anonymous:
            if let publicAccess, need.publicAccess.contains(publicAccess) { return }
            throw StorageFrontEnd.challenge(
                "NoAuthenticationInformation",
                "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
            )
        case .signature(let signature): try check(signature, need)
        }
    }

    private func check(_ signature: SharedAccessSignature, _ need: StorageCall.Need) throws(StorageFailure) {
        var parameters = signature.parameters
        try verify(signature)
        if let id = parameters["si"], !id.isEmpty {
            guard let policy = policies.first(where: { $0.id == id }) else {
                throw .authentication("The stored access policy \(id) does not exist.")
            }
            for (name, value) in [("st", policy.start), ("se", policy.expiry), ("sp", policy.permission)] {
                guard let value, !value.isEmpty else { continue }
                guard (parameters[name] ?? "").isEmpty else {
                    throw .parameter(name, parameters[name] ?? "", "It is given by the stored access policy already.")
                }
                parameters[name] = value
            }
        }
        try checkTimes(parameters)
        if parameters["spr"] == "https", !call.request.connection.isEncrypted {
            throw StorageFailure(
                403, "AuthorizationProtocolMismatch",
                "This request is not authorized to perform this operation using this protocol.")
        }
        if let range = parameters["sip"], !range.isEmpty, !Self.contains(range, call.request.connection.peer) {
            throw StorageFailure(
                403, "AuthorizationSourceIPMismatch",
                "This request is not authorized to perform this operation using this source IP \(call.request.connection.peer)."
            )
        }
        let granted = parameters["sp"] ?? ""
        guard !granted.isEmpty else { throw .authentication("sp is mandatory. Cannot be empty") }
        if signature.kind == .account {
            guard (parameters["ss"] ?? "").contains(front.service.letter) else {
                throw StorageFailure(
                    403, "AuthorizationServiceMismatch",
                    "This request is not authorized to perform this operation using this service.")
            }
            guard (parameters["srt"] ?? "").contains(need.type) else {
                throw StorageFailure(
                    403, "AuthorizationResourceTypeMismatch",
                    "This request is not authorized to perform this operation using this resource type.")
            }
            guard let letters = need.account, letters.contains(where: granted.contains) else { throw Self.refusal }
            return
        }
        guard let letters = need.service, letters.contains(where: granted.contains) else { throw Self.refusal }
    }

    static let refusal = StorageFailure(
        403, "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.")

    private func verify(_ signature: SharedAccessSignature) throws(StorageFailure) {
        let parameters = signature.parameters
        guard let version = parameters["sv"], Timestamp.milliseconds(iso8601: version) != nil else {
            throw .authentication("The signed version sv is missing or no date.")
        }
        var target = resource
        // A signature of a container is for each of its blobs too.
        if signature.kind != .account, case .blob(let container, _)? = resource, parameters["sr"] == "c" {
            target = .container(container)
        }
        guard let text = signature.stringToSign(account: call.account, resource: target),
            let given = parameters["sig"]
        else { throw .authentication("The signature is not for this kind of resource.") }
        let verifier: SharedKeyVerifier?
        if signature.kind == .userDelegation {
            let now = front.clock.milliseconds
            guard let start = parameters["skt"].flatMap({ Timestamp.milliseconds(iso8601: $0) }), start <= now,
                let expiry = parameters["ske"].flatMap({ Timestamp.milliseconds(iso8601: $0) }), now < expiry
            else { throw .authentication("The user delegation key is not valid at this time.") }
            let key = delegationKey?(parameters).flatMap { SharedKey(account: call.account, base64Key: $0) }
            verifier = key.map { SharedKeyVerifier(keys: [$0]) }
        } else {
            verifier = front.accounts[call.account]
        }
        guard let verifier, verifier.accepts(text, signature: given) else {
            throw .authentication("Signature did not match. String to sign used was \(text)")
        }
        if case .blob? = target, parameters["sr"] == "bs", (parameters["snapshot"] ?? "").isEmpty {
            throw .authentication("The signature is for a snapshot.")
        }
    }

    private func checkTimes(_ parameters: [String: String]) throws(StorageFailure) {
        let now = front.clock.milliseconds
        guard let expiry = parameters["se"].flatMap({ Timestamp.milliseconds(iso8601: $0) }) else {
            throw .authentication(
                (parameters["se"] ?? "").isEmpty
                    ? "se is mandatory. Cannot be empty" : "The signed expiry se is not a time.")
        }
        var start: Int64?
        if let text = parameters["st"], !text.isEmpty {
            start = Timestamp.milliseconds(iso8601: text)
            if start == nil { throw .authentication("The signed start st is not a time.") }
        }
        guard now < expiry, start.map({ $0 <= now }) ?? true else {
            throw .authentication(
                "Signature not valid in the specified time frame: Start [\(parameters["st"] ?? "")] - Expiry "
                    + "[\(parameters["se"] ?? "")] - Current [\(Timestamp.format(milliseconds: now))]")
        }
    }

    /// Whether an address is in a range, `a` or `a-b`.
    private static func contains(_ range: String, _ address: String) -> Bool {
        func number(_ text: some StringProtocol) -> UInt32? {
            let parts = text.split(separator: ".").compactMap { UInt8($0) }
            return parts.count == 4 ? parts.reduce(0) { $0 << 8 | UInt32($1) } : nil
        }
        let ends = range.split(separator: "-").compactMap { number($0) }
        guard let address = number(address), let low = ends.first, let high = ends.last, low <= high else {
            return false
        }
        return (low...high).contains(address)
    }
}
