package import APIDescription

extension AccountFunctions {
    /// What is to be known of the app's routes.
    package static let topics = [
        APITopic("Sign-in", "Sessions in a browser begin and end here.", SignInDescription.routes),
        APITopic("Oneself", "What is about whoever asks.", OneselfDescription.routes),
        APITopic("Workspaces", "What people share, and who is in it.", WorkspaceDescription.routes),
        APITopic("Quotas", "What may be used up, and what was.", QuotaDescription.routes),
        APITopic("Administration", "People of the installation, and who did what.", PeopleDescription.routes),
    ]
}
