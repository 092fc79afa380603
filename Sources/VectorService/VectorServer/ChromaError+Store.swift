import Chroma
import HTTPMessages
import Vectors

extension ChromaError {
    /// What the store refuses, as Chroma's API words it.
    init(_ error: VectorError) {
        switch error {
        case .tenantExists(let name): self = .conflict("Tenant [\(name)] already exists")
        case .databaseExists(let name): self = .conflict("Database [\(name)] already exists")
        case .databaseMissing(let name): self = .notFound("Database [\(name)] not found")
        case .homeMissing(let database): self = .invalid("Database [\(database)] does not exist")
        case .collectionExists(let name): self = .conflict("Collection [\(name)] already exists")
        case .collectionMissing(let id): self = .notFound("Collection [\(id)] does not exist.")
        case .recordMissing: self = .internal("Error executing plan: Internal error: Error finding id")
        case .wrongDimension(let expected, let given):
            self = .invalid("Collection expecting embedding with dimension of \(expected), got \(given)")
        case .denseQuery(let key):
            self = .invalid("Dense vectors are searched under #embedding, not under \(key)")
        case .noSparseIndex(let key): self = .invalid("There is no sparse vector index on \(key)")
        case .documentsNotIndexed:
            self = .invalid("Cannot filter using full-text search because FTS indexing is disabled")
        case .keyNotIndexed(let key, let type):
            self = .invalid(
                "Cannot filter using metadata key '\(key)' with type '\(type)' because indexing is disabled")
        case .tooManyInUse:
            self = ChromaError(
                .serviceUnavailable, "InternalError", "Too many collections are in use; try again in a moment")
        case .tooMany(.tenants, let limit):
            self = .quota("the server has at most \(limit) tenants")
        case .tooMany(let kind, let limit):
            self = .quota("a tenant has at most \(limit) \(kind.rawValue); delete some that are not needed any more")
        case .diskFull: self = .internal("The disk is full: nothing was changed. Make room and try again")
        }
    }

    private static func conflict(_ message: String) -> ChromaError { ChromaError(.conflict, "ChromaError", message) }

    private static func quota(_ message: String) -> ChromaError {
        ChromaError(.unprocessableContent, "QuotaError", "Quota exceeded: " + message)
    }

    private static func `internal`(_ message: String) -> ChromaError {
        ChromaError(.internalServerError, "InternalError", message)
    }
}
