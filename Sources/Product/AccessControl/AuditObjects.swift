import Synchronization

/// What a request has made, which its path does not name, for whoever writes down what was done.
public final class AuditObjects: Sendable {
    /// The current task's request; `nil` where nothing is written down.
    @TaskLocal static var current: AuditObjects?

    private static let most = 20
    private let names = Mutex<[String]>([])

    /// Notes something by its kind and id.
    public static func note(_ kind: String, _ id: String) {
        current?.names.withLock { if $0.count < most { $0.append("\(kind)=\(id)") } }
    }

    var all: [String] { names.withLock { $0 } }
}
