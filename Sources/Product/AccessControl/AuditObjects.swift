import Synchronization

/// What is to be known of a request, which its path does not tell, for whoever writes down what was done.
public final class AuditObjects: Sendable {
    /// The current task's request; `nil` where nothing is written down.
    @TaskLocal static var current: AuditObjects?

    private static let most = 20
    private let names = Mutex<[String]>([])
    private let place = Mutex<String?>(nil)

    /// The workspace that the request is about; `nil` as long as it is not known to be one of the caller's, and for what is about
    /// the installation.
    var workspace: String? {
        get { place.withLock { $0 } }
        set { place.withLock { $0 = newValue } }
    }

    /// Notes something by its kind and id.
    public static func note(_ kind: String, _ id: String) { current?.add(kind, id) }

    func add(_ kind: String, _ id: String) {
        names.withLock { if $0.count < Self.most { $0.append("\(kind)=\(id)") } }
    }

    var all: [String] { names.withLock { $0 } }
}
