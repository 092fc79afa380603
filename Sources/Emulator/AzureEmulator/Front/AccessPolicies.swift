import HTTPMessages
import Markup
import Telemetry

/// Stored access policies of a container or queue, kept as the document that clients send.
enum AccessPolicies {
    /// Checks a document and returns it in the form that is stored.
    static func parse(_ bytes: [UInt8]) throws(StorageFailure) -> String {
        if bytes.isEmpty { return "" }
        guard let tree = try? MarkupReader.tree(bytes), tree.name == "SignedIdentifiers" else { throw .badXML }
        let items = tree.all("SignedIdentifier")
        guard items.count <= 5 else {
            throw StorageFailure(400, "InvalidXmlDocument", "There can be at most 5 stored access policies.")
        }
        for item in items {
            guard let id = item["Id"]?.text, (1...64).contains(id.unicodeScalars.count) else {
                throw StorageFailure(
                    400, "InvalidXmlNodeValue", "A stored access policy's Id has 1 to 64 characters.",
                    details: [("XmlNodeName", "Id")])
            }
            for name in ["Start", "Expiry"] {
                guard let text = item["AccessPolicy"]?[name]?.text, !text.isEmpty else { continue }
                guard Timestamp.milliseconds(iso8601: text) != nil else {
                    throw StorageFailure(
                        400, "InvalidXmlNodeValue", "The value is not a time in ISO 8601.",
                        details: [("XmlNodeName", name), ("XmlNodeValue", text)])
                }
            }
        }
        return xml(
            items.map { item in
                let policy = item["AccessPolicy"]
                return SignatureCheck.Policy(
                    id: item["Id"]?.text ?? "", start: policy?["Start"]?.text, expiry: policy?["Expiry"]?.text,
                    permission: policy?["Permission"]?.text)
            })
    }

    /// Reads the stored form.
    static func read(_ document: String) -> [SignatureCheck.Policy] {
        guard !document.isEmpty, let tree = try? MarkupReader.tree(document.bytes) else { return [] }
        return tree.all("SignedIdentifier").map { item in
            let policy = item["AccessPolicy"]
            return .init(
                id: item["Id"]?.text ?? "", start: policy?["Start"]?.text, expiry: policy?["Expiry"]?.text,
                permission: policy?["Permission"]?.text)
        }
    }

    /// The document of an answer.
    static func document(_ stored: String) -> String { stored.isEmpty ? "<SignedIdentifiers />" : stored }

    private static func xml(_ policies: [SignatureCheck.Policy]) -> String {
        let items = policies.map { policy in
            func element(_ name: String, _ value: String?) -> String {
                value.map { $0.isEmpty ? "" : "<\(name)>\(XMLText.escape($0))</\(name)>" } ?? ""
            }
            return "<SignedIdentifier><Id>\(XMLText.escape(policy.id))</Id><AccessPolicy>"
                + element("Start", policy.start) + element("Expiry", policy.expiry)
                + element("Permission", policy.permission) + "</AccessPolicy></SignedIdentifier>"
        }
        return "<SignedIdentifiers>\(items.joined())</SignedIdentifiers>"
    }
}
