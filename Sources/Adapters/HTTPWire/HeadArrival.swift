/// Tells when it is worth trying to read a head that is still coming: trying at every byte would take time that grows
/// with the square of its size, and the sender decides how few come at once.
public struct HeadArrival {
    /// Bytes without a line end after which limits are looked at all the same.
    private static let stride = 4096

    /// Bytes that were there at the last try, and at the last look for a line end.
    private var tried = 0
    private var looked = 0

    /// Nothing has come yet.
    public init() {}

    /// Whether what has come since the last try may make a difference.
    public mutating func hasNews(in input: UnsafeRawBufferPointer) -> Bool {
        let hasLineEnd = input[min(looked, input.count)...].contains(10)
        looked = input.count
        guard hasLineEnd || input.count - tried >= Self.stride else { return false }
        tried = input.count
        return true
    }
}
