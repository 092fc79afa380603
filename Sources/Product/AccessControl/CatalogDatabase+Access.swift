public import Catalog

extension CatalogDatabase {
    /// What somebody sees of the workspace that they ask about.
    public func view(for access: Access) -> WorkspaceCatalog { view(of: access.workspace, for: access.person) }
}
