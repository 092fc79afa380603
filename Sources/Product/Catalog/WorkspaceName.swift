/// The id of a workspace, which is part of paths, of the vector service's tenants and of addresses.
public enum WorkspaceName {
    /// Characters; the vector service wants three at least.
    public static let length = 3...40

    /// Whether a text can be one: small letters, digits and hyphens, with no hyphen at either end.
    public static func isValid(_ text: String) -> Bool {
        length.contains(text.utf8.count) && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
}
