import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite

/// A batch that is not atomic: each operation has a partition key and an outcome of its own (`items.bulk` of the
/// JavaScript SDK, `executeBulkOperations` of the Java SDK; docs/reference/cosmos-db.md, 4.4).
struct ItemBulk: Sendable {
    let batch: ItemBatch
    let container: CosmosStore.Container
    let clock: EmulatorClock
    /// The range of effective partition keys that the request is sent to.
    let range: (minimum: String, maximum: String)?
    /// Whether an operation that fails leaves the next ones to be carried out.
    let goesOn: Bool
    /// The key of operations that have none.
    let key: PartitionKey?

    func run(_ database: SQLiteDatabase) async throws -> HTTPResponse {
        let (results, hasFailed) = try await database.write { access in
            var results: [JSONValue] = []
            var hasFailed = false
            for operation in batch.operations {
                if hasFailed, !goesOn {
                    results.append(ItemBatch.notTried)
                    continue
                }
                try access.query("SAVEPOINT operation")
                do {
                    results.append(ItemBatch.json(try ItemBatch.perform(operation, try writer(operation), access)))
                } catch let error as SQLiteError {
                    throw error
                } catch {
                    try access.query("ROLLBACK TO operation")
                    results.append(ItemBatch.json(CosmosFailure(error)))
                    hasFailed = true
                }
                try access.query("RELEASE operation")
            }
            return (results, hasFailed)
        }
        return HTTPResponse(hasFailed ? HTTPStatus(rawValue: 207) : .ok, json: .array(results))
    }

    private func writer(_ operation: ItemBatch.Operation) throws(CosmosFailure) -> ItemWriter {
        guard let own = try operation.key.map({ text throws(CosmosFailure) in try PartitionKey(header: text) }) ?? key,
            own.components.count == container.keyPaths.count
        else { throw .bad("Each operation of a bulk request needs a whole partition key.", subStatus: 1001) }
        if let range, own.effective < range.minimum || own.effective >= range.maximum {
            throw CosmosFailure(410, "Gone", "The partition key is not in the range that was asked.", subStatus: 1002)
        }
        return ItemWriter(container: container, key: own, clock: clock)
    }
}
