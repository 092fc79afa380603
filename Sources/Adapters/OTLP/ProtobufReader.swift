public import JSONCoding

/// Turns a message in protobuf into OTLP's JSON form. Everything is checked: the bytes come from outside.
public enum ProtobufReader {
    /// Why bytes are no message.
    public enum Failure: Error, Sendable {
        /// A field reaches beyond its message's end, or is encoded in a way that does not exist.
        case malformed
        /// Messages inside messages, too many of them.
        case tooDeep
    }

    private static let deepest = 16

    /// Reads a message; fields that the schema does not know are skipped.
    public static func decode(_ bytes: [UInt8], as message: OTLPSchema.Message) throws(Failure) -> JSONValue {
        try decode(bytes[...], message, depth: 0)
    }

    private static func decode(
        _ bytes: ArraySlice<UInt8>, _ message: OTLPSchema.Message, depth: Int
    ) throws(Failure) -> JSONValue {
        guard depth < deepest else { throw .tooDeep }
        var rest = bytes
        var object = JSONObject()
        var lists: [String: [JSONValue]] = [:]
        while !rest.isEmpty {
            let tag = try varint(&rest)
            let wireType = Int(tag & 7)
            let payload = try payload(&rest, wireType)
            guard let field = message.fields.first(where: { UInt64($0.number) == tag >> 3 }) else { continue }
            if case .list(let kind) = field.kind {
                lists[field.name, default: []] += try elements(payload, kind, depth)
            } else {
                object[field.name] = try value(payload, field.kind, depth)
            }
        }
        for field in message.fields { if let list = lists[field.name] { object[field.name] = .array(list) } }
        return .object(object)
    }

    private enum Payload {
        case number(UInt64)
        case block(ArraySlice<UInt8>)
    }

    private static func payload(_ rest: inout ArraySlice<UInt8>, _ wireType: Int) throws(Failure) -> Payload {
        switch wireType {
        case 0: return .number(try varint(&rest))
        case 1: return .number(try fixed(&rest, 8))
        case 5: return .number(try fixed(&rest, 4))
        case 2:
            guard let count = Int(exactly: try varint(&rest)), count <= rest.count else { throw .malformed }
            defer { rest = rest.dropFirst(count) }
            return .block(rest.prefix(count))
        default: throw .malformed
        }
    }

    private static func value(
        _ payload: Payload, _ kind: OTLPSchema.Kind, _ depth: Int
    ) throws(Failure) -> JSONValue {
        switch (kind, payload) {
        case (.string, .block(let bytes)): return .string(String(decoding: bytes, as: UTF8.self))
        case (.identifier, .block(let bytes)): return .string(hex(bytes))
        case (.message(let message), .block(let bytes)): return try decode(bytes, message(), depth: depth + 1)
        case (.bool, .number(let number)): return .bool(number != 0)
        case (.double, .number(let number)): return .double(Double(bitPattern: number))
        case (.varint, .number(let number)), (.fixed32, .number(let number)): return .int(Int64(bitPattern: number))
        case (.fixed64, .number(let number)): return .string(String(number))
        case (.sfixed64, .number(let number)): return .string(String(Int64(bitPattern: number)))
        default: throw .malformed
        }
    }

    /// Numbers may be packed into one block or stand one by one.
    private static func elements(
        _ payload: Payload, _ kind: OTLPSchema.Kind, _ depth: Int
    ) throws(Failure) -> [JSONValue] {
        if case .message = kind { return [try value(payload, kind, depth)] }
        guard case .block(var rest) = payload else { return [try value(payload, kind, depth)] }
        var result: [JSONValue] = []
        while !rest.isEmpty { result.append(try value(.number(try fixed(&rest, 8)), kind, depth)) }
        return result
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws(Failure) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw .malformed }
            result |= UInt64(byte & 127) << shift
            if byte < 128 { return result }
        }
        throw .malformed
    }

    private static func fixed(_ rest: inout ArraySlice<UInt8>, _ count: Int) throws(Failure) -> UInt64 {
        guard rest.count >= count else { throw .malformed }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
    }
}
