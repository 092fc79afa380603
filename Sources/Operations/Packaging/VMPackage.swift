import FoundationEssentials
import Glibc
public import ProductStack
import Telemetry

/// Everything for a virtual machine with Debian 12 as one Debian package: the programs, the staged apps, the page, the
/// embedding model, systemd units.
public struct VMPackage: Sendable {
    private static let name = "apus-vm"
    private static let home = "usr/lib/apus"
    private static let programs = ["apus", "vm-server", "functions-host", "azure-emulator"]
    /// What the programs call, and what an installation asks for.
    private static let depends = [
        "adduser", "ca-certificates", "poppler-data", "poppler-utils", "tesseract-ocr", "tesseract-ocr-eng",
    ]

    private let layout: ProductLayout

    /// A package of the layout's programs.
    public init(layout: ProductLayout) { self.layout = layout }

    /// Makes the package and a file with its SHA-256 beside it.
    ///
    /// - Returns: The package's path.
    public func make(in folder: String) async throws -> String {
        let manager = FileManager.default
        let work = folder + "/vm-work"
        try? manager.removeItem(atPath: work)
        defer { try? manager.removeItem(atPath: work) }
        let debian = try Architecture(of: layout.program("vm-server")).debianName
        let home = "\(work)/\(Self.home)"
        for part in ["bin", "apps", "models"] {
            try manager.createDirectory(atPath: "\(home)/\(part)", withIntermediateDirectories: true)
        }
        for program in Self.programs {
            try manager.copyItem(atPath: layout.program(program), toPath: "\(home)/bin/\(program)")
        }
        for app in ProductLayout.apps { _ = try Staging(layout: layout).stage(app, in: "\(home)/apps/\(app)") }
        try manager.copyItem(atPath: layout.root + "/host.json", toPath: home + "/host.json")
        try copyPage(to: home + "/web")
        guard manager.fileExists(atPath: layout.model + "/model.safetensors") else {
            throw PackageError("the embedding model is not in \(layout.model). Run 'make setup'.")
        }
        try manager.copyItem(atPath: layout.model, toPath: home + "/models/all-MiniLM-L6-v2")
        try addSystemFiles(work)
        let dependencies = try await dependencies()
        try addControl(work, architecture: debian, dependencies: dependencies)
        let package = "\(folder)/\(Self.name)_\(Product.version)_\(debian).deb"
        // 1980, as in the zips: the same files make the same package.
        try await Tool("dpkg-deb", package: "dpkg").run(
            ["--root-owner-group", "-Zxz", "-z1", "--build", work, package],
            environment: ["SOURCE_DATE_EPOCH": "315532800"])
        try Checksum.write(for: package)
        return package
    }

    private func copyPage(to target: String) throws {
        for (folder, file) in [("vendor", "marked.js"), ("samples", "product-manual.pdf")] {
            guard FileManager.default.fileExists(atPath: "\(layout.web)/\(folder)/\(file)") else {
                throw PackageError("\(layout.web)/\(folder) is not complete. Run 'make setup'.")
            }
        }
        try FileManager.default.copyItem(atPath: layout.web, toPath: target)
    }

    /// Units, and what an administrator edits.
    private func addSystemFiles(_ work: String) throws {
        let manager = FileManager.default
        let source = layout.root + "/deploy/systemd"
        for folder in ["lib/systemd/system", "etc/apus", "usr/bin", "usr/share/doc/\(Self.name)"] {
            try manager.createDirectory(atPath: "\(work)/\(folder)", withIntermediateDirectories: true)
        }
        for name in try manager.contentsOfDirectory(atPath: source) {
            let isUnit = [".service", ".socket", ".timer"].contains { name.hasSuffix($0) }
            if isUnit {
                try manager.copyItem(atPath: "\(source)/\(name)", toPath: "\(work)/lib/systemd/system/\(name)")
            }
        }
        try manager.copyItem(atPath: source + "/apus.env", toPath: work + "/etc/apus/apus.env")
        chmod(work + "/etc/apus/apus.env", 0o640)
        try manager.createSymbolicLink(
            atPath: work + "/usr/bin/apus", withDestinationPath: "../lib/apus/bin/apus")
        try manager.copyItem(
            atPath: layout.root + "/LICENSE", toPath: "\(work)/usr/share/doc/\(Self.name)/copyright")
    }

    /// The packages of all libraries that the programs, handlers and their helpers are linked with.
    private func dependencies() async throws -> [String] {
        let handlers = ProductLayout.apps.map { $0 + "-function" }
        let helpers = Set(ProductLayout.helpers.values.joined())
        let executables = (Self.programs + handlers + helpers.sorted()).map { layout.program($0) }
        let closure = try await LibraryClosure(of: executables)
        let direct = Array(closure.libraries.values)
        let origins = try await DebianOrigins(of: direct)
        let packages = direct.compactMap { origins.package(of: $0)?.split(separator: " ").first.map(String.init) }
        return Set(packages + Self.depends).sorted()
    }

    private func addControl(_ work: String, architecture: String, dependencies: [String]) throws {
        let control = """
            Package: \(Self.name)
            Version: \(Product.version)
            Architecture: \(architecture)
            Maintainer: The Apus authors <apus@localhost>
            Section: web
            Priority: optional
            Depends: \(dependencies.joined(separator: ", "))
            Recommends: postgresql
            Description: Document chat that cites the page
             Answers questions about uploaded documents, with citations that lead to the page.
             Brings everything for one machine (apus.service), and the page, proxy and
             vector service alone (apus-vm.socket) for deployments with Azure Functions.

            """
        try FileManager.default.createDirectory(atPath: work + "/DEBIAN", withIntermediateDirectories: true)
        try Data(control.utf8).write(to: URL(filePath: work + "/DEBIAN/control"))
        try Data("/etc/apus/apus.env\n".utf8).write(to: URL(filePath: work + "/DEBIAN/conffiles"))
        for script in ["postinst", "prerm", "postrm"] {
            try FileManager.default.copyItem(
                atPath: "\(layout.root)/deploy/systemd/\(script)", toPath: "\(work)/DEBIAN/\(script)")
            chmod("\(work)/DEBIAN/\(script)", 0o755)
        }
    }
}
