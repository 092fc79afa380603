public import APIDescription

extension GuardedRoutes {
    /// The table, as the description of the API takes it.
    public var declared: [DeclaredRoute] {
        table.map { row in
            guard let permission = row.permission else { return DeclaredRoute(row.method, row.path, .open) }
            if row.isPersonal {
                return DeclaredRoute(
                    row.method, row.path, .personal(scope: row.takesKeys ? permission.rawValue : nil))
            }
            guard let role = permission.role else { return DeclaredRoute(row.method, row.path, .installation) }
            return DeclaredRoute(
                row.method, row.path,
                .workspace(scope: permission.rawValue, role: role.rawValue, isInPath: row.namesWorkspace))
        }
    }
}
