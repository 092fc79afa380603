/// How well an answer's citations name the places that prove it (citation precision and recall as in Gao et al. 2023, *Enabling
/// Large Language Models to Generate Text with Citations*, with the set's places in the role of its judge).
enum CitationMeasures {
    /// The share of the citations that are at one of the places; an answer without any has none right.
    static func precision(_ cited: [Place], _ truth: [Place]) -> Double {
        guard !cited.isEmpty else { return 0 }
        let right = cited.count { citation in truth.contains { $0.holds(citation) } }
        return Double(right) / Double(cited.count)
    }

    /// The share of the places that are cited.
    static func recall(_ cited: [Place], _ truth: [Place]) -> Double {
        RetrievalMeasures.recall(cited, truth, at: cited.count)
    }

    /// The share of the citations that the product found supported; `nil` when none was checked.
    static func supported(_ support: [String?]) -> Double? {
        let checked = support.compactMap(\.self)
        guard !checked.isEmpty else { return nil }
        return Double(checked.count { $0 == "supported" }) / Double(checked.count)
    }
}
