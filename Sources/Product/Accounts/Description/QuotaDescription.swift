import APIDescription
import Catalog

/// `/api/account/quotas` and `usage`
enum QuotaDescription {
    private static let use: [Member] = [.has("questions", .count), .has("tokens", .count), .has("cost", .number)]
    private static let amounts: [Member] = QuotaMetric.allCases.map { metric in
        let isMoney = metric == .costPerMonth
        return .may(
            metric.rawValue,
            (isMoney ? Schema.number(0...AccountLimits.quota) : .whole(0...QuotaRoutes.mostAmount)).orNull)
    }

    static let routes: [RouteDescription] = [
        RouteDescription(
            .get, "/api/account/quotas", "Read what limits oneself",
            "And how much is left. With `of=everybody` what was set for whom, for owners.",
            [.query("of", Schema.choice(["me", "everybody"]).standard("me"))],
            answers: [
                .json(
                    .object([
                        .has("policy", AccountSchemas.policy, "What happens when the money is used up."),
                        .has("quotas", .list(.either([AccountSchemas.standing, AccountSchemas.quota]))),
                        .may("rates", .list(AccountSchemas.quota)),
                    ]))
            ]),
        RouteDescription(
            .put, "/api/account/quotas", "Set quotas", "Null takes one away; what is left out stays.",
            body: .json(
                .fields([
                    .has("of", .choice(["workspace", "members", "person", "key"])),
                    .may("id", .text(1...100), "Of the person or key."), .may("limits", .changes(amounts)),
                    .may("policy", AccountSchemas.policy, "Goes with the workspace's alone."),
                ]), example: ["of": "members", "limits": ["questionsPerDay": 200]]),
            answers: [
                .json(
                    .object([
                        .has("policy", AccountSchemas.policy), .has("quotas", .list(AccountSchemas.quota)),
                    ]))
            ]),
        RouteDescription(
            .get, "/api/account/usage", "What was used, by day", "This month when nothing is said.",
            [
                .query("from", .day), .query("to", .day),
                .query(
                    "of", Schema.choice(["me", "workspace", "people", "keys"]).standard("me"), "Others' is for owners."),
            ],
            answers: [
                .json(
                    .object([
                        .has("from", .day), .has("to", .day), .has("currency", .choice(["USD"])),
                        .has(
                            "days",
                            .list(.object([.has("date", .day), .may("person", .text), .may("key", .text)] + use))),
                        .has("total", .object(use)),
                    ]))
            ]),
    ]
}
