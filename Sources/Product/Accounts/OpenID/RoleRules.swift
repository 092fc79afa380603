import AccessControl

/// Which groups or roles of an identity provider are which role in which workspace: `value=workspace:role`, separated by commas.
struct RoleRules: Sendable, Equatable {
    struct Rule: Sendable, Equatable {
        let value: String
        let workspace: String
        let role: Role
    }

    static let none = RoleRules(rules: [])
    private static let most = 100
    private static let longestValue = 200

    let rules: [Rule]

    private init(rules: [Rule]) { self.rules = rules }

    /// Reads a table; `fault` says what is wrong with it.
    init?(_ text: String, fault: inout String) {
        var rules: [Rule] = []
        for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            guard index < Self.most else {
                fault = "has more than \(Self.most) rules"
                return nil
            }
            guard let rule = Self.rule(Self.trimmed(part)) else {
                fault =
                    "has as its rule \(index + 1) none of the form value=workspace:role, such as editors=default:editor; a "
                    + "value has 1 to \(Self.longestValue) bytes and no comma, a workspace is named by its id, and a role is one "
                    + "of \(Role.allCases.map(\.rawValue).joined(separator: ", "))"
                return nil
            }
            rules.append(rule)
        }
        self.rules = rules
    }

    /// The last sign of equality and the colon behind it divide: values may have both.
    private static func rule(_ text: Substring) -> Rule? {
        guard let equals = text.lastIndex(of: "=") else { return nil }
        let target = text[text.index(after: equals)...]
        let parts = target.split(separator: ":", omittingEmptySubsequences: false).map { String(trimmed($0)) }
        let value = String(trimmed(text[..<equals]))
        guard (1...longestValue).contains(value.utf8.count), parts.count == 2, let workspace = parts.first,
            let role = parts.last.flatMap(Role.init(rawValue:)), isWorkspace(workspace)
        else { return nil }
        return Rule(value: value, workspace: workspace, role: role)
    }

    private static func isWorkspace(_ text: String) -> Bool {
        (3...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// What somebody of these groups is in each workspace that the table names: the highest of their roles there, `nil` where
    /// they have none.
    func roles(of values: Set<String>) -> [String: String?] {
        var roles: [String: Role?] = [:]
        for rule in rules {
            let before = roles[rule.workspace] ?? nil
            guard values.contains(rule.value) else {
                roles[rule.workspace] = .some(before)
                continue
            }
            roles[rule.workspace] = .some(max(before ?? .reader, rule.role))
        }
        return roles.mapValues { $0?.rawValue }
    }
}
