import APIDescription
import Catalog
import FunctionsRuntime

/// `/api/experiments…`
enum ExperimentsDescription {
    private static let figure: [Member] = [
        .has("name", .text(1...100)), .has("value", .number(ExperimentFields.value)),
    ]
    private static let moreOfFigure: [Member] = [
        .may("low", Schema.number(ExperimentFields.value).orNull),
        .may("high", Schema.number(ExperimentFields.value).orNull),
        .may("questions", Schema.number(ExperimentFields.count).orNull),
    ]
    private static let number = Schema.whole(
        Int(ExperimentFields.count.lowerBound)...Int(ExperimentFields.count.upperBound))
    private static let run: [Member] = [
        .may("set", .text(1...1000), "The questions that were asked."), .may("startedAt", .text(1...40)),
        .may("seconds", .number(0...1e9)), .may("questions", number), .may("leftOut", number), .may("failures", number),
        .may("parameters", .map(.text, most: ExperimentFields.mostParameters)),
    ]

    private static let estimate = Schema.object([
        .has("value", .number), .has("low", .number), .has("high", .number), .has("count", .count),
    ])
    private static let figures: [Member] = ArmOutcomes.Figure.allCases.map { .has($0.rawValue, estimate.orNull) }
    private static let arm = Schema.object(
        [.has("chats", .count), .has("answers", .count), .has("rated", .count)] + figures)
    private static let arms: [Member] = SplitRecord.Arm.allCases.map { .has($0.rawValue, arm) }
    private static let choice = Schema.choice(SplitRecord.Arm.self)

    private static let variant: [Member] = [
        .may("model", .text(QuestionFields.modelLength)), .may("preset", .text(QuestionFields.presetLength)),
        .may(
            "retrieval",
            .fields([
                .may("passages", whole(Variant.passages)), .may("candidates", whole(Variant.candidates)),
                .may("wordWeight", .number(Variant.weights)), .may("lateWeight", .number(Variant.weights)),
            ])),
    ]

    private static func whole(_ range: ClosedRange<Double>) -> Schema {
        .whole(Int(range.lowerBound)...Int(range.upperBound))
    }

    private static let split = Schema.named(
        "Trial",
        .object([
            .has("share", .number, "Of the chats that are answered as the trial says."),
            .has("variant", .map(.anything)), .has("startedAt", .time), .has("endedAt", .time.orNull),
            .has("winner", choice.orNull), .has("arms", .object(arms)),
            .has("difference", .object(figures), "What the variant has more."),
            .has("better", choice.orNull, "The arm that is better beyond chance."), .has("by", .text.orNull),
        ]))

    private static let listedSplit = Schema.object([
        .has("share", .number), .has("variant", .map(.anything)), .has("isRunning", .flag),
        .has("winner", choice.orNull),
    ])

    private static func experiment(_ split: Schema) -> Schema {
        .object(
            [.has("id", .id), .has("name", .text), .has("createdAt", .time)] + run + [
                .may("figures", .list(.object(figure + moreOfFigure))), .has("split", split.orNull),
            ])
    }

    private static let listed = Schema.named("ListedExperiment", experiment(listedSplit))
    private static let whole = Schema.named("Experiment", experiment(split))

    private static let id: Parameter = .path("id", .id)

    static let routes: [RouteDescription] = [
        RouteDescription(
            .get, "/api/experiments", "List runs of an evaluation", "The newest first.",
            [
                .limit(standard: ExperimentsRoute.page.standard, most: ExperimentsRoute.page.most),
                .query("before", .id, "The `next` of the page before."),
            ],
            answers: [.json(.object([.has("experiments", .list(listed)), .has("next", Schema.id.orNull)]))]),
        RouteDescription(
            .post, "/api/experiments", "Keep what a run came to",
            body: .json(
                .fields(
                    [.has("name", .text(1...200))] + run + [
                        .has("figures", .list(.fields(figure + moreOfFigure), 1...ExperimentFields.mostFigures))
                    ]),
                example: ["name": "before the change", "figures": [["name": "recall", "value": 0.93]]]),
            answers: [.json(.created, listed)],
            problems: [.init(.conflict, "The workspace holds as many as it may.")]),
        RouteDescription(
            .get, "/api/experiments/{id}", "Read a run and how its trial stands", "", [id],
            answers: [.json(whole)]),
        RouteDescription(
            .post, "/api/experiments/{id}/split", "Begin a trial in service, or end it",
            "With `share` and `variant` it begins; with `end` it ends, and an arm is picked.", [id],
            body: .json(
                .either([
                    .fields([
                        .has("share", .number(SplitFields.shares), "Of the chats that are answered by the variant."),
                        .has("variant", .fields(variant)),
                    ]),
                    .fields([.has("end", .choice(SplitFields.Pick.self))]),
                ]), example: ["share": 0.5, "variant": ["retrieval": ["passages": 8]]]),
            answers: [.json(.created, split, "It has begun."), .json(.ok, split, "It has ended.")],
            problems: [
                .init(.conflict, "Another trial runs, this one has had its time, or the arms cannot be told apart yet.")
            ]),
        RouteDescription(
            .delete, "/api/experiments/{id}", "Remove a run and its trial", "", [id],
            answers: [.json(.object([.has("rows", .count)]))]),
    ]
}
