import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `/api/account/quotas`: what a workspace, its people and their keys may use up.
struct QuotaRoutes: Sendable {
    private static let bodyLimit = 64 * 1024
    /// Beyond what anybody means.
    static let mostAmount = 1_000_000_000_000_000

    let catalog: WorkspaceCatalog

    /// What limits whoever asks, and how much of it is left; with `?of=everybody` what was set for whom, for owners.
    func list(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        let plan = try await catalog.quotaPlan()
        let policy = JSONValue.string(plan.policy.rawValue)
        switch request.target.parameter("of") {
        case nil, "me":
            let standings = try await catalog.quotaStandings(of: Self.holder(access))
            // How many documents there are, and how large, would tell of those that are limited to others.
            let seesAll = catalog.reader == nil
            // Token buckets are full again before anybody has read how full they are.
            let rates = plan.applying(to: Self.holder(access)).filter { $0.metric.window == .minute }
            return HTTPResponse(
                json: [
                    "policy": policy,
                    "quotas": .array(standings.map { $0.json(showsUse: seesAll || $0.metric.window != .held) }),
                    "rates": .array(rates.map { .object($0.json) }),
                ])
        case "everybody":
            guard access.permits(.manage) else {
                throw Problem(.forbidden, "What was set for others is for owners of the workspace.")
            }
            return HTTPResponse(json: ["policy": policy, "quotas": .array(plan.quotas.map { .object($0.json) })])
        case .some:
            throw InvalidFields(field: "of", detail: "Must be me or everybody.")
        }
    }

    /// `{of: "workspace" | "members" | "person" | "key", id?, limits: {metric: number | null}, policy?}`.
    func set(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["of", "id", "limits", "policy"])
        let subject = Self.subject(&reader)
        let policy = reader.choice("policy", of: BudgetPolicy.self)
        if policy != nil, let subject, subject != .workspace {
            reader.add(
                "policy", "Goes with the quotas of the workspace alone. Leave it out, or say \"of\": \"workspace\".")
        }
        var amounts: [QuotaMetric: Double?] = [:]
        try reader.inside("limits") { amounts = try Self.amounts(body["limits"] ?? .null, of: subject) }
        try reader.finish()
        guard let subject else { return HTTPResponse(.badRequest) }
        // What a workspace may use up is not its owner's to say.
        if subject == .workspace, !access.isAdministrator {
            throw Problem(
                .forbidden,
                "Quotas of a whole workspace are for administrators of the installation; yours are those of its members, people and keys."
            )
        }
        guard try await catalog.setQuotas(amounts, for: subject, policy: policy) else {
            throw InvalidFields(field: "id", detail: "There is no such person or key in this workspace.")
        }
        AuditObjects.note("quotas", amounts.keys.map(\.rawValue).sorted().joined(separator: ","))
        let plan = try await catalog.quotaPlan()
        return HTTPResponse(
            json: [
                "policy": .string(plan.policy.rawValue),
                "quotas": .array(plan.quotas.filter { $0.subject == subject }.map { .object($0.json) }),
            ])
    }

    private static func holder(_ access: Access) -> QuotaHolder { QuotaHolder(person: access.person, key: access.key) }

    private static func subject(_ reader: inout FieldReader) -> QuotaSubject? {
        let kind = reader.requiredString("of", length: 1...40)
        let id = reader.string("id", length: 1...100)
        switch kind {
        case "workspace", "members":
            if id != nil { reader.add("id", "Goes with \"of\": \"person\" or \"key\" alone. Leave it out.") }
            return kind == "workspace" ? .workspace : .members
        case "person":
            guard let id, UUIDv7.isValid(id) else {
                reader.add("id", "Required: the person's id, as `GET workspaces/{id}/members` has it.")
                return nil
            }
            return .person(id)
        case "key":
            guard let id else {
                reader.add("id", "Required: the key's id, as `GET keys` has it.")
                return nil
            }
            return .key(id)
        case "": return nil
        default:
            reader.add("of", "Must be workspace, members, person or key.")
            return nil
        }
    }

    private static func amounts(_ json: JSONValue, of subject: QuotaSubject?) throws -> [QuotaMetric: Double?] {
        if json.isNull { return [:] }
        var amounts: [QuotaMetric: Double?] = [:]
        var reader = try FieldReader(json, allowed: QuotaMetric.allCases.map(\.rawValue))
        for metric in QuotaMetric.allCases {
            let name = metric.rawValue
            guard let value = json[name] else { continue }
            if metric.isOfWorkspace, let subject, subject != .workspace {
                reader.add(name, "Can be set for the whole workspace alone.")
            }
            let amount =
                metric == .costPerMonth
                ? reader.number(name, in: 0...Double(mostAmount))
                : reader.integer(name, in: 0...mostAmount).map(Double.init)
            if value.isNull || amount != nil { amounts[metric] = .some(amount) }
        }
        try reader.finish()
        return amounts
    }
}

extension QuotaRecord {
    /// The wire form.
    fileprivate var json: JSONObject {
        var object: JSONObject = ["metric": .string(metric.rawValue), "amount": .quantity(amount)]
        switch subject {
        case .workspace: object["of"] = "workspace"
        case .members: object["of"] = "members"
        case .person(let id):
            object["of"] = "person"
            object["id"] = .string(id)
        case .key(let id):
            object["of"] = "key"
            object["id"] = .string(id)
        }
        return object
    }
}
