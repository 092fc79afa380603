/// Header fields in the order received; names compare without case (RFC 9110, section 5.1).
public struct HTTPFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One field line.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: String
    }

    /// All field lines, repeated names included.
    public private(set) var all: [Field] = []

    /// No fields.
    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The first value of the name; setting replaces every line of that name, `nil` removes them.
    public subscript(_ name: String) -> String? {
        get { all.first { equalIgnoringCase($0.name, name) }?.value }
        set {
            all.removeAll { equalIgnoringCase($0.name, name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// Every value of the name, in order.
    public func values(_ name: String) -> [String] {
        all.filter { equalIgnoringCase($0.name, name) }.map(\.value)
    }

    /// Adds a line. Control bytes are dropped from the value, so that no value can end the header section.
    public mutating func append(_ name: String, _ value: String) {
        func isClean(_ code: UInt32) -> Bool { code >= 32 && code != 127 || code == 9 }
        let needsNothing = value.utf8.allSatisfy { isClean(UInt32($0)) }
        all.append(
            Field(name: name, value: needsNothing ? value : String(value.unicodeScalars.filter { isClean($0.value) })))
    }

    /// Adds a line exactly as it was received, for whoever has to judge it.
    public mutating func appendReceived(_ name: String, _ value: String) { all.append(Field(name: name, value: value)) }

    /// Removes the fields that belong to one connection (RFC 9110, section 7.6.1), those named by
    /// `Connection` included.
    public mutating func removeHopByHop() {
        let named = Set(
            values("connection").flatMap { $0.split(separator: ",") }
                .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() })
        all.removeAll { field in
            Self.hopByHop.contains { equalIgnoringCase($0, field.name) }
                || !named.isEmpty && named.contains(field.name.lowercased())
        }
    }

    private static let hopByHop = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "upgrade-insecure-requests", "alt-svc",
    ]
}

/// Compares two ASCII names without case.
public func equalIgnoringCase(_ left: String, _ right: String) -> Bool {
    let count = left.utf8.count
    guard count == right.utf8.count else { return false }
    // Native strings give their bytes without a copy.
    let result = left.utf8.withContiguousStorageIfAvailable { left in
        right.utf8.withContiguousStorageIfAvailable { right in
            for index in 0..<count where lowercasedASCII(left[index]) != lowercasedASCII(right[index]) { return false }
            return true
        }
    }
    if let result, let result { return result }
    return zip(left.utf8, right.utf8).allSatisfy { lowercasedASCII($0) == lowercasedASCII($1) }
}

private func lowercasedASCII(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
