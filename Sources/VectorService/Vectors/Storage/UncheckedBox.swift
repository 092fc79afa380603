/// Carries a reference out of a `Mutex`, whose result has to be sendable. Unchecked, since what is carried (a collection,
/// its columns) is guarded by the collection's own lock, which the compiler cannot see.
struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
