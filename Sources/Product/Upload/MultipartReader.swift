import HTTPMessages
import TextEncodings
import TextSearch

/// Takes a `multipart/form-data` body apart while it arrives (RFC 7578, RFC 2046 section 5.1), holding no more than
/// one piece.
struct MultipartReader {
    /// The head of a part.
    struct Part: Equatable {
        let name: String
        let fileName: String?
        let contentType: String?
    }

    /// Why a body cannot be read.
    struct Failure: Error, Equatable {
        let reason: String
    }

    private static let maximumHeadBytes = 16 * 1024
    private static let standardParts = 100

    private let source: any HTTPBodySource
    private let delimiter: [UInt8]
    private let maximumParts: Int
    private var buffer: [UInt8]
    /// Bytes at the front of the buffer in which what is looked for does not begin.
    private var searched = 0
    private var isEnded = false
    private var isInPart = false
    private var parts = 0

    /// A reader for a body whose content type gives the boundary; `nil` when it does not.
    init?(_ source: any HTTPBodySource, contentType: String, maximumParts: Int = standardParts) {
        guard let boundary = Self.parameter("boundary", of: contentType), (1...200).contains(boundary.utf8.count) else {
            return nil
        }
        self.source = source
        self.maximumParts = maximumParts
        delimiter = "\r\n--\(boundary)".bytes
        // The first delimiter stands at the very beginning; with a line end before it, it looks like the others.
        buffer = [13, 10]
    }

    /// The next part's head; `nil` after the last part. What is left of the current part is skipped.
    mutating func nextPart() async throws -> Part? {
        if isInPart { while try await nextPiece() != nil {} }
        if parts == 0 {
            guard try await skipToDelimiter() else { throw Failure(reason: "The body has no part.") }
        }
        // After a delimiter: "--" ends the body, a line end begins a part.
        try await fill(to: 2)
        guard buffer.count >= 2 else { throw Failure(reason: "The body is cut short.") }
        if buffer[0] == 45, buffer[1] == 45 { return nil }
        parts += 1
        guard parts <= maximumParts else {
            throw Failure(reason: "The body has more than \(maximumParts) parts.")
        }
        let head = try await readHead()
        isInPart = true
        return head
    }

    /// The next piece of the current part's content; `nil` at its end.
    mutating func nextPiece() async throws -> [UInt8]? {
        guard isInPart else { return nil }
        while true {
            if let place = find(delimiter) {
                if place > 0 {
                    let piece = Array(buffer[..<place])
                    drop(place)
                    return piece
                }
                drop(delimiter.count)
                isInPart = false
                return nil
            }
            // Everything but a possible beginning of the delimiter is content.
            let safe = buffer.count - (delimiter.count - 1)
            if safe >= 32 * 1024 || isEnded && safe > 0 {
                let piece = Array(buffer[..<safe])
                drop(safe)
                return piece
            }
            guard try await more() else { throw Failure(reason: "The body is cut short.") }
        }
    }

    private mutating func readHead() async throws -> Part {
        let end: [UInt8] = [13, 10, 13, 10]
        while true {
            if let place = find(end) {
                let head = Self.text(buffer[..<place])
                drop(place + 2)
                // An empty content's delimiter begins with the line end that ends the head, so that one stays; other
                // contents begin after it.
                if !(try await startsWithDelimiter()) { drop(2) }
                return try Self.part(head)
            }
            guard buffer.count <= Self.maximumHeadBytes else { throw Failure(reason: "A part's head is too long.") }
            guard try await more() else { throw Failure(reason: "The body is cut short.") }
        }
    }

    private static func part(_ head: String) throws -> Part {
        var disposition = ""
        var type: String?
        for line in head.split(separator: "\r\n") {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            switch pair[0].lowercased() {
            case "content-disposition": disposition = String(pair[1])
            case "content-type": type = String(pair[1].drop { $0 == " " })
            default: break
            }
        }
        guard let name = parameter("name", of: disposition) else { throw Failure(reason: "A part has no name.") }
        return Part(name: name, fileName: fileName(of: disposition), contentType: type)
    }

    /// Names are UTF-8 (RFC 7578, section 5.1.2), and Latin-1 from programs that do not know it.
    private static func text(_ head: ArraySlice<UInt8>) -> String {
        String(validating: head, as: UTF8.self) ?? String(String.UnicodeScalarView(head.map { Unicode.Scalar($0) }))
    }

    /// The extended form counts before the plain one, which is there for whoever cannot read it (RFC 6266, section 4.3);
    /// .NET writes encoded words into the plain one.
    private static func fileName(of disposition: String) -> String? {
        if let name = parameter("filename*", of: disposition).flatMap(EncodedWords.extended) { return name }
        guard let name = parameter("filename", of: disposition) else { return nil }
        return name.hasPrefix("=?") ? EncodedWords.decoded(name) : name
    }

    /// The value of a parameter in a field such as `form-data; name="file"; filename="a.pdf"`.
    static func parameter(_ name: String, of field: String) -> String? {
        var rest = field[...]
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let key = rest[..<equals].lowercased().filter { $0 != " " }
            let behind = rest.index(after: equals)
            rest = rest[behind...].drop { $0 == " " }
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.popFirst(), character != "\"" {
                    // Browsers write a quote as %22 and leave backslashes alone; curl escapes it.
                    if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                        value.append(next)
                        rest = rest.dropFirst()
                    } else {
                        value.append(character)
                    }
                }
                value = value.replacing("%22", with: "\"").replacing("%0D", with: "\r").replacing("%0A", with: "\n")
            } else {
                let end = rest.firstIndex(of: ";") ?? rest.endIndex
                value = String(rest[..<end].reversed().drop { $0 == " " }.reversed())
                rest = rest[end...]
            }
            if key == name { return value }
        }
        return nil
    }

    private mutating func skipToDelimiter() async throws -> Bool {
        while true {
            if let place = find(delimiter) {
                drop(place + delimiter.count)
                return true
            }
            if buffer.count > Self.maximumHeadBytes { return false }
            guard try await more() else { return false }
        }
    }

    private mutating func fill(to count: Int) async throws {
        while buffer.count < count { guard try await more() else { return } }
    }

    private mutating func startsWithDelimiter() async throws -> Bool {
        try await fill(to: delimiter.count)
        return buffer.starts(with: delimiter)
    }

    private mutating func more() async throws -> Bool {
        guard !isEnded, let piece = try await source.next() else {
            isEnded = true
            return false
        }
        buffer += piece
        return true
    }

    /// The place of the bytes in the buffer. What has been looked through is not looked through again when more comes.
    private mutating func find(_ part: [UInt8]) -> Int? {
        let place = Self.find(part, in: buffer, from: searched)
        searched = place ?? max(searched, buffer.count - part.count + 1)
        return place
    }

    private mutating func drop(_ count: Int) {
        buffer.removeFirst(count)
        searched = 0
    }

    private static func find(_ part: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = part.first, bytes.count >= part.count else { return nil }
        return bytes.withUnsafeBufferPointer { all in
            part.withUnsafeBufferPointer { wanted in
                var start = start
                let last = all.count - wanted.count
                while start <= last {
                    if all[start] == first, all[start..<start + wanted.count].elementsEqual(wanted) { return start }
                    start += 1
                }
                return nil
            }
        }
    }
}
