/// Why somebody is not signed in by an identity provider.
struct OpenIDFailure: Error, Equatable {
    /// What the page says to them. The page has a text for each (`web/js/strings.js`).
    enum Code: String, CaseIterable {
        /// The provider does not answer, or not as one does.
        case unavailable
        /// The provider says no, or they have.
        case refused
        /// What the provider says is not to be believed.
        case invalid
        /// The attempt was begun in another browser, too long ago, or has come back before.
        case expired
        /// Nobody has added them.
        case notAdmitted = "not_admitted"
        /// What `REQUIRE` asks for is not so.
        case outside
        /// The provider leaves out the groups.
        case groups
        /// The link does not count any more.
        case link
        /// The account at the provider is another person's here.
        case taken
        /// Too many sign in at the moment.
        case busy
    }

    let code: Code
    /// For the log: what is wrong. Never what came, but for a name of a claim or of an error.
    let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
