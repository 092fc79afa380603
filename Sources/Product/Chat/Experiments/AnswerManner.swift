import Models
import Retrieval

/// How a question is answered: by which model and preset, from passages found in which way, and under which trial.
struct AnswerManner: Sendable {
    var model: String
    var preset: Preset
    var retrieval: RetrievalConfiguration
    var trial: Trial?

    /// Takes over what a variant changes and the question leaves open. What the deployment does not have (any more) stays.
    mutating func take(_ variant: Variant, for question: QuestionFields, in library: Library) {
        if question.model == nil, let model = variant.model, library.models.entry(model) != nil { self.model = model }
        if question.preset == nil, let preset = variant.preset, library.presets.knows(preset) {
            self.preset = library.presets.preset(preset)
        }
        retrieval = variant.applied(to: retrieval)
    }
}
