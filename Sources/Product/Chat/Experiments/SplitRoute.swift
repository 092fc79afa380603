import Catalog
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Models
import Problems

/// `POST /api/experiments/{id}/split` and `GET /api/experiments/{id}`: trials in service.
struct SplitRoute: Sendable {
    private static let bodyLimit = 64 * 1024

    let library: Library

    private var catalog: WorkspaceCatalog { library.catalog }

    /// The experiment, and how its trial stands.
    func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = request.parameters["id"] ?? ""
        guard let experiment = try await catalog.experiment(id) else { throw Self.unknown }
        var object = experiment.json.object ?? JSONObject()
        object["split"] = .null
        if let split = try await catalog.split(id) { object["split"] = try await json(split) }
        return HTTPResponse(json: .object(object))
    }

    /// Begins a trial, or ends it and picks an arm.
    func set(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = request.parameters["id"] ?? ""
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        switch try SplitFields(body) {
        case .start(let share, let variant): return try await start(id, share, variant)
        case .end(let pick): return try await end(id, pick)
        }
    }

    private func start(_ id: String, _ share: Double, _ variant: Variant) async throws -> HTTPResponse {
        try check(variant)
        switch try await catalog.startSplit(id, share: share, variant: variant.json) {
        case .started(let split):
            await library.splits.forget()
            return HTTPResponse(.created, json: try await json(split))
        case .noExperiment: throw Self.unknown
        case .taken(id):
            throw Problem(.conflict, "This experiment has had its trial. Record another experiment for another trial.")
        case .taken(let other):
            throw Problem(.conflict, "The trial of experiment \(other) runs; there is one at a time. End it first.")
        }
    }

    private func end(_ id: String, _ pick: SplitFields.Pick) async throws -> HTTPResponse {
        guard let split = try await catalog.split(id) else {
            guard try await catalog.experiment(id) != nil else { throw Self.unknown }
            throw Self.notRunning
        }
        // A variant that was picked can be taken back.
        guard split.endedAt == nil || split.winner == .variant && pick == .control else { throw Self.notRunning }
        let winner: SplitRecord.Arm
        switch pick {
        case .control: winner = .control
        case .variant: winner = .variant
        case .best:
            guard let decision = ArmComparison(try await catalog.outcomes(of: id)).decision else {
                throw Problem(
                    .conflict,
                    """
                    The arms cannot be told from each other yet: no figure differs beyond chance with at least \
                    \(ArmComparison.fewest) chats of each, or one that comes before it points the other way. Let the trial run on, or end it with control or variant.
                    """)
            }
            winner = decision.arm
        }
        guard let ended = try await catalog.endSplit(id, winner: winner) else { throw Self.notRunning }
        await library.splits.forget()
        return HTTPResponse(json: try await json(ended))
    }

    /// What the deployment does not have would change nothing.
    private func check(_ variant: Variant) throws {
        var problems: [FieldProblem] = []
        if let model = variant.model, library.models.entry(model) == nil {
            problems.append(
                FieldProblem(
                    field: "variant.model", detail: "There is no such model. GET /api/models lists them."))
        }
        if let preset = variant.preset, !library.presets.knows(preset) {
            problems.append(
                FieldProblem(
                    field: "variant.preset", detail: "There is no such preset. GET /api/presets lists them."))
        }
        if !problems.isEmpty { throw InvalidFields(problems) }
    }

    private func json(_ split: SplitRecord) async throws -> JSONValue {
        var object = split.json
        for (name, value) in ArmComparison(try await catalog.outcomes(of: split.id)).json.object?.members ?? [] {
            object[name] = value
        }
        return .object(object)
    }

    private static let notRunning = Problem(.conflict, "No trial of this experiment runs.")
    private static let unknown = Problem(.notFound, "There is no experiment with this id.")
}
