import FoundationEssentials
import Glibc

/// Makes a package with a handler that works: `functions-host new`.
public enum NewHandler {
    /// Writes the package into a new folder of that name, below the current one.
    ///
    /// - Parameter package: The Apus sources to build with; `nil` looks for those that this program was built from.
    /// - Throws: `HostError`.
    public static func make(named name: String, package: String?) throws {
        let isName = name.utf8.allSatisfy {
            (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 45 || $0 == 95
        }
        guard isName, let first = name.utf8.first, (97...122).contains(first | 0x20), name.utf8.count <= 64 else {
            throw HostError("\(name) is no name for a handler; use letters, digits, - and _, beginning with a letter.")
        }
        let current = FileManager.default.currentDirectoryPath
        let folder = current + "/" + name
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw HostError("\(folder) exists already; choose another name.")
        }
        let sources = package.map { $0.hasPrefix("/") ? $0 : current + "/" + $0 } ?? ownSources()
        guard let sources, FileManager.default.fileExists(atPath: sources + "/Sources/Product/FunctionsRuntime") else {
            throw HostError(
                "the Apus sources, which the handler is built with, are not found; name them with --package.")
        }
        for (path, content) in files(name, sources: sources) {
            let target = folder + "/" + path
            let parent = target.split(separator: "/").dropLast().joined(separator: "/")
            try FileManager.default.createDirectory(atPath: "/" + parent, withIntermediateDirectories: true)
            guard FileManager.default.createFile(atPath: target, contents: Data(content.utf8)) else {
                throw HostError("\(target) cannot be written.")
            }
        }
        print(
            """
            \(name) is ready. Now:

              cd \(name)
              swift build -c release
              functions-host start

            and open http://localhost:7071/api/hello?name=you. The host notices when you build again.
            """)
    }

    /// The package that holds this program in its build folder.
    private static func ownSources() -> String? {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
            let build = own.firstRange(of: "/.build/")
        else { return nil }
        return String(own[..<build.lowerBound])
    }

    private static func files(_ name: String, sources: String) -> [(path: String, content: String)] {
        let package = sources.split(separator: "/").last.map(String.init) ?? "apus"
        return [
            (
                "Package.swift",
                """
                // swift-tools-version: 6.3
                import PackageDescription

                let package = Package(
                    name: "\(name)",
                    dependencies: [.package(path: "\(sources)")],
                    targets: [
                        .executableTarget(
                            name: "\(name)", dependencies: [.product(name: "FunctionsRuntime", package: "\(package)")],
                            path: "Sources")
                    ]
                )

                """
            ),
            (
                "Sources/main.swift",
                """
                import FunctionsRuntime

                await FunctionApp.run("\(name)") { environment, log in
                    var routes = FunctionRoutes()
                    routes.http(.get, "hello") { request in
                        HTTPResponse(.ok, text: "Hello, \\(request.target.parameter("name") ?? "world")!\\n")
                    }
                    return routes
                }

                """
            ),
            (
                "host.json",
                """
                {
                  "version": "2.0",
                  "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" },
                  "customHandler": {
                    "description": { "defaultExecutablePath": ".build/release/\(name)" },
                    "enableProxyingHttpRequest": true
                  }
                }

                """
            ),
            (
                "local.settings.json",
                """
                {
                  "IsEncrypted": false,
                  "Values": { "FUNCTIONS_WORKER_RUNTIME": "custom" }
                }

                """
            ),
            (
                "hello/function.json",
                """
                {
                  "bindings": [
                    { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "function", "methods": ["get"] },
                    { "type": "http", "direction": "out", "name": "res" }
                  ]
                }

                """
            ),
            (".gitignore", ".build/\nlocal.settings.json\nlocal.keys.json\n"),
        ]
    }
}
