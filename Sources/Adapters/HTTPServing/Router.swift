public import HTTPMessages
import Problems
import Telemetry

/// Finds the function for a request by method and path template.
///
/// Templates are fixed segments and `{name}` segments. Trailing slashes are tolerated.
public struct Router: Sendable {
    /// Answers a routed request. What it throws is for the server's handler to word.
    public typealias Action = @Sendable (HTTPRequest) async throws -> HTTPResponse

    private struct Route: Sendable {
        let method: HTTPMethod
        let segments: [String]
        let action: Action
    }

    private var routes: [Route] = []

    /// No routes.
    public init() {}

    /// Adds a route. GET routes answer HEAD too.
    public mutating func on(_ method: HTTPMethod, _ template: String, _ action: @escaping Action) {
        routes.append(Route(method: method, segments: template.split(separator: "/").map(String.init), action: action))
    }

    /// Finds the route's function and the request with its path parameters.
    ///
    /// - Throws: `Problem` 404 when no template matches, 405 with `Allow` when only other methods do.
    public func resolve(_ request: HTTPRequest) throws -> (HTTPRequest, Action) {
        guard let segments = request.target.segments else {
            throw Problem(.badRequest, "The path is not valid UTF-8.")
        }
        var pathMatched = false
        for route in routes {
            guard let parameters = Self.match(route.segments, segments) else { continue }
            pathMatched = true
            let method = request.method == .head ? .get : request.method
            guard route.method == method else { continue }
            Span.current?.route = "/" + route.segments.joined(separator: "/")
            var routed = request
            routed.parameters.merge(parameters) { $1 }
            return (routed, route.action)
        }
        if pathMatched {
            // Required of this status (RFC 9110, section 15.5.6).
            let allowed = methods(for: request).map(\.rawValue).joined(separator: ", ")
            throw Problem(
                .methodNotAllowed, "\(request.method) is not possible on this path.", headers: ["Allow": allowed])
        }
        throw Problem(.notFound, "There is nothing at this path.")
    }

    /// The methods that the request's path has, for an `Allow` header.
    public func methods(for request: HTTPRequest) -> [HTTPMethod] {
        guard let segments = request.target.segments else { return [] }
        let found = routes.filter { Self.match($0.segments, segments) != nil }.map(\.method)
        return found.contains(.get) ? found + [.head] : found
    }

    /// Every route's method and template, in the order they were added.
    public var table: [(method: HTTPMethod, template: String)] {
        routes.map { ($0.method, "/" + $0.segments.joined(separator: "/")) }
    }

    private static func match(_ template: [String], _ segments: [String]) -> [String: String]? {
        guard template.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (pattern, segment) in zip(template, segments) {
            if pattern.hasPrefix("{"), pattern.hasSuffix("}") {
                parameters[String(pattern.dropFirst().dropLast())] = segment
            } else if pattern != segment {
                return nil
            }
        }
        return parameters
    }
}
