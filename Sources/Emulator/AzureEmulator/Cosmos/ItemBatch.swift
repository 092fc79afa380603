import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite

/// A transactional batch: up to 100 operations in one partition, all or none (docs/reference/cosmos-db.md, 4.4).
struct ItemBatch: Sendable {
    struct Operation: Sendable {
        let kind: String
        let id: String
        let body: JSONValue
        let conditions: ItemWriter.Conditions
        /// The partition key's JSON, where operations have keys of their own.
        let key: String?
    }

    /// The operation that failed; thrown so that nothing of the others stays.
    private struct Failure: Error {
        let index: Int
        let failure: CosmosFailure
    }

    private static let maximumOperations = 100
    /// The version that every HybridRow begins with.
    private static let hybridRow: UInt8 = 0x81

    let operations: [Operation]

    init(_ bytes: [UInt8]) throws {
        guard bytes.first != Self.hybridRow else {
            throw CosmosFailure(
                501, "NotImplemented",
                "The batch is HybridRow, a binary form that Microsoft.Azure.Cosmos for .NET alone sends, and that this "
                    + "emulator does not read. Write the items one by one, or without AllowBulkExecution; the SDKs for "
                    + "Python, JavaScript, Java and Go send their batches as JSON.")
        }
        let body = try JSONParser.parse(bytes, maximumDepth: CosmosService.maximumDepth)
        guard let list = body.array, (1...Self.maximumOperations).contains(list.count) else {
            throw CosmosFailure.bad("Batch request has to be a list of 1 to 100 operations.")
        }
        operations = try list.map { item in
            guard let kind = item["operationType"]?.string,
                ["Create", "Upsert", "Read", "Replace", "Delete", "Patch"].contains(kind)
            else { throw CosmosFailure.bad("An operation's type is Create, Upsert, Read, Replace, Delete or Patch.") }
            let needsBody = !["Read", "Delete"].contains(kind)
            guard !needsBody || item["resourceBody"] != nil else {
                throw CosmosFailure.bad("The operation \(kind) needs a resourceBody.")
            }
            return Operation(
                kind: kind, id: item["id"]?.string ?? "", body: item["resourceBody"] ?? .null,
                conditions: .init(match: item["ifMatch"]?.string, noneMatch: item["ifNoneMatch"]?.string),
                key: item["partitionKey"].flatMap { $0.string ?? $0.array.map { JSONValue.array($0).text } })
        }
    }

    func run(_ writer: ItemWriter, _ database: SQLiteDatabase) async throws -> HTTPResponse {
        do {
            let outcomes = try await database.write { access in
                var outcomes: [ItemWriter.Outcome] = []
                for (index, operation) in operations.enumerated() {
                    do {
                        outcomes.append(try Self.perform(operation, writer, access))
                    } catch let error as SQLiteError {
                        throw error
                    } catch {
                        throw Failure(index: index, failure: CosmosFailure(error))
                    }
                }
                return outcomes
            }
            return HTTPResponse(json: .array(outcomes.map(Self.json)))
        } catch let failure as Failure {
            let results = operations.indices.map { index -> JSONValue in
                index == failure.index ? Self.json(failure.failure) : Self.notTried
            }
            return HTTPResponse(HTTPStatus(rawValue: 207), json: .array(results))
        }
    }

    static func perform(
        _ operation: Operation, _ writer: ItemWriter, _ access: borrowing SQLiteDatabase.Access
    ) throws -> ItemWriter.Outcome {
        switch operation.kind {
        case "Create": try writer.create(operation.body, access)
        case "Upsert": try writer.upsert(operation.body, operation.conditions, access)
        case "Replace": try writer.replace(operation.id, operation.body, operation.conditions, access)
        case "Patch": try writer.patch(operation.id, try ItemPatch(operation.body), operation.conditions, access)
        case "Delete": try writer.delete(operation.id, operation.conditions, access)
        default: try writer.read(operation.id, access)
        }
    }

    /// The result of an operation that was not carried out because another one failed.
    static let notTried: JSONValue = ["statusCode": 424, "requestCharge": 0]

    static func json(_ failure: CosmosFailure) -> JSONValue {
        var entry: JSONObject = ["statusCode": .int(Int64(failure.status.rawValue)), "requestCharge": 1]
        entry["subStatusCode"] = failure.subStatus.map { .int(Int64($0)) }
        entry["message"] = .string(failure.message)
        return .object(entry)
    }

    static func json(_ outcome: ItemWriter.Outcome) -> JSONValue {
        var entry: JSONObject = ["statusCode": .int(Int64(outcome.status)), "requestCharge": 1]
        entry["eTag"] = outcome.etag.map { .string($0) }
        entry["resourceBody"] = outcome.body.flatMap { try? ItemText.parse($0) }
        return .object(entry)
    }
}
