import HTTPServing
import TestSupport
import Testing

/// Gives the body a server, and ends it; nothing of it may be left open then.
func withServer(
    _ change: (inout HTTPServer.Configuration) -> Void = { _ in }, _ handler: @escaping HTTPServer.Handler,
    _ body: (HTTPServer) async throws -> Void
) async throws {
    var configuration = HTTPServer.Configuration()
    change(&configuration)
    let server = try HTTPServer(configuration, handler: handler)
    do { try await body(server) } catch {
        await server.shutDown(grace: .zero)
        throw error
    }
    await server.shutDown(grace: .zero)
    #expect(OpenSockets.count(at: server.port) == 0)
}
