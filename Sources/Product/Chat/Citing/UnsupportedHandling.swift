import Settings

/// What becomes of the sentences that the passages they cite do not bear out.
enum UnsupportedHandling: String, Sendable, CaseIterable {
    /// They stay, and their citations say so.
    case mark
    /// They are left out of the final text.
    case remove
    /// The model is asked once to say it again with what the passages say.
    case correct

    private static let variable = "APUS_UNSUPPORTED"

    /// Reads `APUS_UNSUPPORTED`; anything else than one of the names is noted as a problem.
    init(_ settings: inout SettingsReader) {
        let wanted = settings.optional(Self.variable)
        self = wanted.flatMap(Self.init) ?? .mark
        if let wanted, Self(rawValue: wanted) == nil {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            settings.add(Self.variable, "is '\(wanted)'; it has to be one of \(names)")
        }
    }
}
