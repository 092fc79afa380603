import FoundationEssentials
import Glibc

/// `wrk`, which sends requests from C without a runtime that would be measured too.
struct LoadGenerator {
    struct Result {
        var requestsPerSecond = 0.0
        var p50 = 0.0
        var p99 = 0.0
    }

    private let script: String?

    /// Sends GET requests.
    init() { script = nil }

    /// Writes the script that sends one body after another.
    init(bodies: [[UInt8]], directory: String, name: String) throws {
        let path = directory + "/" + name + ".lua"
        script = path
        var text = "local bodies = {}\n"
        for (index, body) in bodies.enumerated() {
            text += "bodies[\(index + 1)] = [==[\(String(decoding: body, as: UTF8.self))]==]\n"
        }
        text += """
            local last = 0
            request = function()
                last = last % #bodies + 1
                return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, bodies[last])
            end
            """
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Takes a script that has a `request` function of its own (wrk's SCRIPTING document).
    init(script text: String, directory: String, name: String) throws {
        let path = directory + "/" + name + ".lua"
        script = path
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Where wrk is.
    static func find() throws -> String {
        for folder in ["/usr/bin", "/usr/local/bin"] where access(folder + "/wrk", X_OK) == 0 { return folder + "/wrk" }
        throw BenchError("wrk is missing; install it with: apt-get install wrk")
    }

    /// Loads a URL with so many connections at once.
    func run(_ url: String, connections: Int, seconds: Int) async throws -> Result {
        let output = try await CommandOutput.read(
            try Self.find(),
            ["-t1", "-c\(connections)", "-d\(seconds)s", "--latency", "--timeout", "30s"]
                + (script.map { ["-s", $0] } ?? []) + [url])
        return try Self.result(of: output)
    }

    static func result(of output: String) throws -> Result {
        var result = Result()
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2 else { continue }
            switch words[0] {
            case "50%": result.p50 = Self.milliseconds(words[1])
            case "99%": result.p99 = Self.milliseconds(words[1])
            case "Requests/sec:": result.requestsPerSecond = Double(words[1]) ?? 0
            case "Non-2xx": throw BenchError("the server refused requests under load: \(line)")
            default: break
            }
        }
        return result
    }

    private static func milliseconds(_ text: String) -> Double {
        for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1000.0)] where text.hasSuffix(unit) {
            return (Double(text.dropLast(unit.count)) ?? .nan) * factor
        }
        return .nan
    }
}
