import HTTPMessages
import JSONCoding

/// Secrets as they appear in answers.
struct SecretBundle {
    /// The vault's address as the caller sees it.
    let base: String

    init(_ request: HTTPRequest) {
        base = "\(request.connection.isEncrypted ? "https" : "http")://\(request.fields["host"] ?? "127.0.0.1")"
    }

    func id(_ name: String, _ version: String?) -> JSONValue {
        .string("\(base)/secrets/\(name)" + (version.map { "/" + $0 } ?? ""))
    }

    /// - Parameters:
    ///   - withValue: Lists and updates leave it out.
    ///   - withVersion: Lists of secrets leave it out of the id.
    func json(_ version: VaultStore.Version, withValue: Bool, withVersion: Bool = true) -> JSONObject {
        var object = JSONObject()
        if withValue { object["value"] = .string(version.value) }
        if let type = version.contentType { object["contentType"] = .string(type) }
        object["id"] = id(version.name, withVersion ? version.version : nil)
        var attributes: JSONObject = ["enabled": .bool(version.enabled)]
        if let time = version.notBefore { attributes["nbf"] = .int(time) }
        if let time = version.expires { attributes["exp"] = .int(time) }
        attributes["created"] = .int(version.created)
        attributes["updated"] = .int(version.updated)
        attributes["recoveryLevel"] = "Recoverable+Purgeable"
        attributes["recoverableDays"] = .int(VaultStore.recoverableDays)
        object["attributes"] = .object(attributes)
        if let tags = version.tags { object["tags"] = tags }
        return object
    }

    func deleted(_ version: VaultStore.Version, _ deletion: VaultStore.Deletion, withValue: Bool) -> JSONValue {
        var object = json(version, withValue: withValue, withVersion: withValue)
        object["recoveryId"] = .string("\(base)/deletedsecrets/\(deletion.name)")
        object["deletedDate"] = .int(deletion.deleted)
        object["scheduledPurgeDate"] = .int(deletion.deleted + VaultStore.recoverableDays * 86_400)
        return .object(object)
    }

    /// A page of a list; the address of the next one holds the host that the caller used.
    func page(_ items: [JSONValue], path: String, request: HTTPRequest, next: Int64?) -> JSONValue {
        let size = request.target.parameter("maxresults").map { "&maxresults=\($0)" } ?? ""
        let link = next.map {
            "\(base)/\(path)?api-version=\(request.target.parameter("api-version") ?? "7.4")\(size)&$skiptoken=\($0)"
        }
        return ["value": .array(items), "nextLink": .optional(link)]
    }

    /// The number of items that a page may have and where it begins.
    static func paging(_ request: HTTPRequest) throws(VaultFailure) -> (count: Int, after: Int64) {
        var count = 25
        if let text = request.target.parameter("maxresults") {
            guard let number = Int(text), (1...25).contains(number) else {
                throw VaultFailure(400, "BadParameter", "maxresults has to be 1 to 25.")
            }
            count = number
        }
        guard let token = request.target.parameter("$skiptoken") else { return (count, 0) }
        guard let after = Int64(token) else {
            throw VaultFailure(400, "BadParameter", "The skiptoken is not one of ours.")
        }
        return (count, after)
    }
}
