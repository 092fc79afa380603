import Chroma
import Digests

extension VectorStore {
    // MARK: - Tenants and databases

    /// Makes a tenant.
    public func createTenant(_ name: String) async throws { try await catalog.createTenant(name) }

    /// Whether there is such a tenant.
    public func hasTenant(_ name: String) -> Bool { catalog.read { $0.tenants[name] != nil } }

    /// The name under which the tenant's collections can be addressed from outside.
    public func resourceName(tenant: String) -> String? { catalog.read { $0.tenants[tenant] ?? nil } }

    /// Sets that name; nothing happens when there is no such tenant.
    public func setResourceName(_ name: String, tenant: String) async throws {
        try await catalog.setResourceName(name, tenant: tenant)
    }

    /// Makes a database.
    public func createDatabase(_ name: String, id: String, tenant: String) async throws {
        try await catalog.createDatabase(name, id: id, tenant: tenant)
    }

    /// The id of a database, `nil` when there is none.
    public func databaseID(_ name: String, tenant: String) -> String? {
        catalog.read { $0.databases[.init(tenant: tenant, database: name, name: "")]?.id }
    }

    /// Names and ids of a tenant's databases, by name.
    public func databases(tenant: String, offset: Int, limit: Int) -> [(id: String, name: String)] {
        let all = catalog.read { state in state.databases.values.filter { $0.tenant == tenant } }
        return all.sorted { $0.name < $1.name }.dropFirst(offset).prefix(limit).map { ($0.id, $0.name) }
    }

    /// Removes a database with its collections.
    public func deleteDatabase(_ name: String, tenant: String) async throws {
        discard(try await catalog.deleteDatabase(name, tenant: tenant))
    }

    // MARK: - Collections

    /// Makes a collection, or returns the one that exists if that is allowed.
    public func createCollection(_ info: CollectionInfo, orGet: Bool) async throws -> CollectionInfo {
        while true {
            // The usual case of clients that get or create at each start needs no transaction.
            if orGet, let found = try await collection(named: info.name, tenant: info.tenant, database: info.database) {
                return found
            }
            let (made, isNew) = try await catalog.create(info, orGet: orGet)
            if isNew { return made }
            // One that was deleted as soon as it was found is made again: to get or create it cannot fail.
            if let found = try await described(made) { return found }
        }
    }

    /// The collection of that name, `nil` when there is none.
    public func collection(named name: String, tenant: String, database: String) async throws -> CollectionInfo? {
        let found = catalog.read { state in
            state.places[.init(tenant: tenant, database: database, name: name)].flatMap { state.collections[$0] }
        }
        guard let found else { return nil }
        return try await described(found)
    }

    /// The collection of that id as the catalogue has it, if it belongs to the tenant and database.
    ///
    /// - Throws: `VectorError.collectionMissing` otherwise.
    public func reference(id: String, tenant: String, database: String) throws -> CollectionInfo {
        let found = catalog.read { $0.collections[id] }
        guard let found, found.tenant == tenant, found.database == database else {
            throw VectorError.collectionMissing(id: id)
        }
        return found
    }

    /// A database's collections, by id.
    public func collections(tenant: String, database: String, offset: Int, limit: Int) async throws -> [CollectionInfo]
    {
        let all = catalog.read { state in
            state.collections.values.filter { $0.tenant == tenant && $0.database == database }
        }
        var result: [CollectionInfo] = []
        for info in all.sorted(by: { $0.id < $1.id }).dropFirst(offset).prefix(limit) {
            if let found = try await described(info) { result.append(found) }
        }
        return result
    }

    /// How many collections a database has.
    public func collectionCount(tenant: String, database: String) -> Int {
        catalog.read { state in
            state.collections.values.count { $0.tenant == tenant && $0.database == database }
        }
    }

    /// The collection that a name such as `tenant:database:collection` stands for; the tenant by its resource name or
    /// its own.
    public func collection(tenant: String, database: String, name: String) async throws -> CollectionInfo? {
        let tenants = catalog.read { state in
            state.tenants.filter { $0.key == tenant || $0.value == tenant }.map(\.key).sorted()
        }
        for tenant in tenants {
            if let found = try await collection(named: name, tenant: tenant, database: database) { return found }
        }
        return nil
    }

    /// Adds what the records brought: dimension, version, keys of the schema. `nil` when the collection is gone, which
    /// it can be however recently it was found.
    public func described(_ info: CollectionInfo) async throws -> CollectionInfo? {
        do {
            return try await withCollection(info) { collection in
                guard let collection else { return info }
                var result = info
                let (dimension, version, keys) = collection.lock.reading {
                    (collection.state.dimension, collection.state.version, collection.state.keys)
                }
                result.dimension = dimension
                result.version = version
                result.schema = info.schema.discovering(keys)
                return result
            }
        } catch VectorError.collectionMissing {
            return nil
        }
    }

    /// Changes the description as it is at that moment, so that two changes side by side both stay.
    public func update(_ id: String, _ change: @escaping @Sendable (inout CollectionInfo) throws -> Void) async throws {
        let (old, new) = try await catalog.update(id, change)
        guard old.schema != new.schema else { return }
        setSearchCandidates(new)
        // The graph's own parameters are fixed while a collection is open.
        closeUnused(id)
    }

    /// Deletes a collection with its records.
    public func delete(_ info: CollectionInfo) async throws {
        try await catalog.delete(info.id)
        discard([info.id])
    }

    // MARK: - Forks

    /// A copy of a collection in the same database, independent from then on.
    public func fork(_ info: CollectionInfo, name: String) async throws -> CollectionInfo {
        let copy = CollectionInfo(
            id: UUIDv7.random(), name: name, tenant: info.tenant, database: info.database, metadata: info.metadata,
            schema: info.schema, root: info.root)
        let target = folder(copy.id)
        let isTaken = catalog.read { $0.places[copy.place] != nil }
        guard !isTaken else { throw VectorError.collectionExists(name: name) }
        do {
            try await withCollection(info) { collection in
                guard let collection else { return }
                try await collection.onQueue { try CollectionCopy.copy(collection.directory, to: target) }
            }
            let (made, _) = try await catalog.create(copy, orGet: false)
            return try await described(made) ?? made
        } catch {
            discard([copy.id])
            throw error
        }
    }

    /// Forks ever made in the tree that the collection belongs to.
    public func forkCount(_ info: CollectionInfo) -> Int { catalog.read { $0.forks[info.root] ?? 0 } }
}
