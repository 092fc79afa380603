import Glibc

/// Whether a stack's page may listen where others reach it.
enum OpenPage {
    /// Says that the page is meant to be open to everybody, or that something before it signs people in.
    static let permission = "APUS_OPEN"

    /// Refuses a page that everybody who reaches the address could use.
    ///
    /// - Throws: `StackError` that names the remedies.
    static func check(address: String, environment: [String: String]) throws {
        guard !isLoopback(address), !signsIn(environment), environment[permission] != "yes" else { return }
        throw StackError(
            "whoever reaches \(address) could read and delete everything: set APUS_SIGN_IN=local so that people sign in, or "
                + "\(permission)=yes if that is meant, or if a proxy before the page signs them in.")
    }

    /// Whether the settings have people sign in.
    static func signsIn(_ environment: [String: String]) -> Bool {
        (environment["APUS_SIGN_IN"] ?? "").split(separator: ",").contains { word in
            let way = word.filter { $0 != " " && $0 != "\t" }
            return !way.isEmpty && way != "none"
        }
    }

    private static func isLoopback(_ address: String) -> Bool {
        var four = in_addr()
        return inet_pton(AF_INET, address, &four) == 1 && UInt32(bigEndian: four.s_addr) >> 24 == 127
    }
}
