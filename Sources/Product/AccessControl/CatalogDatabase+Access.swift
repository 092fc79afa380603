public import Catalog

extension CatalogDatabase {
    /// What somebody sees of the workspace that they ask about. Its owners see every document, for they say who else does.
    public func view(for access: Access) -> WorkspaceCatalog {
        view(of: access.workspace, for: access.person, seesEverything: access.role == .owner)
    }
}
