import ChildProcess
import Digests
import FoundationEssentials
import Glibc
import Postgres

/// A PostgreSQL cluster of our own in the data folder, reached over a unix socket only.
struct PrivatePostgres: Sendable {
    private let programs: String
    private let cluster: String
    private let sockets: String
    private let user: (id: UInt32, group: UInt32)?

    /// The libpq connection string.
    let conninfo: String

    private static let installed = "/usr/lib/postgresql"

    /// The newest installed server's programs; `nil` when there is none.
    static func findPrograms() -> String? {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: installed)) ?? []
        let newest = versions.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.last { version in
            access("\(installed)/\(version)/bin/postgres", X_OK) == 0
        }
        return newest.map { "\(installed)/\($0)/bin" }
    }

    /// The server refuses to run as root; Debian's package brings a user for it. `nil` for this process's own.
    static var user: (id: UInt32, group: UInt32)? {
        guard geteuid() == 0, let entry = getpwnam("postgres") else { return nil }
        return (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    init(dataDirectory: String) throws {
        guard let programs = Self.findPrograms() else {
            throw StackError(
                "PostgreSQL is not installed. Run 'make setup', install Debian's package postgresql, or set APUS_DATABASE_URL."
            )
        }
        self.programs = programs
        user = Self.user
        if geteuid() == 0, user == nil { throw StackError("the user postgres does not exist.") }
        let mark = Digest.hex(Array(Digest.sha256(dataDirectory.bytes8).prefix(6)))
        // Another user has to be able to reach the folder, and socket paths are short.
        let isReachable = user.map { Self.canReach(dataDirectory, $0) } ?? true
        let home = isReachable ? dataDirectory + "/postgres" : "/var/lib/apus-\(mark)"
        cluster = home + "/cluster"
        sockets = home.utf8.count < 80 ? home + "/socket" : "/tmp/apus-\(mark)"
        conninfo = "host='\(sockets)' user=apus dbname=apus"
        for folder in [home, sockets] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            chmod(folder, 0o700)
            if let user { chown(folder, user.id, user.group) }
        }
    }

    /// Makes the cluster if there is none. It gets its name when it is whole: what an end in between has left half made
    /// looks like a cluster, and no server would ever start with it.
    func prepare() async throws {
        guard !FileManager.default.fileExists(atPath: cluster + "/PG_VERSION") else { return }
        let unfinished = cluster + ".new"
        for path in [cluster, unfinished] { try? FileManager.default.removeItem(atPath: path) }
        try await run(
            "initdb", ["-D", unfinished, "-U", "apus", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
        try FileManager.default.moveItem(atPath: unfinished, toPath: cluster)
    }

    /// The server as a child process.
    var command: Subprocess.Command {
        var command = Subprocess.Command(
            programs + "/postgres",
            [
                "-D", cluster, "-c", "listen_addresses=", "-c", "unix_socket_directories=\(sockets)", "-c",
                "shared_buffers=32MB", "-c", "max_connections=60", "-c", "log_min_messages=warning", "-c", "jit=off",
            ])
        command.user = user
        command.capabilities = []
        command.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        command.directory = "/"
        return command
    }

    /// Waits until the server answers, and makes the database if there is none.
    func waitUntilReady() async throws {
        let admin = PostgresPool("host='\(sockets)' user=apus dbname=postgres", maximumConnections: 1)
        for _ in 0..<600 {
            if (try? await admin.query("SELECT 1")) != nil {
                let known = try await admin.query("SELECT 1 FROM pg_database WHERE datname = 'apus'")
                if known.isEmpty { try await admin.query("CREATE DATABASE apus") }
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StackError("PostgreSQL did not become ready within 30 seconds.")
    }

    private func run(_ program: String, _ arguments: [String]) async throws {
        var command = Subprocess.Command("\(programs)/\(program)", arguments)
        command.user = user
        command.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        command.directory = "/"
        let result = try await Subprocess.run(command, timeout: .seconds(120), outputLimit: 1 << 20)
        guard result.code == 0 else { throw StackError("\(program) failed: \(result.errors)") }
    }

    private static func canReach(_ path: String, _ user: (id: UInt32, group: UInt32)) -> Bool {
        var folder = ""
        for part in path.split(separator: "/") {
            folder += "/" + part
            var status = stat()
            guard stat(folder, &status) == 0 else { continue }
            let needed: mode_t = status.st_uid == user.id ? 0o100 : status.st_gid == user.group ? 0o010 : 0o001
            if status.st_mode & needed == 0 { return false }
        }
        return true
    }
}

extension String {
    fileprivate var bytes8: [UInt8] { Array(utf8) }
}
