/// One record found by a search.
public struct SearchHit: Sendable {
    public let record: VectorRecord
    public let score: Float
}
