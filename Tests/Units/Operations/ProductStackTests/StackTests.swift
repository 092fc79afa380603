import ChildProcess
import FoundationEssentials
import Glibc
import HTTPClient
import Postgres
import TestSupport
import Testing

@testable import ProductStack

struct StackFileTests {
    @Test func settingsOfAProcessThatIsNoStackAreNone() async throws {
        try await FakeLayout.with { fake in
            let file = StackFile(dataDirectory: fake.root)
            #expect(file.settings == nil)
            // This process is none, and one with a number that nobody has is none either.
            try file.write(["A": "b"])
            #expect(file.settings == nil)
            try fake.write("stack.json", #"{"pid": 2147483647, "settings": {}}"#)
            #expect(file.settings == nil)
            for text in ["", "{", "[]", #"{"pid": "x"}"#, #"{"pid": 99999999999999}"#] {
                try fake.write("stack.json", text)
                #expect(file.settings == nil, "\(text)")
            }
        }
    }

    @Test func settingsOfARunningStackAreRead() async throws {
        try await FakeLayout.with { fake in
            // What tells a stack is the name of its program.
            try await fake.copyProgram("/bin/sleep", to: "apus")
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            let process = try Subprocess(
                Subprocess.Command(fake.root + "/apus", ["600"]), standardInput: null, standardOutput: null,
                standardError: null)
            try fake.write("stack.json", #"{"pid": \#(process.id), "settings": {"A": "b", "C": "d"}}"#)
            let file = StackFile(dataDirectory: fake.root)
            #expect(await eventually { file.settings == ["A": "b", "C": "d"] })
            process.signal(SIGKILL)
            _ = await process.wait()
            #expect(await eventually { file.settings == nil })
        }
    }

    @Test func onlyItsOwnerMayReadIt() async throws {
        try await FakeLayout.with { fake in
            let file = StackFile(dataDirectory: fake.root)
            try fake.write("stack.json", "something that was readable")
            try file.write(["KEY": "secret"])
            var status = stat()
            #expect(stat(fake.root + "/stack.json", &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(try fake.text("stack.json").contains(#""KEY":"secret""#))
            file.remove()
            #expect(!fake.exists("stack.json"))
        }
    }
}

struct StackSupervisorTests {
    private func supervisor(_ fake: FakeLayout, _ environment: [String: String], data: String? = nil) throws
        -> StackSupervisor
    {
        let ports = try #require(StackPorts.unused())
        let configuration = StackSupervisor.Configuration(
            dataDirectory: data ?? fake.root + "/data", ports: ports, environment: environment)
        return try StackSupervisor(
            configuration, layout: try fake.layout, printer: LogPrinter(showsRequests: false) { _ in },
            client: HTTPSession())
    }

    private let named = ["APUS_DATABASE_URL": "host=/nonexistent dbname=x"]

    @Test func nothingIsStartedWhereSomethingIsMissing() async throws {
        try await FakeLayout.with { fake in
            let stack = try supervisor(fake, named)
            func refusal() async -> String {
                do {
                    try await stack.run {}
                    return "none"
                } catch {
                    return "\(error)"
                }
            }
            #expect(await refusal().contains("the app chat is not staged. Run 'apus stage'"))
            for app in ProductLayout.apps { _ = try Staging(layout: try fake.layout).stage(app) }
            #expect(await refusal().contains("the embedding model is not in"))
        }
    }

    @Test func twoStacksDoNotShareAFolder() async throws {
        try await FakeLayout.with { fake in
            for app in ProductLayout.apps { _ = try Staging(layout: try fake.layout).stage(app) }
            try fake.write("models/all-MiniLM-L6-v2/model.safetensors", "")
            try await fake.copyProgram("/bin/sleep", to: "apus")
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            let other = try Subprocess(
                Subprocess.Command(fake.root + "/apus", ["600"]), standardInput: null, standardOutput: null,
                standardError: null)
            let stack = try supervisor(fake, named)
            try fake.write("data/stack.json", #"{"pid": \#(other.id), "settings": {}}"#)
            #expect(await eventually { StackFile(dataDirectory: fake.root + "/data").settings != nil })
            let error = await #expect(throws: StackError.self) { try await stack.run {} }
            #expect(error?.description.contains("Apus runs already with the data in \(fake.root)/data") == true)
            other.signal(SIGKILL)
            _ = await other.wait()
        }
    }

    @Test func settingsAreTheStacksAndTheUsers() async throws {
        try await FakeLayout.with { fake in
            let stack = try supervisor(fake, named.merging(["APUS_LOG": "debug"]) { $1 })
            #expect(stack.settings["APUS_DATABASE_URL"] == named["APUS_DATABASE_URL"])
            #expect(stack.settings["APUS_LOG"] == "debug")
            #expect(stack.settings["APUS_CHROMA_URL"]?.hasPrefix("http://127.0.0.1:") == true)
            #expect(fake.exists("data"))
        }
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func foldersAreMadeForThisUserAlone() async throws {
        try await FakeLayout.with { fake in
            let deep = fake.root + "/one/two/data/"
            _ = try supervisor(fake, named, data: deep)
            for folder in ["one", "one/two", "one/two/data"] { #expect(mode(fake.root + "/" + folder) == 0o700) }
            // PostgreSQL's user has to pass through, and may not look around.
            let other = fake.root + "/three/data"
            let postgres = PrivatePostgres.user
            try PrivateFolders(data: other).make(for: postgres?.group)
            #expect(mode(other) == (postgres == nil ? 0o700 : 0o710))
            try? FileManager.default.removeItem(atPath: fake.root + "/three")
        }
    }

    @Test func foldersOfAnEarlierVersionAreClosedAndTheDoctorNamesThem() async throws {
        try await FakeLayout.with { fake in
            for name in ["azure", "vectors"] {
                try FileManager.default.createDirectory(
                    atPath: fake.root + "/data/" + name, withIntermediateDirectories: true)
                chmod(fake.root + "/data/" + name, 0o755)
            }
            chmod(fake.root + "/data", 0o755)
            let doctor = Doctor(layout: try fake.layout)
            func problem() -> String? {
                doctor.findings(ports: StackPorts(page: 8080, base: nil), data: fake.root + "/data").first {
                    $0.name == "data is this user's alone"
                }?.problem
            }
            #expect(problem()?.contains("data/azure") == true && problem()?.contains("data/vectors") == true)
            _ = try supervisor(fake, named)
            #expect(mode(fake.root + "/data/azure") == 0o700 && mode(fake.root + "/data/vectors") == 0o700)
            #expect(problem() == nil)
            // What its user has made is its user's to change.
            #expect(mode(fake.root + "/data") == 0o755)
        }
    }

    @Test func theAddressesAreForPeople() async throws {
        try await FakeLayout.with { fake in
            var configuration = StackSupervisor.Configuration(
                dataDirectory: fake.root + "/data", ports: StackPorts(page: 8080, base: nil),
                environment: named.merging(["APUS_SIGN_IN": "local"]) { $1 })
            configuration.pageAddress = "0.0.0.0"
            let stack = try StackSupervisor(
                configuration, layout: try fake.layout, printer: LogPrinter(showsRequests: false) { _ in },
                client: HTTPSession())
            #expect(stack.pageURL == "http://127.0.0.1:8080")
            #expect(stack.addresses.contains("page       http://127.0.0.1:8080\n"))
            #expect(stack.addresses.contains("models     extractive"))
            #expect(stack.addresses.contains("sign-in    local\n"))
            #expect(stack.addresses.contains("data       \(fake.root)/data\n"))
        }
    }
}

/// A real server.
@Suite(.enabled(if: PrivatePostgres.findPrograms() != nil, "PostgreSQL is not installed"))
struct PrivatePostgresTests {
    @Test func aClusterIsMadeOnceAndKeepsItsData() async throws {
        try await FakeLayout.with { fake in
            chmod(fake.root, 0o755)
            let postgres = try PrivatePostgres(dataDirectory: fake.root)
            #expect(postgres.conninfo.hasPrefix("host='/") && postgres.conninfo.contains("dbname=apus"))
            try await postgres.prepare()
            let lines = LogPrinter(showsRequests: false) { _ in }
            for round in 1...2 {
                let part = Part("postgres", postgres.command, stopSignal: SIGINT, printer: lines)
                let running = Task { await part.run() }
                try await postgres.waitUntilReady()
                let pool = PostgresPool(postgres.conninfo, maximumConnections: 1)
                if round == 1 { try await pool.query("CREATE TABLE kept (id integer)") }
                #expect(try await pool.query("SELECT * FROM kept").isEmpty)
                // Nobody but its socket's users reach it.
                let address = try #require(try await pool.query("SHOW listen_addresses").first)
                #expect(try address.string("listen_addresses").isEmpty)
                await part.stop()
                await running.value
                // A second time there is nothing to do.
                try await postgres.prepare()
            }
        }
    }

    @Test func eachDataFolderHasASocketOfItsOwnHoweverLongItsName() async throws {
        try await FakeLayout.with { fake in
            chmod(fake.root, 0o755)
            let deep = fake.root + "/" + String(repeating: "deep/", count: 20) + "end"
            try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
            let (one, other) = (try PrivatePostgres(dataDirectory: fake.root), try PrivatePostgres(dataDirectory: deep))
            #expect(one.conninfo != other.conninfo)
            let socket = other.conninfo.split(separator: "'")[1]
            // sun_path has 108 bytes, of which the server's own name takes some.
            #expect(socket.utf8.count < 90)
            try? FileManager.default.removeItem(atPath: String(socket))
        }
    }
}
