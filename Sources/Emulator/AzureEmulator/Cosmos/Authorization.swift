import AzureSignatures
import Digests
import HTTPMessages
import Telemetry

/// Checks who sends a request to Cosmos DB: master key over the decoded link, or a token.
struct Authorization {
    enum Sender { case key, identity }

    let service: CosmosService
    let request: HTTPRequest
    let parts: [String]

    func check() throws(CosmosFailure) -> Sender {
        guard let field = request.fields["authorization"], let given = percentDecoded(field) else {
            throw CosmosFailure(
                401, "Unauthorized",
                "Required Header authorization is missing. Ensure a valid Authorization token is passed.")
        }
        if given.hasPrefix("type=aad&") { return try identity(given) }
        guard given.hasPrefix("type=master&") else {
            throw CosmosFailure(
                401, "Unauthorized", "The authorization token is neither a master key's nor an identity's.")
        }
        guard let dateText = request.fields["x-ms-date"] ?? request.fields["date"],
            let date = Timestamp.seconds(httpDate: dateText)
        else {
            throw CosmosFailure(403, "Forbidden", "The x-ms-date header is missing or is not an HTTP date.")
        }
        // The sender reads the machine's clock, however far tests have moved the emulator's.
        let now = Timestamp.nowMilliseconds() / 1000
        guard abs(date - now) <= 900 else {
            throw CosmosFailure(
                403, "Forbidden",
                "The authorization token is not valid at the current time. Please create another token and retry (token "
                    + "start time: \(dateText), current time: \(Timestamp.httpDate(seconds: now))).")
        }
        let texts = links.map { type, link in
            CosmosMasterKey.stringToSign(
                method: request.method, resourceType: type, resourceLink: link,
                date: request.fields["x-ms-date"] ?? "", plainDate: request.fields["x-ms-date"] == nil ? dateText : "")
        }
        for key in service.keys {
            for text in texts {
                let expected = "type=master&ver=1.0&sig=\(key.signature(text))"
                if Digest.constantTimeEqual(expected.bytes, given.bytes) { return .key }
            }
        }
        throw CosmosFailure(
            401, "Unauthorized",
            "The input authorization token can't serve the request. Please check that the expected payload is built as "
                + "per the protocol, and check the key being used. Server used the following payload to sign: "
                + "'\((texts.first ?? "").replacing("\n", with: "\\n"))'")
    }

    /// Type and link that can have been signed: by name, or by the last resource id in lower case.
    private var links: [(type: String, link: String)] {
        if parts.count == 6, parts[4] == "operations" {
            return [("colls", parts[..<4].joined(separator: "/")), ("colls", parts[3].lowercased())]
        }
        if parts.first == "offers" { return [("offers", parts.count > 1 ? parts[1].lowercased() : "")] }
        // Paths alternate types and ids; with an odd number of segments the request is about the last type's feed.
        let isFeed = parts.count % 2 == 1
        let owner = isFeed ? Array(parts.dropLast()) : parts
        let type = isFeed ? parts[parts.count - 1] : (parts.count > 1 ? parts[parts.count - 2] : "")
        return [(type, owner.joined(separator: "/")), (type, (owner.last ?? "").lowercased())]
    }

    private func identity(_ given: String) throws(CosmosFailure) -> Sender {
        guard let mark = given.firstRange(of: "sig=") else {
            throw CosmosFailure(401, "Unauthorized", "The authorization token has no signature.")
        }
        let host = (request.fields["host"] ?? "").split(separator: ":").first.map(String.init) ?? ""
        do throws(TokenAuthority.Refusal) {
            _ = try service.authority.check(String(given[mark.upperBound...])) { audience in
                let plain = audience.hasSuffix("/") ? String(audience.dropLast()) : audience
                return ["https://cosmos.azure.com", "https://\(host)", "https://127.0.0.1", "https://localhost"]
                    .contains(plain)
                    || plain.hasPrefix("https://") && plain.hasSuffix(".documents.azure.com")
            }
        } catch {
            throw CosmosFailure(401, "Unauthorized", "The identity's token is refused: \(error).")
        }
        return .identity
    }
}
