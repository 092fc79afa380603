extension HTTPFields {
    /// The field in which the page's port says from which address a request came that it passes on.
    public static let callersAddress = "x-apus-client"
}
