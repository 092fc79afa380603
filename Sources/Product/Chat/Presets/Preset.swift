import JSONCoding

/// A kind of assistant: how it speaks, which tools it has, how it looks. Read from a data file.
final class Preset: Sendable {
    let id: String
    let name: String
    let description: String
    /// For the model, in front of the rules of citing.
    let instructions: String
    /// Shown below answers and the question's field.
    let disclaimer: String?
    /// Names of tools that it may use; `*` stands for those that operators declare.
    let tools: [String]
    let sampleQuestions: [String]
    /// What is said when the documents do not answer.
    let refusal: String
    /// Whether questions that ask for yes or no get one of yes, no and maybe first.
    let givesVerdicts: Bool
    /// For the page: `title`, `accent`.
    let look: JSONValue

    /// What there is where no preset files are installed.
    static let plain = Preset()

    private init() {
        id = "general"
        name = "Documents"
        description = ""
        instructions = "You answer questions from the user's documents."
        disclaimer = nil
        tools = [SearchDocumentsTool.name, ReadPagesTool.name]
        sampleQuestions = []
        refusal = "This is not in your documents, as far as I can tell."
        givesVerdicts = false
        look = [:]
    }

    /// Reads a preset file's content.
    ///
    /// - Throws: `InvalidFields`.
    init(_ json: JSONValue) throws {
        var reader = try FieldReader(
            json,
            allowed: [
                "id", "name", "description", "instructions", "disclaimer", "tools", "sampleQuestions", "refusal",
                "givesVerdicts", "look",
            ])
        id = reader.requiredString("id", length: 1...40)
        name = reader.requiredString("name", length: 1...80)
        description = reader.string("description", length: 1...400) ?? ""
        instructions = reader.requiredString("instructions", length: 1...8000)
        disclaimer = reader.string("disclaimer", length: 1...600)
        tools = reader.strings("tools", maximumCount: 64) ?? []
        sampleQuestions = reader.strings("sampleQuestions", maximumCount: 12) ?? []
        refusal = reader.requiredString("refusal", length: 1...600)
        givesVerdicts = reader.bool("givesVerdicts", default: false)
        look = json["look"] ?? [:]
        try reader.finish()
    }

    /// The wire form; instructions are the operator's business.
    func json(isDefault: Bool) -> JSONValue {
        [
            "id": .string(id), "name": .string(name), "description": .string(description),
            "disclaimer": .optional(disclaimer), "sampleQuestions": .strings(sampleQuestions), "look": look,
            "default": .bool(isDefault),
        ]
    }
}
