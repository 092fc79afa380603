import ClaimChecking
import JSONCoding

/// How many sentences of an answer were compared with what they cite, and how they came out.
struct SupportCounts: Sendable, Equatable {
    private(set) var supported = 0
    private(set) var partly = 0
    private(set) var unsupported = 0

    var checked: Int { supported + partly + unsupported }
    /// Each outcome with its name.
    var all: [(Support, Int)] { [(.supported, supported), (.partly, partly), (.unsupported, unsupported)] }

    mutating func add(_ support: Support) {
        switch support {
        case .supported: supported += 1
        case .partly: partly += 1
        case .unsupported: unsupported += 1
        }
    }

    /// None.
    init() {}

    /// Reads the wire form; none for what is none.
    init(_ json: JSONValue?) {
        func count(_ support: Support) -> Int { max(0, Int(clamping: json?[support.rawValue]?.int ?? 0)) }
        (supported, partly, unsupported) = (count(.supported), count(.partly), count(.unsupported))
    }

    var json: JSONValue {
        [
            "checked": .int(Int64(checked)), "supported": .int(Int64(supported)), "partly": .int(Int64(partly)),
            "unsupported": .int(Int64(unsupported)),
        ]
    }
}
