/// What the product calls itself.
public enum Product {
    /// Semantic version of all programs.
    public static let version = "0.1.0"

    /// Tells this run of the program from every other: 32 hexadecimal digits.
    public static let instance = TraceContext.root(isSampled: false).traceIDText
}
