import CLinux
import Glibc

/// The ports of the local stack.
public struct StackPorts: Sendable {
    public var page: UInt16 = 8080
    public var vectors: UInt16 = 8000
    public var chat: UInt16 = 7071
    public var upload: UInt16 = 7072
    public var history: UInt16 = 7073
    public var account: UInt16 = 7074
    public var blob: UInt16 = 10000
    public var queue: UInt16 = 10001
    public var cosmos: UInt16 = 8081
    public var vault: UInt16 = 8443
    public var identity: UInt16 = 8444

    /// The usual ports, or consecutive ones from `base`, as far as there are any.
    public init(page: UInt16, base: UInt16?) {
        self.page = page
        guard let base else { return }
        let paths: [WritableKeyPath<StackPorts, UInt16>] = [
            \.vectors, \.chat, \.upload, \.history, \.blob, \.queue, \.cosmos, \.vault, \.identity, \.account,
        ]
        for (offset, path) in paths.enumerated() { self[keyPath: path] = UInt16(clamping: Int(base) + offset) }
    }

    /// How many ports a stack has.
    public static let count = 11

    /// Ports that nobody uses at this moment, for a stack that nobody else has to find.
    public static func unused() -> StackPorts? {
        unusedRow(of: count).map { StackPorts(page: $0, base: $0 + 1) }
    }

    /// The first of so many consecutive ports that nobody uses at this moment; `nil` when there are none.
    public static func unusedRow(of count: Int) -> UInt16? {
        for _ in 0..<100 {
            let base = UInt16.random(in: 20_000...60_000)
            let ports = (0..<UInt16(clamping: count)).map { base &+ $0 }
            if ports.allSatisfy({ apus_port_available("127.0.0.1", $0) == 0 }) { return base }
        }
        return nil
    }

    /// Every port.
    var all: [UInt16] { [page, vectors, chat, upload, history, blob, queue, cosmos, vault, identity, account] }

    func port(of app: String) -> UInt16 {
        switch app {
        case "chat": chat
        case "upload": upload
        case "history": history
        default: account
        }
    }

    /// Checks that every part has a port of its own.
    ///
    /// - Throws: `StackError` that names the port, its parts and the options that change it.
    func checkDistinct(usesEmulator: Bool) throws {
        var owners: [UInt16: String] = [:]
        for (name, port, _) in wanted(usesEmulator: usesEmulator) {
            guard let owner = owners.updateValue(name, forKey: port) else { continue }
            throw StackError(
                "port \(port) is meant for \(owner) and for \(name). Choose another --port, or --base-port.")
        }
    }

    /// Checks that every part has a port of its own, and that it is free.
    ///
    /// - Throws: `StackError` that names the port and the option that changes it.
    func checkFree(usesEmulator: Bool) throws {
        try checkDistinct(usesEmulator: usesEmulator)
        for (name, port, option) in wanted(usesEmulator: usesEmulator) {
            let code = apus_port_available("127.0.0.1", port)
            guard code != 0 else { continue }
            let reason = code == -EADDRINUSE ? "is in use by another program" : String(cString: strerror(-code))
            throw StackError("port \(port) for \(name) \(reason). Choose another with \(option).")
        }
    }

    /// Each part that listens, its port, and the option that changes it.
    private func wanted(usesEmulator: Bool) -> [(String, UInt16, String)] {
        let parts: [(String, UInt16, String)] = [
            ("the page", page, "--port"), ("vectors", vectors, "--base-port"), ("the chat app", chat, "--base-port"),
            ("the upload app", upload, "--base-port"), ("the history app", history, "--base-port"),
            ("the account app", account, "--base-port"),
        ]
        let emulator: [(String, UInt16, String)] = [
            ("Blob Storage", blob, "--base-port"), ("Queue Storage", queue, "--base-port"),
            ("Cosmos DB", cosmos, "--base-port"), ("Key Vault", vault, "--base-port"),
            ("identity", identity, "--base-port"),
        ]
        return usesEmulator ? parts + emulator : parts
    }
}
