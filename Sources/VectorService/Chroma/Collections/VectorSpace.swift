/// How the distance between two vectors is computed.
public enum VectorSpace: String, Sendable {
    /// Squared Euclidean distance.
    case l2
    /// 1 - cosine similarity.
    case cosine
    /// 1 - inner product.
    case ip
}
