import JSONCoding

/// What `bench-handler streams`, the callers' end of many streams, has seen. Times in milliseconds.
struct StreamReader {
    let events: Double
    let first: Double
    let p50: Double
    let p95: Double
    let p99: Double

    /// Reads so many streams of a loopback port for some seconds.
    ///
    /// - Parameter chat: Whether a stream is an answer of a chat handler, otherwise of `bench-handler` itself.
    static func read(
        _ bench: Workbench, port: UInt16, streams: Int, seconds: Int, chat: Bool = false
    ) async throws -> StreamReader {
        let words = ["streams", "\(port)", "\(streams)", "\(seconds)"] + (chat ? ["chat"] : [])
        return try StreamReader(try await CommandOutput.read(bench.program("bench-handler"), words))
    }

    init(_ output: String) throws {
        let json = try JSONParser.parse(output)
        func number(_ name: String) throws -> Double {
            guard let value = json[name]?.double else { throw BenchError("the streams tell no \(name): \(json.text)") }
            return value
        }
        events = try number("events")
        first = try number("first")
        p50 = try number("p50")
        p95 = try number("p95")
        p99 = try number("p99")
    }
}
