import FoundationEssentials
import Glibc

/// Where the product's files are on this machine.
public struct ProductLayout: Sendable {
    /// Folder with host.json, `functions`, `web`.
    public let root: String
    /// Folder with the built programs.
    public let programs: String

    /// Whether these are the files of an installed package, which are staged already and are not changed.
    public let isInstalled: Bool

    /// The four apps, in the order of their ports.
    public static let apps = ["chat", "upload", "history", "account"]

    /// Programs that stand beside an app's handler.
    public static let helpers = ["chat": ["document-reader"], "upload": ["document-reader"]]

    /// Finds the root by walking up from the running program.
    ///
    /// - Throws: `StackError` when there is none.
    public init() throws {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { throw StackError("the program's own path cannot be found.") }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try self.init(programs: "/" + path.split(separator: "/").dropLast().joined(separator: "/"))
    }

    /// Finds the root by walking up from the folder of the programs.
    init(programs: String) throws {
        self.programs = programs
        var folder = programs.split(separator: "/")[...]
        while !folder.isEmpty {
            let candidate = "/" + folder.joined(separator: "/")
            if FileManager.default.fileExists(atPath: candidate + "/host.json"),
                ["functions", "apps"].contains(where: { FileManager.default.fileExists(atPath: "\(candidate)/\($0)") })
            {
                root = candidate
                isInstalled = !FileManager.default.fileExists(atPath: candidate + "/functions")
                return
            }
            folder = folder.dropLast()
        }
        throw StackError("the folder with host.json and functions/ is not above \(programs).")
    }

    /// The folder that the host serves for an app.
    public func stagedApp(_ app: String) -> String {
        isInstalled ? "\(root)/apps/\(app)" : "\(root)/.build/apps/\(app)"
    }
    /// Where packages are put.
    public var packages: String { root + "/.build/packages" }
    /// The page.
    public var web: String { root + "/web" }
    /// The embedding model.
    public var model: String { root + "/models/all-MiniLM-L6-v2" }

    /// The path of a built program.
    public func program(_ name: String) -> String { "\(programs)/\(name)" }
}

/// Something about the local stack that its user has to mend.
public struct StackError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
