public import HTTPMessages

/// What is to be known of a route beside what the table of routes says: method, path and whom it lets in stand there alone.
public struct RouteDescription: Sendable {
    /// A problem that is this route's own, beside those that any route may have.
    public struct Remark: Sendable {
        let status: HTTPStatus
        let note: String

        /// When a request is refused so.
        public init(_ status: HTTPStatus, _ note: String) {
            self.status = status
            self.note = note
        }
    }

    /// How problems are written.
    public enum ProblemForm: Sendable {
        /// RFC 9457.
        case standard
        /// A schema of somebody else's; what is refused before the route is asked is written in the standard form all the same.
        case other(Schema)
    }

    let method: HTTPMethod
    let path: String
    let summary: String
    let text: String
    let parameters: [Parameter]
    let body: Body?
    let answers: [Answer]
    let problems: [Remark]
    let form: ProblemForm

    /// Describes a route.
    ///
    /// - Parameters:
    ///   - path: The whole path, as the table has it.
    ///   - summary: What it does, in a few words without a full stop.
    ///   - text: What else is to be known; may be Markdown.
    public init(
        _ method: HTTPMethod, _ path: String, _ summary: String, _ text: String = "", _ parameters: [Parameter] = [],
        body: Body? = nil, answers: [Answer], problems: [Remark] = [], form: ProblemForm = .standard
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.text = text
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.problems = problems
        self.form = form
    }

    /// What names it in messages.
    var key: String { "\(method) \(path)" }

    /// The names in braces in a path.
    static func names(in path: String) -> [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { String($0.dropFirst().dropLast()) }
    }
}

/// Routes that belong together.
public struct APITopic: Sendable {
    let name: String
    let text: String
    let routes: [RouteDescription]

    /// A topic with its routes, in the order in which they are read.
    public init(_ name: String, _ text: String, _ routes: [RouteDescription]) {
        self.name = name
        self.text = text
        self.routes = routes
    }
}

/// A route as the table of routes has it.
public struct DeclaredRoute: Sendable {
    /// Whom it lets in.
    public enum Door: Sendable, Equatable {
        /// Everybody.
        case open
        /// Whoever is signed in, about themselves; some take keys that have a scope.
        case personal(scope: String?)
        /// Members of the workspace with a role, and keys with a scope; the path may name the workspace.
        case workspace(scope: String, role: String, isInPath: Bool = false)
        /// Administrators of the installation.
        case installation
    }

    public let method: HTTPMethod
    public let path: String
    public let door: Door

    /// Wraps a row.
    public init(_ method: HTTPMethod, _ path: String, _ door: Door) {
        self.method = method
        self.path = path
        self.door = door
    }
}
