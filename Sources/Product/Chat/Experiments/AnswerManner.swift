import Models
import Retrieval

/// How a question is answered: by which model and preset, from passages found in which way, and under which trial.
struct AnswerManner: Sendable {
    var model: String
    var preset: Preset
    var retrieval: RetrievalConfiguration
    var trial: Trial?

    /// As a variant changes it, where the question leaves that open and the deployment has it.
    ///
    /// - Parameter isNewChat: A chat keeps the preset that it began with.
    func taking(_ variant: Variant, for question: QuestionFields, isNewChat: Bool, in library: Library) -> AnswerManner
    {
        var changed = self
        if question.model == nil, let model = variant.model, library.models.entry(model) != nil {
            changed.model = model
        }
        if isNewChat, question.preset == nil, let preset = variant.preset, library.presets.knows(preset) {
            changed.preset = library.presets.preset(preset)
        }
        if question.useDocuments { changed.retrieval = variant.applied(to: retrieval) }
        return changed
    }

    /// Whether answers come about in another way.
    func differs(from other: AnswerManner) -> Bool {
        model != other.model || preset.id != other.preset.id || retrieval.json != other.retrieval.json
    }
}
