import Dispatch
import FoundationEssentials
import Glibc
import HTTPMessages
import HTTPServing
import ProductStack
import TestSupport
import Testing

@testable import Bench

/// An exchange off the cooperative pool, which the server needs too.
func exchange(_ port: UInt16, _ head: String, bodyBytes: Int) async throws -> RawExchange.Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test.exchange").async {
            continuation.resume(with: Result { try RawExchange(port: port).run(head: head, bodyBytes: bodyBytes) })
        }
    }
}

/// What measures, measured on what is known.
struct SupportTests {
    @Test func theLoadGeneratorsOutputIsRead() throws {
        let result = try LoadGenerator.result(
            of: """
                Running 5s test @ http://127.0.0.1:1/
                  Thread Stats   Avg      Stdev     Max   +/- Stdev
                    Latency    93.20us   40.00us   2.00ms   90.00%
                  Latency Distribution
                     50%  870.00us
                     75%    1.00ms
                     99%    1.25s
                  52704 requests in 5.00s, 9.00MB read
                Requests/sec:  10540.25
                """)
        #expect(abs(result.p50 - 0.87) < 1e-9 && result.p99 == 1250 && result.requestsPerSecond == 10540.25)
    }

    @Test func refusedRequestsAreNoMeasurement() {
        #expect(throws: BenchError.self) {
            try LoadGenerator.result(of: "  Non-2xx or 3xx responses: 12\nRequests/sec: 9\n")
        }
    }

    @Test func theStreamsOutputIsRead() throws {
        let streams = try StreamReader(#"{"events":100,"p50":0.1,"p95":0.2,"p99":0.3,"first":0.4}"#)
        #expect(streams.events == 100 && streams.p50 == 0.1 && streams.p95 == 0.2 && streams.p99 == 0.3)
        #expect(streams.first == 0.4)
        #expect(throws: BenchError.self) { try StreamReader(#"{"events":100}"#) }
        #expect(throws: (any Error).self) { try StreamReader("stream 3 cannot be opened") }
    }

    @Test func anExchangeOverABareSocketCountsEveryByte() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            let body = (try? await request.body.collect(limit: 1 << 20)) ?? []
            return HTTPResponse(.accepted, text: "\(body.count)" + String(repeating: "x", count: 300_000))
        }
        let head = "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n"
        let result = try await exchange(server.port, head, bodyBytes: 100_000)
        #expect(result.status == 202 && result.received > 300_000 && result.seconds > 0)
        #expect(RawExchange.isListening(server.port))
        let port = server.port
        await server.shutDown()
        #expect(await eventually { !RawExchange.isListening(port) })
        await #expect(throws: BenchError.self) { try await exchange(port, head, bodyBytes: 0) }
    }

    @Test func theModelAnswersAtOnce() async throws {
        let model = try BenchModel.start()
        let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        #expect(try await exchange(model.port, head, bodyBytes: 0).status == 200)
        await model.shutDown()
    }

    // MARK: - Vectors

    @Test func theVectorsAreTheSameInEveryRunAndOfUnitLength() {
        let (one, other) = (VectorData(count: 50), VectorData(count: 50))
        #expect(one.floats == other.floats && one.queries(3) == other.queries(3))
        for row in 0..<50 {
            let square = one.vector(row).reduce(0) { $0 + $1 * $1 }
            #expect(abs(square - 1) < 1e-4)
        }
    }

    @Test func theNearestIsTheOneThatAQueryWasMadeFrom() {
        let data = VectorData(count: 200)
        for row in [0, 57, 199] {
            let query = Array(data.vector(row))
            #expect(data.nearest(query, 3, where: { _ in true }).first == row)
            #expect(data.nearest(query, 3, where: { $0 != row }).contains(row) == false)
            #expect(data.nearest(query, 500, where: { $0 % 10 == 0 }).count == 20)
        }
    }

    // MARK: - Programs

    private func withBench(_ body: (Workbench, String) async throws -> Void) async throws {
        let bench = Workbench(layout: try ProductLayout(), runs: 3) { _ in }
        try await bench.withFolder { try await body(bench, $0) }
    }

    @Test func theFolderIsThereForTheTimeBeing() async throws {
        var kept = ""
        try await withBench { _, folder in
            kept = folder
            #expect(FileManager.default.fileExists(atPath: folder))
        }
        #expect(!FileManager.default.fileExists(atPath: kept))
        let bench = Workbench(layout: try ProductLayout(), runs: 1) { _ in }
        await #expect(throws: TestFailure.self) {
            try await bench.withFolder { folder in
                kept = folder
                throw TestFailure("measuring failed")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: kept))
    }

    @Test func figuresAreTakenAsOftenAsAsked() async throws {
        try await withBench { bench, _ in
            let samples = try await bench.samples { ["run": Double($0)] }
            #expect(samples.median("run") == 2)
        }
    }

    @Test func aProgramIsStoppedHoweverTheWorkEnds() async throws {
        try await withBench { _, folder in
            for fails in [false, true] {
                let program = try BackgroundProgram("sleeper", "/bin/sleep", ["600"], in: folder)
                let id = program.id
                #expect(kill(id, 0) == 0 && program.residentMegabytes > 0)
                do {
                    try await program.whileRunning { _ in if fails { throw TestFailure("work") } }
                    #expect(!fails)
                } catch { #expect(fails) }
                #expect(await eventually { kill(id, 0) != 0 })
            }
        }
    }

    @Test func readinessIsWaitedForAndTimed() async throws {
        try await withBench { _, folder in
            let program = try BackgroundProgram(
                "maker", "/bin/sh", ["-c", "echo started; sleep 0.1; touch done; exec sleep 600"], in: folder)
            try await program.whileRunning {
                let time = try await $0.ready(within: .seconds(20), every: 1000) {
                    FileManager.default.fileExists(atPath: folder + "/done")
                }
                #expect(time >= 100)
            }
            #expect(String(decoding: try Fixtures.bytes(folder + "/maker.txt"), as: UTF8.self) == "started\n")
        }
    }

    @Test func aProgramThatEndsIsNotReadyAndItsLogIsNamed() async throws {
        try await withBench { _, folder in
            let program = try BackgroundProgram("ender", "/bin/false", in: folder)
            try await program.whileRunning { program in
                let error = await #expect(throws: BenchError.self) {
                    try await program.ready(within: .seconds(20), every: 1000) { false }
                }
                #expect(error?.description == "ender did not start; \(folder)/ender.txt says why")
            }
        }
    }

    @Test func aCommandsOutputIsGivenOrQuoted() async throws {
        #expect(try await CommandOutput.read("/bin/sh", ["-c", "pwd; echo b >&2"], directory: "/tmp") == "/tmp\nb\n")
        let error = await #expect(throws: BenchError.self) {
            try await CommandOutput.read("/bin/sh", ["-c", "echo why; exit 4"])
        }
        #expect(error?.description.contains("ended with 4: why") == true)
    }

    @Test func thereAreFreePortsInARow() async throws {
        try await withBench { bench, _ in
            let base = try bench.freePorts(5)
            for port in base..<base + 5 { #expect(!RawExchange.isListening(port)) }
        }
    }
}
