import SQLite

/// What the services keep, on one clock.
struct EmulatorStores: Sendable {
    let clock: EmulatorClock
    let blobs: BlobStore
    let queues: QueueStore
    let cosmos: CosmosStore
    let vault: VaultStore

    /// Opens what a folder holds.
    init(directory: String, clock: EmulatorClock) throws {
        self.clock = clock
        blobs = try BlobStore(directory: directory, clock: clock)
        queues = try QueueStore(directory: directory, clock: clock)
        cosmos = try CosmosStore(directory: directory, clock: clock)
        vault = try VaultStore(directory: directory, clock: clock)
    }

    /// Takes what is over off the disk: items, messages, blocks that nobody commits and secrets that nobody recovers.
    func removeExpired() async throws {
        try await cosmos.removeExpired()
        try await queues.removeExpired()
        try await blobs.removeExpired()
        try await vault.removeExpired()
    }

    /// Removes everything.
    func removeAll() async throws {
        let files = try await blobs.database.write { access in
            let rows = try access.query("SELECT file FROM contents WHERE file IS NOT NULL")
            let files = rows.compactMap { row in row[0].string.map { ContentHolds.Content.file($0) } }
            for table in ["containers", "blobs", "contents", "parts", "blocks", "properties", "delegation_keys"] {
                try access.query("DELETE FROM \(table)")
            }
            return files
        }
        await blobs.discard(files)
        try await queues.database.write { access in
            for table in ["queues", "messages", "properties"] { try access.query("DELETE FROM \(table)") }
        }
        try await cosmos.changeSchema { access in
            for table in ["databases", "containers", "items", "unique_values"] {
                try access.query("DELETE FROM \(table)")
            }
        }
        try await vault.database.write { access in
            for table in ["secrets", "deleted"] { try access.query("DELETE FROM \(table)") }
        }
    }
}
