import Glibc

/// What the beginning of an executable says (System V ABI, "ELF Header").
public enum ExecutableFormat {
    private static let machines: [UInt16: String] = [62: "x86_64", 183: "aarch64", 40: "armv7l", 3: "i686"]

    /// The processor that a file was built for, by the name that `uname -m` has for it; `nil` when it is no 64-bit or
    /// 32-bit executable for one of the usual processors.
    public static func architecture(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 20)
        guard read(file, &bytes, bytes.count) == bytes.count, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
            return nil
        }
        return machines[UInt16(bytes[18]) | UInt16(bytes[19]) << 8]
    }

    /// This machine's processor.
    public static var here: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "" }
        return withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
