public import JSONCoding

/// Turns a message in OTLP's JSON form into protobuf (Protocol Buffers, "Encoding").
public enum ProtobufWriter {
    /// The bytes of a message; members that the schema does not know are left out.
    public static func encode(_ value: JSONValue, as message: OTLPSchema.Message) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, message, to: &bytes)
        return bytes
    }

    private static func write(_ value: JSONValue, _ message: OTLPSchema.Message, to bytes: inout [UInt8]) {
        for field in message.fields {
            guard let member = value[field.name], !member.isNull else { continue }
            if case .list(let kind) = field.kind {
                writeList(member.array ?? [], field.number, kind, to: &bytes)
            } else {
                write(member, field.number, field.kind, to: &bytes)
            }
        }
    }

    private static func write(_ value: JSONValue, _ number: Int, _ kind: OTLPSchema.Kind, to bytes: inout [UInt8]) {
        switch kind {
        case .string: writeBlock(Array((value.string ?? "").utf8), number, to: &bytes)
        case .identifier: writeBlock(hexBytes(value.string ?? ""), number, to: &bytes)
        case .message(let message): writeBlock(encode(value, as: message()), number, to: &bytes)
        case .bool:
            writeTag(number, 0, to: &bytes)
            bytes.append(value.bool == true ? 1 : 0)
        case .varint:
            writeTag(number, 0, to: &bytes)
            writeVarint(UInt64(bitPattern: integer(value)), to: &bytes)
        case .double, .fixed64, .sfixed64:
            writeTag(number, 1, to: &bytes)
            writeFixed(value, kind, to: &bytes)
        case .fixed32:
            writeTag(number, 5, to: &bytes)
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: integer(value)).littleEndian) { bytes += $0 }
        case .list: break
        }
    }

    /// Numbers are packed into one block; messages stand one by one.
    private static func writeList(
        _ values: [JSONValue], _ number: Int, _ kind: OTLPSchema.Kind, to bytes: inout [UInt8]
    ) {
        if case .message = kind {
            for value in values { write(value, number, kind, to: &bytes) }
        } else if !values.isEmpty {
            var block: [UInt8] = []
            for value in values { writeFixed(value, kind, to: &block) }
            writeBlock(block, number, to: &bytes)
        }
    }

    private static func writeFixed(_ value: JSONValue, _ kind: OTLPSchema.Kind, to bytes: inout [UInt8]) {
        let pattern: UInt64 =
            if case .double = kind { (value.double ?? 0).bitPattern } else { UInt64(bitPattern: integer(value)) }
        withUnsafeBytes(of: pattern.littleEndian) { bytes += $0 }
    }

    private static func writeBlock(_ block: [UInt8], _ number: Int, to bytes: inout [UInt8]) {
        writeTag(number, 2, to: &bytes)
        writeVarint(UInt64(block.count), to: &bytes)
        bytes += block
    }

    private static func writeTag(_ number: Int, _ wireType: Int, to bytes: inout [UInt8]) {
        writeVarint(UInt64(number << 3 | wireType), to: &bytes)
    }

    private static func writeVarint(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// JSON carries 64-bit integers as texts.
    private static func integer(_ value: JSONValue) -> Int64 {
        guard let text = value.string else { return value.int ?? 0 }
        return Int64(text) ?? UInt64(text).map { Int64(bitPattern: $0) } ?? 0
    }

    private static func hexBytes(_ text: String) -> [UInt8] {
        let digits = text.compactMap { $0.hexDigitValue.map(UInt8.init) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
