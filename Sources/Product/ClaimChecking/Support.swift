/// How far the passages that a sentence cites bear it out.
public enum Support: String, Sendable, CaseIterable {
    case supported, partly, unsupported
}
