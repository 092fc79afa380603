import Glibc

/// Whether a stack's page may listen where others reach it.
enum OpenPage {
    /// Says that the page is meant to be open to everybody, or that something before it signs people in.
    static let permission = "APUS_OPEN"

    /// Refuses a page that everybody who reaches the address could use.
    ///
    /// - Throws: `StackError` that names the remedies.
    static func check(address: String, environment: [String: String]) throws {
        let unknown = words(environment).filter { !ways.contains($0) }
        guard unknown.isEmpty else {
            throw StackError(
                "APUS_SIGN_IN names \(unknown.joined(separator: ", ")), which is no way to sign in. Set it to local, or to none."
            )
        }
        guard Set(words(environment)).isSuperset(of: ["none", "local"]) == false else {
            throw StackError("APUS_SIGN_IN names none beside another way to sign in. Leave one of them out.")
        }
        guard !isLoopback(address), !signsIn(environment), environment[permission] != "yes" else { return }
        throw StackError(
            "whoever reaches \(address) could read and delete everything: set APUS_SIGN_IN=local so that people sign in, or "
                + "\(permission)=yes if that is meant, or if a proxy before the page signs them in.")
    }

    /// Whether the settings have people sign in.
    static func signsIn(_ environment: [String: String]) -> Bool {
        words(environment).contains { $0 != "none" }
    }

    /// As the apps know them; they say the same, later and each by itself.
    private static let ways = ["none", "local"]

    private static func words(_ environment: [String: String]) -> [String] {
        (environment["APUS_SIGN_IN"] ?? "").split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
            .filter { !$0.isEmpty }
    }

    private static func isLoopback(_ address: String) -> Bool {
        var four = in_addr()
        return inet_pton(AF_INET, address, &four) == 1 && UInt32(bigEndian: four.s_addr) >> 24 == 127
    }
}
