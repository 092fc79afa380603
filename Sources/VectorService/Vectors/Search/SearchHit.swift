/// One record found by a search.
public struct SearchHit: Sendable {
    public let record: VectorRecord
    public let score: Float
    /// MaxSim of the record's tokens with the question's; `nil` where it was not asked for or the record has none.
    public let lateInteraction: Float?
}
