/// Takes the chunked transfer coding off a body (RFC 9112, section 7.1). Extensions and trailers are dropped, and have to
/// be as the grammar says all the same: where two readers see the end of a line differently, a request can be hidden.
public struct ChunkedDecoder: Sendable {
    private enum State: Sendable, Equatable {
        case size(digits: Int, value: Int)
        case blankAfterSize(Int)
        case `extension`(value: Int)
        case lineFeedAfterSize(Int)
        case data(left: Int)
        case carriageReturnAfterData
        case lineFeedAfterData
        case trailer
        case trailerName
        case trailerValue
        case lineFeedAfterTrailer
        case lastLineFeed
        case complete
    }

    /// Bytes of extensions, and of trailers, that are passed over before the message is refused.
    private static let overheadLimit = 16_384

    private var state = State.size(digits: 0, value: 0)
    private var overhead = 0

    /// The beginning of a body.
    public init() {}

    /// Whether the last chunk and the trailers have been read.
    public var isComplete: Bool { state == .complete }

    /// Reads from the input, appending content to `result`. Returns how many bytes were used; what follows the body is
    /// left alone.
    ///
    /// - Throws: `MessageError.malformed`.
    public mutating func decode(_ input: UnsafeRawBufferPointer, into result: inout [UInt8]) throws(MessageError) -> Int
    {
        var place = 0
        while place < input.count, state != .complete {
            if case .data(let left) = state {
                let count = min(left, input.count - place)
                result.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[place..<(place + count)]))
                place += count
                state = count == left ? .carriageReturnAfterData : .data(left: left - count)
                continue
            }
            try step(input[place])
            place += 1
        }
        return place
    }

    private mutating func step(_ byte: UInt8) throws(MessageError) {
        switch state {
        case .size(let digits, let value): try size(byte, digits, value)
        case .blankAfterSize(let value):
            try countOverhead()
            if byte == 59 {
                state = .extension(value: value)
            } else if byte != 32 && byte != 9 {
                throw .malformed("a chunk's size is not hexadecimal")
            }
        case .extension(let value):
            try countOverhead()
            if byte == 13 {
                state = .lineFeedAfterSize(value)
            } else if !WireText.isFieldByte(byte) {
                throw .malformed("a chunk's extension has control characters")
            }
        case .lineFeedAfterSize(let value):
            guard byte == 10 else { throw .malformed("a chunk's size is not followed by a line end") }
            state = value == 0 ? .trailer : .data(left: value)
        case .carriageReturnAfterData:
            guard byte == 13 else { throw .malformed("a chunk is longer than its size") }
            state = .lineFeedAfterData
        case .lineFeedAfterData:
            guard byte == 10 else { throw .malformed("a chunk is longer than its size") }
            state = .size(digits: 0, value: 0)
        case .trailer, .trailerName, .trailerValue, .lineFeedAfterTrailer, .lastLineFeed: try trailer(byte)
        case .data, .complete: break
        }
    }

    private mutating func size(_ byte: UInt8, _ digits: Int, _ value: Int) throws(MessageError) {
        if let digit = Self.hex(byte) {
            // Fifteen digits cannot overflow.
            guard digits < 15 else { throw .malformed("a chunk's size has too many digits") }
            state = .size(digits: digits + 1, value: value << 4 | digit)
        } else if digits == 0 {
            throw .malformed("a chunk has no size")
        } else if byte == 13 {
            state = .lineFeedAfterSize(value)
        } else if byte == 59 {
            state = .extension(value: value)
        } else if byte == 32 || byte == 9 {
            state = .blankAfterSize(value)
        } else {
            throw .malformed("a chunk's size is not hexadecimal")
        }
    }

    private mutating func trailer(_ byte: UInt8) throws(MessageError) {
        try countOverhead()
        switch (state, byte) {
        case (.trailer, 13): state = .lastLineFeed
        case (.trailer, _) where WireText.isTokenByte(byte): state = .trailerName
        case (.trailerName, 58): state = .trailerValue
        case (.trailerName, _) where WireText.isTokenByte(byte): break
        case (.trailerValue, 13): state = .lineFeedAfterTrailer
        case (.trailerValue, _) where WireText.isFieldByte(byte): break
        case (.lineFeedAfterTrailer, 10): state = .trailer
        case (.lastLineFeed, 10): state = .complete
        default: throw .malformed("a trailer is no field line")
        }
    }

    private mutating func countOverhead() throws(MessageError) {
        overhead += 1
        guard overhead <= Self.overheadLimit else {
            throw .malformed("chunk extensions or trailers are larger than \(Self.overheadLimit) bytes")
        }
    }

    private static func hex(_ byte: UInt8) -> Int? {
        switch byte {
        case 48...57: Int(byte) - 48
        case 65...70: Int(byte) - 55
        case 97...102: Int(byte) - 87
        default: nil
        }
    }
}
