/// Why the store refuses what a caller asks for. The server words it.
public enum VectorError: Error, Sendable, Equatable {
    case tenantExists(String)
    case databaseExists(String)
    /// A database that was to be removed.
    case databaseMissing(String)
    /// The database in which a collection was to be made.
    case homeMissing(database: String)
    case collectionExists(name: String)
    case collectionMissing(id: String)
    /// A query names ids, and not all of them are there.
    case recordMissing
    case wrongDimension(expected: Int, given: Int)
    /// A dense vector was to be searched under a metadata key.
    case denseQuery(key: String)
    /// A sparse vector was to be searched under a key without an index.
    case noSparseIndex(key: String)
    /// The schema switches the index off that a filter needs.
    case documentsNotIndexed
    /// - `type`: `Str`, `Int`, `Float` or `Bool`.
    case keyNotIndexed(key: String, type: String)
    /// There was no room; nothing was changed.
    case diskFull
    /// So many collections are in use at this moment that no other can be opened.
    case tooManyInUse
    /// There may not be more of these.
    case tooMany(Countable, limit: Int)

    /// What there is a limited number of.
    public enum Countable: String, Sendable {
        case tenants
        /// Of a tenant.
        case databases
        /// Of a tenant, in all its databases.
        case collections
    }
}
