import Catalog
import JSONCoding

/// The body of `POST /api/experiments/{id}/split`: how a trial begins, or what ends it.
enum SplitFields: Sendable {
    /// What is picked at a trial's end.
    enum Pick: String, CaseIterable {
        case control, variant
        /// The arm that is the better one beyond chance.
        case best
    }

    static let shares = 0.01...0.99

    case start(share: Double, Variant)
    case end(Pick)

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    init(_ body: JSONValue) throws {
        var reader = try FieldReader(body, allowed: ["share", "variant", "end"])
        if !(body["end"]?.isNull ?? true) {
            let pick = reader.choice("end", of: Pick.self)
            for name in ["share", "variant"] where !(body[name]?.isNull ?? true) {
                reader.add(name, "Goes with the beginning of a trial, not with its end.")
            }
            try reader.finish()
            self = .end(pick ?? .control)
            return
        }
        if body["share"]?.isNull ?? true { reader.add("share", "Required, unless the trial is to end (end).") }
        let share = reader.number("share", in: Self.shares)
        var variant: Variant?
        if let sent = body["variant"], sent.object != nil {
            try reader.inside("variant") { variant = try Variant(sent) }
            if variant?.isEmpty ?? false {
                reader.add("variant", "Changes nothing. Name a model, a preset, or a value of retrieval.")
            }
        } else {
            reader.add("variant", "Required: an object with a model, a preset, or values of retrieval.")
        }
        try reader.finish()
        guard let share, let variant else { throw InvalidFields(field: "body", detail: "Incomplete.") }
        self = .start(share: share, variant)
    }
}
