import Glibc
import Settings

/// Whether a stack's page may listen where others reach it.
enum OpenPage {
    /// Says that the page is meant to be open to everybody, or that something before it signs people in.
    static let permission = "APUS_OPEN"

    /// Refuses a page that everybody who reaches the address could use.
    ///
    /// - Throws: `StackError` that names the remedies.
    static func check(address: String, environment: [String: String]) throws {
        let (ways, settings) = read(environment)
        // As every app would say by itself, and be started again for.
        do { try settings.finish() } catch { throw StackError(error.problems.joined(separator: "; ") + ".") }
        guard !isLoopback(address), ways.isNone, environment[permission] != "yes" else { return }
        throw StackError(
            "whoever reaches \(address) could read and delete everything: set APUS_SIGN_IN=local so that people sign in, or "
                + "\(permission)=yes if that is meant, or if a proxy before the page signs them in.")
    }

    /// Whether the settings have people sign in.
    static func signsIn(_ environment: [String: String]) -> Bool { !read(environment).ways.isNone }

    private static func read(_ environment: [String: String]) -> (ways: SignInWays, settings: SettingsReader) {
        var settings = SettingsReader(environment.filter { $0.key == SignInWays.setting })
        return (SignInWays(&settings), settings)
    }

    private static func isLoopback(_ address: String) -> Bool {
        var four = in_addr()
        return inet_pton(AF_INET, address, &four) == 1 && UInt32(bigEndian: four.s_addr) >> 24 == 127
    }
}
