import SQLite
import Telemetry

/// A write to a blob: its conditions and lease, which are checked together with the write itself.
struct BlobChange: Sendable {
    /// Whether a blob that is there may be replaced.
    enum Overwrite: Sendable {
        case allowed, refused
    }

    static let noOverwrite = StorageFailure(
        403, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.")

    let record: BlobRecord
    private let overwrite: Overwrite
    private let conditions: Conditions
    private let lease: String?
    private let tagCondition: TagCondition?
    private let containerName: String
    private let clock: EmulatorClock

    init(_ blob: BlobOperations, headers: ContentHeaders, _ overwrite: Overwrite = .allowed) throws {
        self.overwrite = overwrite
        var record = BlobRecord(
            container: blob.container.id, name: blob.name, now: blob.store.clock.seconds)
        record.headers = headers
        record.metadata = try blob.call.metadata()
        record.tags = try BlobTags(header: blob.call.field("x-ms-tags"))
        record.tier = blob.call.field("x-ms-access-tier") ?? ""
        self.record = record
        conditions = try Conditions(blob.call)
        lease = try blob.call.leaseID()
        tagCondition = try blob.call.field("x-ms-if-tags").map { text throws(StorageFailure) in
            try TagCondition(text, parameter: "x-ms-if-tags")
        }
        containerName = blob.container.name
        clock = blob.store.clock
    }

    /// The blob as it is at the moment of the write, when everything allows it.
    func check(_ access: borrowing SQLiteDatabase.Access, mustExist: Bool = false) throws -> BlobRecord? {
        // The container may have gone while the body arrived.
        guard try !access.query("SELECT 1 FROM containers WHERE id = ?", [.integer(record.container)]).isEmpty else {
            throw BlobStore.noContainer
        }
        let current = try BlobStore.blob(access, record.container, record.name)
        if mustExist, current == nil { throw BlobStore.noBlob }
        if overwrite == .refused, current != nil { throw Self.noOverwrite }
        try conditions.checkWrite(
            current?.version, exists: mustExist ? .conditionNotMet : BlobOperations.alreadyExists)
        try (current?.lease ?? Lease()).checkWrite(lease, now: clock.milliseconds, kind: "Blob")
        if let tagCondition, !tagCondition.matches(current?.tags ?? .none, container: containerName) {
            throw StorageFailure.conditionNotMet
        }
        return current
    }

    func leaseAfterWrite(_ current: BlobRecord?) -> Lease {
        var lease = current?.lease ?? Lease()
        lease.noteWrite(now: clock.milliseconds)
        return lease
    }
}
