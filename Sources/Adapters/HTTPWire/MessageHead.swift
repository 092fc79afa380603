public import HTTPMessages

/// The start line and the fields of an HTTP/1.1 message (RFC 9112, section 2).
public struct MessageHead: Sendable {
    /// What a head may use up.
    public struct Limits: Sendable {
        /// Bytes of the first line.
        public var startLine: Int
        /// Bytes of the whole head.
        public var total: Int
        /// Number of field lines.
        public var fields: Int
        /// Whether a line may end without a carriage return (RFC 9112, section 2.2). Only where nobody behind us
        /// reads the same bytes.
        public var takesBareLineFeed: Bool

        /// Limits of one's own.
        public init(startLine: Int, total: Int, fields: Int, takesBareLineFeed: Bool) {
            self.startLine = startLine
            self.total = total
            self.fields = fields
            self.takesBareLineFeed = takesBareLineFeed
        }

        /// What the Functions host allows callers.
        public static let request = Limits(startLine: 8192, total: 32_768, fields: 100, takesBareLineFeed: false)
        /// What the host's client allows a handler.
        public static let response = Limits(startLine: 8192, total: 65_536, fields: 1000, takesBareLineFeed: true)
    }

    /// The three parts of the start line: method, target, version; or version, status, phrase.
    public let start: (String, String, String)
    public let fields: HTTPFields
    /// Bytes that the head takes up in the input, its empty line included.
    public let byteCount: Int

    /// Reads a head from the front of the input.
    ///
    /// - Returns: `nil` while it is not complete.
    /// - Throws: `MessageError` when it is malformed or beyond a limit.
    public static func parse(_ input: UnsafeRawBufferPointer, _ limits: Limits) throws(MessageError) -> MessageHead? {
        var place = 0
        // An empty line or two before a request is tolerated (RFC 9112, section 2.2).
        while place + 1 < input.count, place < 4, input[place] == 13, input[place + 1] == 10 { place += 2 }
        var start: (String, String, String)?
        var fields = HTTPFields()
        var count = 0
        while true {
            let limit = start == nil ? limits.startLine : limits.total - place
            guard let end = try lineEnd(input, from: place, limit: limit, limits) else {
                guard input.count - place <= limit else {
                    throw start == nil ? .startLineTooLong : .headTooLarge(limits.total)
                }
                return nil
            }
            let line = UnsafeRawBufferPointer(rebasing: input[place..<end.content])
            place = end.next
            guard start != nil else {
                start = try startLine(line)
                continue
            }
            guard !line.isEmpty else { break }
            count += 1
            guard count <= limits.fields else { throw .tooManyFields(limits.fields) }
            try append(line, to: &fields)
        }
        guard let start else { return nil }
        return MessageHead(start: start, fields: fields, byteCount: place)
    }

    private static func lineEnd(
        _ input: UnsafeRawBufferPointer, from place: Int, limit: Int, _ limits: Limits
    ) throws(MessageError) -> (content: Int, next: Int)? {
        let end = min(input.count, place + max(0, limit))
        var index = place
        while index < end, input[index] != 10 { index += 1 }
        guard index < end else { return nil }
        if index > place, input[index - 1] == 13 { return (index - 1, index + 1) }
        guard limits.takesBareLineFeed else { throw .malformed("a line ends without a carriage return") }
        return (index, index + 1)
    }

    private static func startLine(_ line: UnsafeRawBufferPointer) throws(MessageError) -> (String, String, String) {
        guard let first = line.firstIndex(of: 32) else { throw .malformed("the first line has no space") }
        let rest = line[(first + 1)...]
        let second = rest.firstIndex(of: 32) ?? line.endIndex
        let third = second < line.endIndex ? line[(second + 1)...] : line[second...]
        guard first > 0, !line.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw .malformed("the first line has control characters")
        }
        return (text(line[..<first]), text(line[(first + 1)..<second]), text(third))
    }

    private static func append(_ line: UnsafeRawBufferPointer, to fields: inout HTTPFields) throws(MessageError) {
        guard let colon = line.firstIndex(of: 58), colon > 0 else {
            throw .malformed("a field line has no name or no colon")
        }
        guard line[..<colon].allSatisfy(WireText.isTokenByte) else {
            throw .malformed("a field's name has characters that names must not have")
        }
        var value = line[(colon + 1)...]
        while let byte = value.first, byte == 32 || byte == 9 { value = value.dropFirst() }
        while let byte = value.last, byte == 32 || byte == 9 { value = value.dropLast() }
        guard value.allSatisfy(WireText.isFieldByte) else {
            throw .malformed("a field's value has control characters")
        }
        fields.appendReceived(text(line[..<colon]), text(value))
    }

    /// Bytes that are not UTF-8 are read as Latin-1, as field values were first defined.
    private static func text(_ slice: Slice<UnsafeRawBufferPointer>) -> String {
        let bytes = UnsafeRawBufferPointer(rebasing: slice)
        guard bytes.contains(where: { $0 >= 128 }) else {
            // Nearly all there ever is; copied without being looked at again.
            return String(unsafeUninitializedCapacity: bytes.count) { text in
                UnsafeMutableRawBufferPointer(text).copyMemory(from: bytes)
                return bytes.count
            }
        }
        return String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
