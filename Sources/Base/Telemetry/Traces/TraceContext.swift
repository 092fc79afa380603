/// Where a piece of work stands in a trace (W3C Trace Context, level 1): goes from program to program in the header
/// fields `traceparent` and `tracestate`.
public struct TraceContext: Sendable, Equatable {
    /// 16 bytes as two numbers; never all zero.
    public let traceID: (high: UInt64, low: UInt64)
    /// 8 bytes; never zero.
    public let spanID: UInt64
    /// Whether the trace's spans are recorded.
    public let isSampled: Bool
    /// What other vendors pass along; at most 512 bytes.
    public let state: String?

    private static let stateLimit = 512

    init(traceID: (high: UInt64, low: UInt64), spanID: UInt64, isSampled: Bool, state: String?) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.state = state
    }

    /// The first step of a new trace.
    public static func root(isSampled: Bool) -> TraceContext {
        TraceContext(
            traceID: (TraceNumbers.next(), TraceNumbers.next()), spanID: TraceNumbers.next(), isSampled: isSampled,
            state: nil)
    }

    /// A step below this one.
    func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: TraceNumbers.next(), isSampled: isSampled, state: state)
    }

    /// Reads the header fields; `nil` for anything that the specification calls invalid.
    public init?(traceparent: String, tracestate: String? = nil) {
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.number(bytes[0..<2]), version != 255, let high = Self.number(bytes[3..<19]),
            let low = Self.number(bytes[19..<35]), let span = Self.number(bytes[36..<52]),
            let flags = Self.number(bytes[53..<55]), high | low != 0, span != 0
        else { return nil }
        // Later versions may add fields behind these.
        guard version == 0 ? bytes.count == 55 : bytes.count == 55 || bytes[55] == dash else { return nil }
        let state = tracestate.flatMap { $0.utf8.count <= Self.stateLimit && !$0.isEmpty ? $0 : nil }
        self.init(traceID: (high, low), spanID: span, isSampled: flags & 1 == 1, state: state)
    }

    /// The header field's value.
    public var traceparent: String { "00-\(traceIDText)-\(spanIDText)-\(isSampled ? "01" : "00")" }

    /// 32 hexadecimal digits.
    public var traceIDText: String { Self.hex(traceID.high) + Self.hex(traceID.low) }

    /// 16 hexadecimal digits.
    public var spanIDText: String { Self.hex(spanID) }

    public static func == (left: TraceContext, right: TraceContext) -> Bool {
        left.traceID == right.traceID && left.spanID == right.spanID && left.isSampled == right.isSampled
            && left.state == right.state
    }

    /// Lower-case hexadecimal digits only, as the specification wants.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var result: UInt64 = 0
        for digit in digits {
            switch digit {
            case 48...57: result = result << 4 | UInt64(digit - 48)
            case 97...102: result = result << 4 | UInt64(digit - 87)
            default: return nil
            }
        }
        return result
    }

    /// A number as 16 hexadecimal digits.
    public static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
