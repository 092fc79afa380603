import Digests
public import HTTPMessages

/// Shared access signatures of Blob and Queue Storage: the text that is signed, for each of the four kinds ("Create an
/// account SAS", "Create a service SAS", "Create a user delegation SAS"; docs/reference/azure-storage.md, 1.5).
public struct SharedAccessSignature: Sendable {
    /// What a signature is for.
    public enum Resource: Sendable, Equatable {
        case container(String)
        /// A container and a blob's decoded name.
        case blob(String, String)
        case queue(String)
    }

    /// Which key signs and what is signed.
    public enum Kind: Sendable {
        case account, service, userDelegation
    }

    /// The query's parameters, decoded.
    public let parameters: [String: String]

    /// Takes the parameters of a URL.
    public init(_ parameters: [String: String]) { self.parameters = parameters }

    /// Reads the parameters of a request; `nil` when it carries no signature.
    public init?(_ target: HTTPTarget) {
        let pairs = target.query.map { ($0.name, $0.value) }
        parameters = Dictionary(pairs) { first, _ in first }
        guard parameters["sig"] != nil else { return nil }
    }

    /// The kind, by the parameters that are there.
    public var kind: Kind {
        if parameters["ss"] != nil && parameters["srt"] != nil { return .account }
        return parameters["skoid"] != nil ? .userDelegation : .service
    }

    /// The text that is signed; `nil` when the kind does not go with the resource.
    public func stringToSign(account: String, resource: Resource?) -> String? {
        let version = parameters["sv"] ?? ""
        if kind == .account {
            var names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
            if version >= "2020-12-06" { names.append("ses") }
            return ([account] + names.map(value)).map { $0 + "\n" }.joined()
        }
        guard let resource else { return nil }
        switch resource {
        case .queue(let name):
            let fields = ["sp", "st", "se"].map(value) + ["/queue/\(account)/\(name)"]
            return (fields + ["si", "sip", "spr", "sv"].map(value)).joined(separator: "\n")
        case .container(let name): return blobText(version, "/blob/\(account)/\(name)")
        case .blob(let container, let name): return blobText(version, "/blob/\(account)/\(container)/\(name)")
        }
    }

    private func value(_ name: String) -> String { parameters[name] ?? "" }

    private func blobText(_ version: String, _ resource: String) -> String {
        var fields = ["sp", "st", "se"].map(value) + [resource]
        if kind == .userDelegation {
            fields += ["skoid", "sktid", "skt", "ske", "sks", "skv"].map(value)
            if version >= "2020-02-10" { fields += ["saoid", "suoid", "scid"].map(value) }
            if version >= "2025-07-05" { fields += ["skdutid", "sduoid"].map(value) }
        } else {
            fields.append(value("si"))
        }
        fields += ["sip", "spr", "sv"].map(value)
        if version >= "2018-11-09" {
            // Only a signature of one snapshot or version names its time; one of a container reads them all.
            let moment = value("sr") == "bs" ? value("snapshot") : value("sr") == "bv" ? value("versionid") : ""
            fields += [value("sr"), moment]
            if version >= "2020-12-06" { fields.append(value("ses")) }
        }
        // The newest version can also bind fields and parameters of the request; nobody asks for that here.
        if kind == .userDelegation, version >= "2026-04-06" { fields += ["", ""] }
        return (fields + ["rscc", "rscd", "rsce", "rscl", "rsct"].map(value)).joined(separator: "\n")
    }
}

extension SharedKey {
    /// Signs a new signature's parameters and returns the query of a URL.
    ///
    /// - Parameters:
    ///   - parameters: Everything but `sig`, in the order in which they are to stand in the URL.
    ///   - resource: What the signature is for; `nil` for an account's.
    /// - Returns: `nil` when the parameters do not go with the resource.
    public func sharedAccessQuery(
        _ parameters: [(String, String)], resource: SharedAccessSignature.Resource?
    ) -> String? {
        let signature = SharedAccessSignature(Dictionary(parameters) { first, _ in first })
        guard let text = signature.stringToSign(account: account, resource: resource) else { return nil }
        return (parameters + [("sig", self.signature(text))]).map { "\($0.0)=\(percentEncoded($0.1))" }
            .joined(separator: "&")
    }
}
