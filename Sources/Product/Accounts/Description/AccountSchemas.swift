import APIDescription
import AccessControl
import Catalog
import Settings

/// What people, workspaces and keys are on the wire.
enum AccountSchemas {
    static let role = Schema.choice(Role.self)
    static let shownName = Schema.text(AccountLimits.name)

    private static let person: [Member] = [
        .has("id", .id), .has("login", .text), .has("name", .text), .has("administrator", .flag), .has("active", .flag),
        .has("hasPassword", .flag), .has("hasIdentity", .flag), .has("createdAt", .time),
    ]
    static let people = Schema.named("Person", .object(person))
    static let personWithLink = Schema.named(
        "PersonWithLink",
        .object(person + [.has("link", .text, "By which they choose a password; it is told once.")]))

    static let workspace = Schema.named(
        "Workspace",
        .object([
            .has("id", .text), .has("name", .text), .has("role", role, "What whoever asks is in it."),
            .may("keepChatsDays", .whole(from: 1)), .may("keepDocumentsDays", .whole(from: 1)),
            .may("publicLinks", .flag),
        ]))

    static let member = Schema.named(
        "Member",
        .object([
            .has("id", .id), .has("login", .text), .has("name", .text), .has("role", role), .has("active", .flag),
        ]))

    private static let key: [Member] = [
        .has("id", .text), .has("name", .text), .has("scopes", .list(.choice(Permission.self))),
        .has("workspace", .text), .has("createdAt", .time), .has("lastUsedAt", Schema.time.orNull),
        .has("expiresAt", Schema.time.orNull),
    ]
    static let keys = Schema.named("Key", .object(key))
    static let newKey = Schema.named(
        "NewKey", .object(key + [.has("key", .text, "What programs send; it is told once.")]))

    static let session = Schema.named(
        "Session",
        .object([
            .has("id", .id), .has("createdAt", .time), .has("lastUsedAt", .time), .has("userAgent", .text),
            .has("address", .text), .has("current", .flag),
        ]))

    static let me = Schema.named(
        "Me",
        .object([
            .has(
                "person",
                Schema.object([
                    .has("id", .id), .has("login", .text), .has("name", .text), .has("hasPassword", .flag),
                ]).orNull, "Null where nobody signs in."),
            .has("administrator", .flag), .has("workspace", workspace.orNull, "The one that the request is about."),
            .has("workspaces", .list(workspace)), .has("ways", ways),
            .has("permissions", .list(.choice(Permission.self)), "In that workspace."),
        ]))

    static let ways = Schema.list(.choice(["none", "local", "oidc"]))

    static let auditEntry = Schema.named(
        "AuditEntry",
        .object([
            .has("number", .whole(from: 1)), .has("at", .time), .has("workspace", .text.orNull),
            .has("person", .text.orNull), .has("credential", .text.orNull), .has("action", .text),
            .has("object", .text.orNull), .has("status", .count), .has("address", .text.orNull),
            .has("requestId", .text), .has("digest", .text),
        ]))

    static let quota = Schema.named(
        "Quota",
        .object([
            .has("metric", .choice(QuotaMetric.self)), .has("amount", .number(0...AccountLimits.quota)),
            .has("of", .choice(["workspace", "members", "person", "key"])), .may("id", .text),
        ]))

    static let standing = Schema.named(
        "QuotaStanding",
        .object([
            .has("of", .choice(QuotaStanding.Holder.self)), .has("metric", .choice(QuotaMetric.self)),
            .has("amount", .number), .has("state", .choice(["open", "nearly_used", "used_up"])), .may("used", .number),
            .may("reserved", .number, "What questions under way may still use."), .may("until", .time),
        ]))

    static let policy = Schema.choice(BudgetPolicy.self)
}
