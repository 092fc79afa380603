import ChildProcess
import Digests
import FoundationEssentials
import Glibc
import Telemetry
import TestSupport
import Testing

@testable import Packaging
@testable import ProductStack

/// Whole packages of a layout whose programs are small ones of this system.
struct PackageTests {
    private static func hasTool(_ name: String) -> Bool { (try? Tool(name, package: "")) != nil }

    private func withLayout(_ body: (ProductLayout) async throws -> Void) async throws {
        let root = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: root) }
        let manager = FileManager.default
        func write(_ path: String, _ text: String) throws {
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            try manager.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"))
        }
        try write("host.json", "{}")
        try write("LICENSE", "MIT")
        try write("web/index.html", "<title>Apus</title>")
        try write("web/vendor/marked.js", "")
        try write("web/samples/product-manual.pdf", "")
        try write("models/all-MiniLM-L6-v2/model.safetensors", "weights")
        let programs = root + "/.build/debug"
        try manager.createDirectory(atPath: programs, withIntermediateDirectories: true)
        for app in ProductLayout.apps { try write("functions/\(app)/health/function.json", "{}") }
        let names =
            ["apus", "apus-bench", "bench-handler", "vm-server", "functions-host", "azure-emulator", "document-reader"]
            + ProductLayout.apps.map { $0 + "-function" }
        for name in names { try manager.copyItem(atPath: "/bin/true", toPath: "\(programs)/\(name)") }
        try manager.createDirectory(atPath: root + "/deploy", withIntermediateDirectories: true)
        try manager.copyItem(atPath: Fixtures.root + "/deploy/systemd", toPath: root + "/deploy/systemd")
        try await body(try ProductLayout(programs: programs))
    }

    // MARK: - Debian package

    @Test(.enabled(if: hasTool("dpkg-deb"), "dpkg-deb is not installed"))
    func theDebianPackageBringsWhatAMachineNeedsAndNothingThatMeasures() async throws {
        try await withLayout { layout in
            let package = try await VMPackage(layout: layout).make(in: layout.root + "/packages")
            #expect(package.contains("/apus-vm_\(Product.version)_"))
            let tool = try Tool("dpkg-deb", package: "dpkg")
            let files = try await tool.run(["-c", package]).split(separator: "\n").compactMap {
                $0.split(separator: " ").last { $0.hasPrefix("./") || $0.contains("/bin/apus") }.map(String.init)
            }
            for name in [
                "apus", "vm-server", "functions-host", "azure-emulator",
            ] { #expect(files.contains("./usr/lib/apus/bin/\(name)"), "\(name)") }
            for app in ProductLayout.apps {
                #expect(files.contains("./usr/lib/apus/apps/\(app)/handler"))
                #expect(files.contains("./usr/lib/apus/apps/\(app)/health/function.json"))
            }
            for path in [
                "lib/apus/host.json", "lib/apus/web/index.html", "lib/apus/models/all-MiniLM-L6-v2/model.safetensors",
                "share/doc/apus-vm/copyright",
            ] { #expect(files.contains("./usr/" + path), "\(path)") }
            #expect(files.contains("./lib/systemd/system/apus.service") && files.contains("./etc/apus/apus.env"))
            #expect(!files.contains { $0.contains("bench") })
            #expect(!FileManager.default.fileExists(atPath: layout.root + "/packages/vm-work"))
        }
    }

    @Test(.enabled(if: hasTool("dpkg-deb"), "dpkg-deb is not installed"))
    func theDebianPackageNamesWhatItsProgramsAreLinkedWith() async throws {
        try await withLayout { layout in
            let package = try await VMPackage(layout: layout).make(in: layout.root + "/packages")
            let tool = try Tool("dpkg-deb", package: "dpkg")
            let depends = try await tool.run(["-f", package, "Depends"]).split(separator: ",").map {
                $0.trimmingPrefix(" ").split(separator: "\n").joined()
            }
            #expect(
                depends == depends.sorted()
                    && Set(depends).isSuperset(of: ["adduser", "libc6", "poppler-data", "poppler-utils"]))
            #expect(try await tool.run(["-f", package, "Version"]) == Product.version + "\n")
            let architecture = try Architecture(of: "/bin/true").debianName
            #expect(try await tool.run(["-f", package, "Architecture"]) == architecture + "\n")
        }
    }

    @Test(.enabled(if: hasTool("dpkg-deb"), "dpkg-deb is not installed"))
    func theSameFilesMakeTheSamePackage() async throws {
        try await withLayout { layout in
            let (one, other) = (layout.root + "/one", layout.root + "/other")
            let first = try await VMPackage(layout: layout).make(in: one)
            let second = try await VMPackage(layout: layout).make(in: other)
            #expect(Digest.sha256(try Fixtures.bytes(first)) == Digest.sha256(try Fixtures.bytes(second)))
            let sum = String(decoding: try Fixtures.bytes(first + ".sha256"), as: UTF8.self)
            #expect(sum.hasPrefix(Digest.hex(Digest.sha256(try Fixtures.bytes(first)))))
        }
    }

    @Test(arguments: [
        ("models/all-MiniLM-L6-v2/model.safetensors", "the embedding model is not in"),
        ("web/vendor/marked.js", "vendor is not complete. Run 'make setup'."),
        ("web/samples/product-manual.pdf", "samples is not complete. Run 'make setup'."),
        (".build/debug/vm-server", "is not built for x86_64 or aarch64. Run 'make build' first."),
    ])
    func whatIsMissingIsNamedAndNothingIsLeftBehind(file: String, words: String) async throws {
        try await withLayout { layout in
            try FileManager.default.removeItem(atPath: "\(layout.root)/\(file)")
            let folder = layout.root + "/packages"
            let error = await #expect(throws: PackageError.self) {
                try await VMPackage(layout: layout).make(in: folder)
            }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
            let left = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            #expect(left.isEmpty)
        }
    }

    // MARK: - Zips of apps

    @Test(.enabled(if: hasTool("patchelf") && hasTool("advzip"), "scripts/setup package installs patchelf and advzip"))
    func anAppsZipIsReproducibleAndRunsByItsOwnLoader() async throws {
        try await withLayout { layout in
            let package = AppPackage("history", layout: layout)
            let first = try await package.make(in: layout.root + "/one")
            let second = try await package.make(in: layout.root + "/other")
            #expect(try Fixtures.bytes(first) == Fixtures.bytes(second))
            #expect(first.hasSuffix("/apus-history-\(Product.version)-linux-\(ExecutableFormat.here).zip"))
            #expect(FileManager.default.fileExists(atPath: first + ".sha256"))
            let folder = layout.root + "/unpacked"
            try await Tool("python3", package: "python3").run(["-m", "zipfile", "-e", first, folder])
            for name in ["handler", "host.json", "health/function.json", "lib/libc.so.6", "certs/ca-certificates.crt"] {
                #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name)"), "\(name)")
            }
            let notice = String(decoding: try Fixtures.bytes(folder + "/NOTICE.txt"), as: UTF8.self)
            #expect(notice.contains("lib/libc.so.6  libc6 "))
            chmod(folder + "/handler", 0o755)
            chmod(
                "\(folder)/lib/\(try await LibraryClosure(of: ["/bin/true"]).loader.split(separator: "/").last ?? "")",
                0o755)
            let result = try await Subprocess.run(
                {
                    var command = Subprocess.Command(folder + "/handler")
                    command.directory = folder
                    command.environment = [:]
                    return command
                }(), timeout: .seconds(20), outputLimit: 1000)
            #expect(result.code == 0)
        }
    }

    @Test func anAppThatIsNotKnownIsRefused() async throws {
        try await withLayout { layout in
            await #expect(throws: StackError.self) {
                try await AppPackage("video", layout: layout).make(in: layout.root + "/packages")
            }
        }
    }
}
