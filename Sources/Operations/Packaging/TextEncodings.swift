import FoundationEssentials

/// What is needed to read documents in old encodings: the C library's converters for those that `TextEncoding` knows, and
/// for XML in the ones that libxml2 asks for.
///
/// Debian's libxml2 can use ICU's converters too, whose data are 31 MB; a library without any takes their place.
struct TextEncodings {
    private static let modules = [
        "BIG5HKSCS", "CP932", "EUC-JP", "GB18030", "IBM437", "IBM850", "IBM852", "IBM866", "IBM874", "ISO-2022-JP",
        "ISO-2022-KR", "KOI8-R", "KOI8-U", "MAC-UK", "MACINTOSH", "SJIS", "UHC", "UNICODE", "UTF-16", "UTF-32", "libGB",
        "libJIS",
        "libKSC",
    ]
    private static let families = ["CP125", "ISO8859-"]
    private static let configuration = ["gconv-modules", "gconv-modules.d"]

    /// Copies the converters of the C library that `library` belongs to.
    static func copyConverters(besides library: String, to target: String) throws {
        let manager = FileManager.default
        let source = library.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/gconv"
        let folders = [source, "/usr" + source].filter { manager.fileExists(atPath: $0 + "/gconv-modules") }
        guard let folder = folders.first else {
            throw PackageError("\(source) does not exist. Install Debian's package libc-bin.")
        }
        try manager.createDirectory(atPath: target, withIntermediateDirectories: true)
        for name in try manager.contentsOfDirectory(atPath: folder) {
            let stem = name.hasSuffix(".so") ? String(name.dropLast(3)) : ""
            let isWanted = modules.contains(stem) || families.contains { stem.hasPrefix($0) }
            guard isWanted || configuration.contains(name) else { continue }
            try manager.copyItem(atPath: "\(folder)/\(name)", toPath: "\(target)/\(name)")
        }
    }

    /// What libxml2 asks of ICU. It asks only for encodings that the C library has not.
    private static let functions = [
        "ucnv_open": "void *F(const char *name, int *status) { *status = 2; return 0; }",
        "ucnv_close": "void F(void *converter) {}",
        "ucnv_setFromUCallBack": "void F(void) {}", "ucnv_setToUCallBack": "void F(void) {}",
        "UCNV_FROM_U_CALLBACK_STOP": "void F(void) {}", "UCNV_TO_U_CALLBACK_STOP": "void F(void) {}",
        "ucnv_convertEx": "void F(void) {}",
    ]

    /// Whether a library is replaced by one that has its names and knows no encoding.
    static func isReplaced(_ name: String) -> Bool { name.hasPrefix("libicuuc.so.") }

    /// Makes the library that takes ICU's place: no converter can be opened (`U_MISSING_RESOURCE_ERROR`), so nothing else
    /// of it is ever called.
    static func makeReplacement(of name: String, at path: String) async throws {
        guard let version = name.split(separator: ".").last.flatMap({ Int($0) }) else {
            throw PackageError("\(name) is not a version of ICU that is known.")
        }
        let source = path + ".c"
        let code = functions.sorted { $0.key < $1.key }
            .map { $0.value.replacing("F(", with: "\($0.key)_\(version)(") + "\n" }.joined()
        try Data(code.utf8).write(to: URL(filePath: source))
        defer { try? FileManager.default.removeItem(atPath: source) }
        try await Tool("cc", package: "gcc").run([
            "-shared", "-fPIC", "-nostdlib", "-s", "-Wl,--build-id=none", "-Wl,-soname,\(name)", "-o", path, source,
        ])
    }
}
