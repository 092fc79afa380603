import Digests
import DocumentReading
import FoundationEssentials
import Glibc
public import ProductStack
import Telemetry
import ZipArchives

/// A function app as one zip that needs nothing of the system it runs on but a kernel: the staged app, its shared
/// libraries, the C library's loader, certificates, and the programs that read PDFs.
///
/// The executables ask for `lib/ld-linux-….so` as their loader, a path relative to the working directory, which is the
/// app's root in Azure Functions and in `functions-host`. So they run where the system's C library is older than theirs.
public struct AppPackage: Sendable {
    /// Programs that an app calls, from Debian's poppler-utils and tesseract-ocr.
    private static let tools = [
        "upload": ["pdftotext", "pdfinfo", "pdftohtml", "pdffonts", "pdfimages", "pdftoppm", "tesseract"]
    ]
    /// What tesseract knows of English; each further language would add megabytes.
    private static let language = RecognitionLanguages.file("eng")
    /// Apps that read documents and pages of strangers.
    private static let readers = ["chat", "upload"]
    private static let toolFolders = ["/usr/bin", "/usr/local/bin"]
    private static let certificates = "/etc/ssl/certs/ca-certificates.crt"

    private let layout: ProductLayout
    private let app: String

    /// A package of an app that `Staging` knows.
    public init(_ app: String, layout: ProductLayout) {
        self.app = app
        self.layout = layout
    }

    /// Makes the zip and a file with its SHA-256 beside it.
    ///
    /// - Returns: The zip's path.
    public func make(in folder: String) async throws -> String {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let work = try Staging(layout: layout).stage(app, in: "\(folder)/\(app)-work")
        defer { try? manager.removeItem(atPath: work) }
        let architecture = try Architecture(of: work + "/handler").name
        for name in ["lib", "bin", "certs"] {
            try manager.createDirectory(atPath: "\(work)/\(name)", withIntermediateDirectories: true)
        }
        let programs = try collectPrograms(work)
        let closure = try await LibraryClosure(of: programs.map(\.source), isReplaced: Self.isReplaced)
        try await collectLibraries(closure, work)
        try await point(programs.map(\.target), to: closure, in: work)
        try addCertificates(work)
        try await addNotice(closure, architecture, work)
        let zip = "\(folder)/apus-\(app)-\(Product.version)-linux-\(architecture).zip"
        try await Self.write(work, to: zip)
        try Checksum.write(for: zip)
        return zip
    }

    /// The handler, its helpers and the tools, with the place of each in the package.
    private func collectPrograms(_ work: String) throws -> [(source: String, target: String)] {
        var programs = [("\(work)/handler", "\(work)/handler")]
        for helper in ProductLayout.helpers[app] ?? [] { programs.append(("\(work)/\(helper)", "\(work)/\(helper)")) }
        for tool in Self.tools[app] ?? [] {
            guard let folder = Self.toolFolders.first(where: { access("\($0)/\(tool)", X_OK) == 0 }) else {
                throw PackageError(
                    "\(tool) is not installed. Install Debian's packages poppler-utils and tesseract-ocr.")
            }
            let source = "\(folder)/\(tool)"
            try FileManager.default.copyItem(atPath: source, toPath: "\(work)/bin/\(tool)")
            programs.append((source, "\(work)/bin/\(tool)"))
        }
        return programs.map { (source: $0.0, target: $0.1) }
    }

    private static func isReplaced(_ name: String) -> Bool {
        TextEncodings.isReplaced(name) || UnusedLibraries.isReplaced(name)
    }

    private func collectLibraries(_ closure: LibraryClosure, _ work: String) async throws {
        for (name, path) in closure.libraries {
            let target = "\(work)/lib/\(name)"
            if TextEncodings.isReplaced(name) {
                try await TextEncodings.makeReplacement(of: name, at: target)
            } else if UnusedLibraries.isReplaced(name) {
                try await UnusedLibraries.makeReplacement(of: path, named: name, at: target)
            } else {
                try FileManager.default.copyItem(atPath: Self.resolved(path), toPath: target)
            }
        }
        if Self.readers.contains(app), let library = closure.libraries["libc.so.6"] {
            try TextEncodings.copyConverters(besides: Self.resolved(library), to: "\(work)/lib/gconv")
        }
        if let library = closure.libraries.keys.first(where: { $0.hasPrefix("libpoppler.so.") }) {
            try CharacterMaps.copy(to: work)
            try CharacterMaps.redirect("\(work)/lib/\(library)")
        }
        if closure.libraries.keys.contains(where: { $0.hasPrefix("libtesseract.so.") }) {
            try addLanguage(work)
        }
        let name = Self.lastPart(closure.loader)
        try FileManager.default.copyItem(atPath: Self.resolved(closure.loader), toPath: "\(work)/lib/\(name)")
    }

    /// Has the executables take their loader and libraries from the package. RPATH rather than RUNPATH, since libraries
    /// of libraries have to be found there too.
    private func point(_ programs: [String], to closure: LibraryClosure, in work: String) async throws {
        let patchelf = try Tool("patchelf", package: "patchelf")
        for program in programs {
            let isInside = program.hasPrefix("\(work)/bin/")
            chmod(program, 0o755)
            try await patchelf.run([
                "--set-interpreter", "lib/\(Self.lastPart(closure.loader))", "--force-rpath", "--set-rpath",
                isInside ? "$ORIGIN/../lib" : "$ORIGIN/lib", program,
            ])
        }
    }

    private func addLanguage(_ work: String) throws {
        guard FileManager.default.fileExists(atPath: Self.language) else {
            throw PackageError("\(Self.language) does not exist. Install Debian's package tesseract-ocr-eng.")
        }
        let folder = "\(work)/share/tessdata"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Self.language, toPath: "\(folder)/\(Self.lastPart(Self.language))")
    }

    private func addCertificates(_ work: String) throws {
        guard FileManager.default.fileExists(atPath: Self.certificates) else {
            throw PackageError("\(Self.certificates) does not exist. Install Debian's package ca-certificates.")
        }
        try FileManager.default.copyItem(atPath: Self.certificates, toPath: "\(work)/certs/ca-certificates.crt")
    }

    /// Says what is in the package and where it comes from; nothing reads it but people and checks.
    private func addNotice(_ closure: LibraryClosure, _ architecture: String, _ work: String) async throws {
        let data =
            Self.tools[app] == nil
            ? [] : [("share/tessdata", Self.language), ("share/poppler", CharacterMaps.source + "/cidToUnicode")]
        let origins = try await DebianOrigins(
            of: Array(closure.libraries.values) + [closure.loader] + data.map { $0.1 })
        var text = "Apus \(Product.version), app \(app), for Linux on \(architecture).\n\n"
        text += "Licence: MIT. The libraries are Debian's own builds, unchanged; each package's copyright file and\n"
        text += "sources are in Debian under the name and version given here.\n\n"
        for (name, path) in closure.libraries.sorted(by: { $0.key < $1.key }) {
            let origin =
                Self.isReplaced(name) ? "its names without content, made here" : origins.package(of: path)
            text += "lib/\(name)  \(origin ?? "unknown")\n"
        }
        for (name, path) in data { text += "\(name)  \(origins.package(of: path) ?? "unknown")\n" }
        if !data.isEmpty { text += "\nIn libpoppler the name of its folder is one within the package.\n" }
        try Data(text.utf8).write(to: URL(filePath: "\(work)/NOTICE.txt"))
        try Data((architecture + "\n").utf8).write(to: URL(filePath: "\(work)/ARCHITECTURE"))
    }

    private static func write(_ folder: String, to path: String) async throws {
        let writer = ZipWriter()
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        for name in names {
            var isDirectory = false
            _ = FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isDirectory)
            guard !isDirectory else {
                writer.add(folder: name)
                continue
            }
            let isExecutable = access("\(folder)/\(name)", X_OK) == 0
            writer.add(file: "\(folder)/\(name)", as: name, mode: isExecutable ? 0o755 : 0o644)
        }
        try writer.write(to: path)
        // Packs a twentieth tighter than zlib can; names, modes and times stay.
        try await Tool("advzip", package: "advancecomp").run(["--recompress", "--quiet", "--shrink-normal", path])
    }

    private static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The file behind links.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
