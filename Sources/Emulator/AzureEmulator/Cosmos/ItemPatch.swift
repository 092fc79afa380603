import CosmosQuery
import JSONCoding

/// A partial update of an item ("Partial document update"; docs/reference/cosmos-db.md, 4.3): at most ten
/// operations, all or nothing.
struct ItemPatch: Sendable {
    private struct Operation: Sendable {
        let kind: String
        let path: [String]
        let from: [String]
        let value: JSONValue?
    }

    private let operations: [Operation]
    private let condition: Query?

    init(_ body: JSONValue) throws {
        let list = body.array ?? body["operations"]?.array ?? []
        guard (1...10).contains(list.count) else { throw CosmosFailure.bad("A patch has 1 to 10 operations.") }
        operations = try list.map { item in
            guard let kind = item["op"]?.string?.lowercased(),
                ["add", "set", "replace", "remove", "incr", "increment", "move"].contains(kind)
            else { throw CosmosFailure.bad("The op of a patch is add, set, replace, remove, incr or move.") }
            let needsValue = !["remove", "move"].contains(kind)
            guard !needsValue || item["value"] != nil else {
                throw CosmosFailure.bad("The patch operation \(kind) needs a value.")
            }
            return Operation(
                kind: kind == "increment" ? "incr" : kind, path: try Self.path(item["path"]),
                from: kind == "move" ? try Self.path(item["from"]) : [], value: item["value"])
        }
        condition = try body["condition"]?.string.map { text throws(QueryError) in
            try QueryParser.parseCondition(text)
        }
    }

    /// A JSON pointer (RFC 6901).
    private static func path(_ value: JSONValue?) throws(CosmosFailure) -> [String] {
        guard let text = value?.string, text.hasPrefix("/"), text.utf8.count > 1 else {
            throw .bad("A patch's path begins with '/' and names a member.")
        }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// The item with every operation done.
    ///
    /// - Throws: `CosmosFailure` 412 when the condition does not hold, 400 for an operation that cannot be done.
    func applied(to item: JSONValue, keyPaths: [[String]], now: Int64) throws -> JSONValue {
        if let condition {
            let evaluator = Evaluator(parameters: [:], now: now)
            guard try !evaluator.results(of: condition, in: Scope(item: item)).isEmpty else {
                throw CosmosFailure.preconditionFailed
            }
        }
        var result = item
        for operation in operations {
            try Self.checkTarget(operation.path, keyPaths)
            switch operation.kind {
            case "move":
                try Self.checkTarget(operation.from, keyPaths)
                guard !operation.path.starts(with: operation.from) else {
                    throw CosmosFailure.bad("A value cannot be moved into itself.")
                }
                let value = try Self.value(at: operation.from[...], in: result)
                try Self.change(&result, operation.from[...], "remove", nil)
                try Self.change(&result, operation.path[...], "add", value)
            default: try Self.change(&result, operation.path[...], operation.kind, operation.value)
            }
        }
        return result
    }

    private static func checkTarget(_ path: [String], _ keyPaths: [[String]]) throws(CosmosFailure) {
        let system = ["id", "_rid", "_self", "_etag", "_ts", "_attachments"]
        if path.count == 1, system.contains(path[0]) { throw .bad("The member \(path[0]) cannot be patched.") }
        guard !keyPaths.contains(where: { $0.starts(with: path) || path.starts(with: $0) }) else {
            throw .bad("The partition key cannot be patched.")
        }
    }

    private static func failure(_ path: ArraySlice<String>) -> CosmosFailure {
        .bad("The path of a patch operation does not exist: .../\(path.joined(separator: "/")).")
    }

    private static func value(at path: ArraySlice<String>, in item: JSONValue) throws(CosmosFailure) -> JSONValue {
        var value = item
        for name in path {
            guard let next = value[name] ?? Int(name).flatMap({ value[$0] }) else { throw failure(path) }
            value = next
        }
        return value
    }

    private static func change(
        _ value: inout JSONValue, _ path: ArraySlice<String>, _ kind: String, _ new: JSONValue?
    ) throws(CosmosFailure) {
        guard let name = path.first else { return }
        let isLast = path.count == 1
        switch value {
        case .object(var object):
            if !isLast {
                guard var child = object[name] else { throw failure(path) }
                try change(&child, path.dropFirst(), kind, new)
                object[name] = child
            } else {
                guard object[name] != nil || !["replace", "remove"].contains(kind) else { throw failure(path) }
                object[name] = try result(kind, old: object[name], new)
            }
            value = .object(object)
        case .array(var list):
            if isLast, name == "-", kind == "add" || kind == "set", let new {
                list.append(new)
            } else {
                guard let index = Int(name), index >= 0, index <= list.count, isLast || index < list.count else {
                    throw failure(path)
                }
                if !isLast {
                    try change(&list[index], path.dropFirst(), kind, new)
                } else if kind == "add" || index == list.count && kind == "set", let new {
                    list.insert(new, at: index)
                } else {
                    guard index < list.count else { throw failure(path) }
                    if let changed = try result(kind, old: list[index], new) {
                        list[index] = changed
                    } else {
                        list.remove(at: index)
                    }
                }
            }
            value = .array(list)
        default: throw failure(path)
        }
    }

    /// What becomes of a member; `nil` removes it.
    private static func result(
        _ kind: String, old: JSONValue?, _ new: JSONValue?
    ) throws(CosmosFailure) -> JSONValue? {
        switch kind {
        case "remove": return nil
        case "incr":
            guard let step = new?.double, old == nil || old?.double != nil else {
                throw .bad("Only numbers can be incremented, by numbers.")
            }
            return ValueOrder.number((old?.double ?? 0) + step)
        default: return new
        }
    }
}
