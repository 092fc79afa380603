import ChildProcess
import FoundationEssentials
import TestSupport

@testable import ProductStack

/// A folder with what a layout needs: `host.json`, the functions, files in the places of programs.
struct FakeLayout {
    let root: String
    var programs: String { root + "/.build/debug" }
    var layout: ProductLayout { get throws { try ProductLayout(programs: programs) } }

    static func with(_ body: (FakeLayout) async throws -> Void) async throws {
        let fake = FakeLayout(root: try Fixtures.temporaryDirectory())
        defer { try? FileManager.default.removeItem(atPath: fake.root) }
        try fake.write("host.json", "{}")
        for app in ProductLayout.apps {
            try fake.write("functions/\(app)/health/function.json", "{\"app\":\"\(app)\"}")
            try fake.write(".build/debug/\(app)-function", "program of \(app)")
        }
        try fake.write(".build/debug/document-reader", "helper")
        try await body(fake)
    }

    func write(_ path: String, _ text: String) throws {
        let whole = "\(root)/\(path)"
        let folder = whole.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: whole))
    }

    func text(_ path: String) throws -> String {
        String(decoding: try Fixtures.bytes("\(root)/\(path)"), as: UTF8.self)
    }
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    /// Copies a program by another process: a program that is written here cannot be started while a child that was
    /// forked meanwhile holds its file open.
    func copyProgram(_ path: String, to name: String) async throws {
        let copy = Subprocess.Command("/bin/cp", [path, "\(root)/\(name)"])
        guard try await Subprocess.run(copy, timeout: .seconds(60), outputLimit: 1000).code == 0 else {
            throw TestFailure("\(path) cannot be copied")
        }
    }
}
