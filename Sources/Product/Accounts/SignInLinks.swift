import AccessControl
import Catalog
import Digests
import Telemetry

/// Links by which people choose passwords.
struct SignInLinks: Sendable {
    private static let tokenBytes = 32
    /// Seconds between attempts to reach the database after a start.
    private static let pauses = [1, 2, 5, 10] + [Int](repeating: 30, count: 60)

    /// What the page's addresses begin with; empty when it is not known.
    let page: String
    let catalog: CatalogDatabase
    let keys: SigningKeys

    /// A link, and what is kept of it.
    struct Link: Sendable {
        let token: String
        var digest: String { SignInLinks.digest(token) }
    }

    static func make() -> Link { Link(token: Base64URL.encode(Digest.randomBytes(tokenBytes))) }

    /// What is kept of a link's token.
    static func digest(_ token: String) -> String { Digest.hex(Digest.sha256(Array(token.utf8))) }

    /// The first administrator's link that ends at a time: the same in every process, and known to none that lacks the key.
    private func first(until expiry: String) -> Link {
        Link(token: Base64URL.encode(keys.codes(of: Array(expiry.utf8), purpose: "first administrator").first ?? []))
    }

    /// Where the link leads. The token stands where no server gets to see it.
    func address(_ link: Link) -> String { "\(page)/#accept=\(link.token)" }

    /// Prints the first administrator's link where nobody has an account. The database may not be there yet when a program
    /// starts.
    func printFirst(_ log: Log) async {
        for pause in Self.pauses {
            do {
                if let expiry = try await catalog.offerFirstLink({ first(until: $0).digest }) {
                    let link = first(until: expiry)
                    // The one secret that is printed: whoever reads this log owns the installation anyway, and it opens
                    // nothing once it was used.
                    log.warning("The first administrator signs up at \(address(link)) (within 24 hours, once).")
                }
                return
            } catch {
                log.warning(
                    "whether somebody has an account is not known yet", ["error": String(describing: error)])
            }
            try? await Task.sleep(for: .seconds(pause))
        }
        log.error("the database did not answer: restart the account app for the first administrator's link")
    }
}
