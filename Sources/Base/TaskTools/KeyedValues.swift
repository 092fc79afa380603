import Synchronization

/// Values that are made when they are first asked for by their key, and kept for the next who asks: what one has learnt need
/// not be learnt for each request. When there are too many all are let go, and made again as they are needed.
public final class KeyedValues<Value: Sendable>: Sendable {
    private let most: Int
    private let make: @Sendable (_ key: String) -> Value
    private let kept = Mutex<[String: Value]>([:])

    /// No values yet.
    ///
    /// - Parameters:
    ///   - most: Values that are kept.
    ///   - make: Takes no time, and waits for nothing.
    public init(most: Int = 1000, make: @escaping @Sendable (_ key: String) -> Value) {
        self.most = most
        self.make = make
    }

    /// The value of a key.
    public subscript(key: String) -> Value {
        kept.withLock { kept in
            if let value = kept[key] { return value }
            if kept.count >= most { kept.removeAll() }
            let value = make(key)
            kept[key] = value
            return value
        }
    }
}
