import Glibc

/// The smallest stack that a thread of Swift's pool has anywhere, in bytes; code that is not optimised takes several times
/// as much for each call.
#if DEBUG
public let smallStack = 4 << 20
#else
public let smallStack = 512 << 10
#endif

/// Runs the body on a thread with the small stack, whatever the thread of the test has, and returns what it returns.
public func onSmallStack<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let call = Call(body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, smallStack)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(call).toOpaque()
    let code = pthread_create(
        &thread, &attributes,
        { context in
            guard let context else { return nil }
            Unmanaged<AnyCall>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context)
    guard code == 0 else { throw TestFailure("no thread: \(code)") }
    pthread_join(thread, nil)
    guard let result = call.result else { throw TestFailure("the thread ended early") }
    return try result.get()
}

private class AnyCall { func run() {} }

/// Touched by the new thread alone until it has been joined.
private final class Call<Value: Sendable>: AnyCall, @unchecked Sendable {
    private let body: @Sendable () throws -> Value
    private(set) var result: Result<Value, any Error>?

    init(_ body: @escaping @Sendable () throws -> Value) { self.body = body }

    override func run() { result = Result { try body() } }
}
