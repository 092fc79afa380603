import ChildProcess
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Packaging

/// What packages are put together from, on this machine's own files.
struct PartsTests {
    private static let program = "/bin/true"

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

    // MARK: - Architecture

    @Test func aProgramTellsItsProcessor() throws {
        let here = try Architecture(of: Self.program)
        #expect(here.name == ExecutableFormat.here)
        #expect(["amd64", "arm64"].contains(here.debianName))
    }

    @Test(arguments: [(62, "amd64"), (183, "arm64")])
    func bothProcessorsAreKnown(machine: UInt8, name: String) async throws {
        try await withFolder { folder in
            try write(Self.header(machine), folder + "/p")
            #expect(try Architecture(of: folder + "/p").debianName == name)
        }
    }

    private static func header(_ machine: UInt8) -> [UInt8] {
        [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [2, 0, machine, 0]
    }

    @Test func whatIsNoProgramForAServerIsRefused() async throws {
        try await withFolder { folder in
            for (name, bytes) in [
                ("32 bits", Self.header(3)), ("an older ARM", Self.header(40)), ("a text", Array("#!/bin/sh\n".utf8)),
                ("a header cut short", Array(Self.header(62).prefix(18))), ("nothing", []),
            ] {
                try write(bytes, folder + "/p")
                let error = #expect(throws: PackageError.self, "\(name)") { try Architecture(of: folder + "/p") }
                #expect(error?.description.contains("is not built for x86_64 or aarch64") == true)
            }
            #expect(throws: PackageError.self) { try Architecture(of: folder + "/none") }
        }
    }

    // MARK: - Libraries

    @Test func theClosureHasEveryLibraryAndTheLoader() async throws {
        let closure = try await LibraryClosure(of: [Self.program])
        #expect(closure.libraries["libc.so.6"] != nil)
        for path in closure.libraries.values { #expect(access(path, R_OK) == 0, "\(path)") }
        #expect(closure.loader.contains("/ld-linux") && access(closure.loader, X_OK) == 0)
        // The kernel's own is no file.
        #expect(!closure.libraries.keys.contains { $0.contains("vdso") })
    }

    @Test func theClosureOfTwoProgramsHasTheLibrariesOfBoth() async throws {
        let tests = try #require(try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let one = try await LibraryClosure(of: [Self.program])
        let both = try await LibraryClosure(of: [Self.program, tests])
        #expect(Set(one.libraries.keys).isSubset(of: both.libraries.keys))
        #expect(both.libraries.keys.contains { $0.hasPrefix("libstdc++") })
    }

    @Test func whatOnlyAReplacedLibraryNeedsIsLeftOut() async throws {
        let tests = try #require(try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let whole = try await LibraryClosure(of: [tests]).libraries
        let without = try await LibraryClosure(of: [tests]) {
            $0.hasPrefix("libicuuc.so.") || $0.hasPrefix("libcurl.so.")
        }
        .libraries
        // What they are asked for themselves stays, and so does what others need too.
        #expect(without.keys.contains { $0.hasPrefix("libcurl.so.") } && without["libc.so.6"] != nil)
        #expect(
            whole.keys.contains { $0.hasPrefix("libnghttp2.so.") }
                && !without.keys.contains { $0.hasPrefix("libnghttp2.so.") })
        #expect(!without.keys.contains { $0.hasPrefix("libicudata.so.") })
    }

    @Test func aLibraryThatIsNotInstalledIsNamed() async throws {
        try await withFolder { folder in
            try write(Array("int lost(void) { return 0; }\n".utf8), folder + "/lost.c")
            try write(Array("int lost(void); int main(void) { return lost(); }\n".utf8), folder + "/main.c")
            let compiler = try Tool("cc", package: "gcc")
            try await compiler.run(["-shared", "-fPIC", "-o", folder + "/liblost.so", folder + "/lost.c"])
            try await compiler.run(["-o", folder + "/p", folder + "/main.c", "-L" + folder, "-llost"])
            try FileManager.default.removeItem(atPath: folder + "/liblost.so")
            let error = await #expect(throws: PackageError.self) { try await LibraryClosure(of: [folder + "/p"]) }
            #expect(error?.description.contains("needs liblost.so, which is not installed") == true)
        }
    }

    @Test func whatIsNotLinkedHasNoClosure() async throws {
        try await withFolder { folder in
            try write(Array("no program".utf8), folder + "/p")
            await #expect(throws: PackageError.self) { try await LibraryClosure(of: [folder + "/p"]) }
            await #expect(throws: PackageError.self) { try await LibraryClosure(of: []) }
        }
    }

    // MARK: - Tools

    @Test func aToolGivesWhatItPrints() async throws {
        let output = try await Tool("sh", package: "dash").run(
            ["-c", "pwd; echo $WORD; echo $LC_ALL"], environment: ["WORD": "given"], directory: "/tmp")
        #expect(output == "/tmp\ngiven\nC.UTF-8\n")
    }

    @Test func aToolThatIsMissingIsNamedWithItsPackage() {
        let error = #expect(throws: PackageError.self) { try Tool("no-such-tool", package: "its-package") }
        #expect(error?.description.contains("no-such-tool is not installed") == true)
        #expect(error?.description.contains("its-package") == true)
    }

    @Test func aToolThatFailsIsQuoted() async throws {
        let tool = try Tool("sh", package: "dash")
        let error = await #expect(throws: PackageError.self) { try await tool.run(["-c", "echo why >&2; exit 3"]) }
        #expect(error?.description.contains("failed with code 3: why") == true)
    }

    // MARK: - Origins and checksums

    @Test func aLibrarysPackageIsKnownWithItsVersion() async throws {
        let closure = try await LibraryClosure(of: [Self.program])
        let library = try #require(closure.libraries["libc.so.6"])
        let origins = try await DebianOrigins(of: [library, "/nonexistent/file"])
        #expect(origins.package(of: library)?.hasPrefix("libc6 ") == true)
        #expect(origins.package(of: library)?.contains(":") == false)
        #expect(origins.package(of: "/nonexistent/file") == nil)
    }

    @Test func theChecksumIsOneThatSystemsToolsRead() async throws {
        try await withFolder { folder in
            try write(Array("abc".utf8), folder + "/file.zip")
            try Checksum.write(for: folder + "/file.zip")
            let line = String(decoding: try Fixtures.bytes(folder + "/file.zip.sha256"), as: UTF8.self)
            #expect(line == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  file.zip\n")
            let tool = try Tool("sha256sum", package: "coreutils")
            #expect(try await tool.run(["-c", "file.zip.sha256"], directory: folder) == "file.zip: OK\n")
            try write(Array("abd".utf8), folder + "/file.zip")
            await #expect(throws: PackageError.self) {
                try await tool.run(["-c", "file.zip.sha256"], directory: folder)
            }
            #expect(throws: PackageError.self) { try Checksum.write(for: folder + "/none") }
        }
    }
}

struct UnusedLibrariesTests {
    @Test func onlyLibrariesOfProtocolsThatNobodySpeaksAreReplaced() {
        for name in ["libldap-2.5.so.0", "libldap.so.2", "liblber-2.5.so.0", "librtmp.so.1"] {
            #expect(UnusedLibraries.isReplaced(name), "\(name)")
        }
        for name in ["libcurl.so.4", "libpq.so.5", "libssl.so.3", "libgssapi_krb5.so.2", "libc.so.6"] {
            #expect(!UnusedLibraries.isReplaced(name), "\(name)")
        }
    }

    @Test(arguments: [
        ("000000000003bf60 T ldap_init@@OPENLDAP_2.5", "ldap_init", "OPENLDAP_2.5", true),
        ("0000000000012200 T RTMP_Init", "RTMP_Init", nil, true),
        ("0000000000010250 B ber_int_options@@OPENLDAP_2.5", "ber_int_options", "OPENLDAP_2.5", false),
    ])
    func aSymbolIsRead(line: String, name: String, version: String?, isFunction: Bool) {
        let symbol = UnusedLibraries.Symbol(line: line[...])
        #expect(symbol?.name == name && symbol?.version == version && symbol?.isFunction == isFunction)
    }

    @Test(arguments: ["", "0000000000000000 A HIDDEN", "                 U free@GLIBC_2.2.5", "1 T a;b", "x"])
    func whatIsNoSymbolIsNone(line: String) { #expect(UnusedLibraries.Symbol(line: line[...]) == nil) }

    @Test func theReplacementHasAllNamesAndDoesNothing() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Something with versions of its symbols: a library that every machine with the compiler has.
        let (source, original, path) = (folder + "/a.c", folder + "/liba.so.1", folder + "/libldap-2.5.so.0")
        try Data("long ldap_init(void) { return 7; }\nint ldap_data = 3;\n".utf8).write(to: URL(filePath: source))
        try Data("V_1 { global: *; };\n".utf8).write(to: URL(filePath: folder + "/map"))
        try await Tool("cc", package: "gcc").run([
            "-shared", "-fPIC", "-Wl,--version-script,\(folder)/map", "-o", original, source,
        ])
        try await UnusedLibraries.makeReplacement(of: original, named: "libldap-2.5.so.0", at: path)
        let library = try #require(dlopen(path, RTLD_NOW))
        defer { dlclose(library) }
        let symbol = try #require(dlsym(library, "ldap_init"))
        typealias Call = @convention(c) () -> Int
        #expect(unsafeBitCast(symbol, to: Call.self)() == -1)
        #expect(dlsym(library, "ldap_data") != nil)
        #expect(!FileManager.default.fileExists(atPath: path + ".c"))
    }
}

struct TextEncodingsTests {
    @Test func onlyICUIsReplaced() {
        #expect(TextEncodings.isReplaced("libicuuc.so.72"))
        for name in ["libicudata.so.72", "libicui18n.so.72", "libxml2.so.2"] {
            #expect(!TextEncodings.isReplaced(name))
        }
    }

    @Test func theReplacementHasItsNamesAndKnowsNoEncoding() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/libicuuc.so.72"
        try await TextEncodings.makeReplacement(of: "libicuuc.so.72", at: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["libicuuc.so.72"])
        let library = try #require(dlopen(path, RTLD_NOW))
        defer { dlclose(library) }
        let symbol = try #require(dlsym(library, "ucnv_open_72"))
        typealias Open = @convention(c) (UnsafePointer<CChar>?, UnsafeMutablePointer<Int32>?) -> OpaquePointer?
        var status: Int32 = 0
        #expect(unsafeBitCast(symbol, to: Open.self)("utf-16", &status) == nil && status == 2)
        for name in ["ucnv_close_72", "ucnv_convertEx_72", "UCNV_TO_U_CALLBACK_STOP_72"] {
            #expect(dlsym(library, name) != nil, "\(name)")
        }
    }

    @Test func anICUWithoutVersionIsNotReplaced() async {
        await #expect(throws: PackageError.self) {
            try await TextEncodings.makeReplacement(of: "libicuuc.so.x", at: "/tmp/never")
        }
    }

    @Test func theConvertersThatTheWebStillHasAreCopied() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let source = folder + "/source/gconv"
        try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
        let wanted = ["SJIS.so", "CP1252.so", "ISO8859-15.so", "libJIS.so", "UTF-16.so", "gconv-modules"]
        let unwanted = ["EBCDIC-US.so", "IBM037.so", "gconv-modules.cache", "SJIS.txt"]
        for name in wanted + unwanted { try Data().write(to: URL(filePath: "\(source)/\(name)")) }
        try TextEncodings.copyConverters(besides: folder + "/source/libc.so.6", to: folder + "/target")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/target").sorted() == wanted.sorted())
    }

    @Test func aCLibraryWithoutConvertersIsAnError() {
        let error = #expect(throws: PackageError.self) {
            try TextEncodings.copyConverters(besides: "/nonexistent/libc.so.6", to: "/tmp/never")
        }
        #expect(error?.description.contains("/nonexistent/gconv does not exist") == true)
    }
}
