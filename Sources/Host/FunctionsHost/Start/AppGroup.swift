public import EventLoop
public import HTTPClient
public import ProgramSupport
import RequestGuards
import Settings
import TaskTools

/// The apps of one program, each on its own port as if alone, until the last of them or the program ends.
@NetworkActor
public final class AppGroup {
    private static let observationInterval = Duration.seconds(5)
    private static let standardPort: UInt16 = 7071

    private let apps: [AppHost]
    private let ending: Ending

    /// Reads the app roots that the command line names, and listens for each. One of several that cannot be served is
    /// left out, with a line that says why.
    ///
    /// - Throws: `HostError` that says what to do, when none can be served; `SettingsError`.
    public init(
        _ options: ProgramOptions, environment: [String: String], client: HTTPSession, console: HostConsole
    ) throws {
        var settings = SettingsReader(environment)
        let hosts = AllowedHosts(&settings)
        let admin = AdminAccess(key: settings.secret(AdminAccess.setting))
        try settings.finish()
        // It opens the host, so handlers do not get it.
        let environment = environment.filter { $0.key != AdminAccess.setting }
        let given = options.all("root")
        let first = options.value("port").map { _ in options.port("port", default: 0) }
        var apps: [AppHost] = []
        var failure: (any Error)?
        for (index, root) in (given.isEmpty ? ["."] : given).enumerated() {
            let parts = root.split(separator: "=", maxSplits: 1).map(String.init)
            // A single root may leave its port to local.settings.json.
            let base = first ?? (given.count < 2 ? nil : Self.standardPort)
            let port = parts.count == 2 ? UInt16(parts[1]) : base.flatMap { Self.port(from: $0, index) }
            guard let folder = parts.first, port != nil || base == nil && parts.count == 1 else {
                options.fail("--root \(root) has no usable port")
            }
            var own = AppHost.Options(options)
            (own.port, own.hosts, own.admin) = (port, hosts, admin)
            own.staysWhenBroken = given.count > 1
            do {
                apps.append(
                    try AppHost(
                        root: folder, options: own, environment: Self.environment(of: folder, options, environment),
                        client: client, console: console))
            } catch {
                guard given.count > 1 else { throw error }
                console.line(.error, "host", "\(folder) is not served: \(error)")
                failure = error
            }
        }
        if apps.isEmpty, let failure { throw failure }
        let ending = Ending(of: apps.count)
        (self.apps, self.ending) = (apps, ending)
        for app in apps {
            app.onEnd = { [unowned app] reason in
                guard !ending.appEnds(reason) else { return }
                console.line(.error, "host", "an app has ended by itself: \(reason); the others go on")
                NetworkActor.task { await app.shutDown() }
            }
        }
    }

    /// The variables that the app of a folder gets: all, unless the command line lists them.
    private static func environment(
        of folder: String, _ options: ProgramOptions, _ environment: [String: String]
    ) -> [String: String] {
        let lists = options.all("environment").map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        if lists.contains(where: { $0.count != 2 }) { options.fail("--environment needs DIR=NAMES") }
        guard let list = lists.last(where: { $0[0] == folder }) else { return environment }
        return VariableNames(list[1].split(separator: ",").map(String.init)).selected(from: environment)
    }

    /// The port of the app at a place; 0, which lets the system choose, stays 0.
    private static func port(from base: UInt16, _ index: Int) -> UInt16? {
        base == 0 ? 0 : UInt16(exactly: Int(base) + index)
    }

    /// Serves until the program is to end, or until the last app has ended by itself; then stops all apps.
    ///
    /// - Throws: `HostEnded` when every app ended by itself.
    public func run(until termination: @escaping @Sendable () async -> Void) async throws {
        let observing = Task { @NetworkActor [apps] in
            while (try? await Task.sleep(for: Self.observationInterval)) != nil {
                for app in apps { app.observeMetrics() }
            }
        }
        let signal = Task { @NetworkActor [ending] in
            await termination()
            ending.end(nil)
        }
        let reason = await ending.wait()
        signal.cancel()
        observing.cancel()
        for app in apps { app.observeMetrics() }
        for app in apps { await app.shutDown() }
        if let reason { throw HostEnded(description: reason) }
    }
}

extension AppHost {
    /// The program's command line.
    public nonisolated static let options: [ProgramOptions.Option] = [
        .init(
            "root", "DIR[=PORT]", "start: app folder (default: the current one); may be repeated, each on its own port."
        ),
        .init(
            "environment", "DIR=NAMES",
            "start: the variables that the app of a --root gets, separated by commas, NAME* for all that begin so "
                + "(default: all)."),
        .init("port", "PORT", "start: port of the first app without one of its own (default 7071)."),
        .init("address", "IP", "start: address to listen on (default 127.0.0.1)."),
        .init("cors", "ORIGINS", "start: origins that browsers may call from, separated by commas; * for all."),
        .init("cors-credentials", nil, "start: let browsers send credentials."),
        .init("enable-auth", nil, "start: ask callers for keys; they are in local.keys.json of the app folder."),
        .init("functions", "NAMES", "start: functions to run, separated by commas (default: all)."),
        .init("strict", nil, "start: behave as the real host does also where that helps nobody."),
        .init("verbose", nil, "start: show what is sent to the handler, and more."),
        .init("json", nil, "start: print JSON lines on standard error."),
        .init("package", "DIR", "new: the Apus sources to build with (default: those of this program)."),
    ]
}

extension AppHost.Options {
    /// What the command line asks of every app.
    init(_ options: ProgramOptions) {
        self.init()
        address = options.value("address")
        corsOrigins = options.value("cors").map { LocalSettings.origins($0) }
        corsCredentials = options.flag("cors-credentials")
        checksKeys = options.flag("enable-auth")
        behaviour = options.flag("strict") ? .strict : .helpful
        functions = (options.value("functions") ?? "").split(separator: ",").map(String.init)
    }
}

/// The last app ended by itself, so the program does.
public struct HostEnded: Error, CustomStringConvertible {
    public let description: String
}

/// Waits for the first reason to end.
@NetworkActor
private final class Ending {
    private var reason: String??
    private var waiter = WaitingPlace<CheckedContinuation<String?, Never>>()
    private var running: Int

    init(of apps: Int) { running = apps }

    /// Notes that an app has ended. Returns whether it was the last.
    func appEnds(_ reason: String) -> Bool {
        running -= 1
        guard running <= 0 else { return false }
        end(reason)
        return true
    }

    func end(_ given: String?) {
        guard reason == nil else { return }
        reason = .some(given)
        waiter.clear()?.resume(returning: given)
    }

    func wait() async -> String? {
        if let reason { return reason }
        return await withCheckedContinuation { if !waiter.take($0) { $0.resume(returning: nil) } }
    }
}
