/// A version of a Debian package, ordered as the package manager orders them (deb-version(7)).
struct DebianVersion: Comparable {
    private let epoch: Int
    private let upstream: [UInt8]
    private let revision: [UInt8]

    init(_ text: some StringProtocol) {
        let colon = text.firstIndex(of: ":")
        epoch = colon.flatMap { Int(text[..<$0]) } ?? 0
        let rest = colon.map { text[text.index(after: $0)...] } ?? text[...]
        let hyphen = rest.lastIndex(of: "-")
        upstream = Array(rest[..<(hyphen ?? rest.endIndex)].utf8)
        revision = hyphen.map { Array(rest[rest.index(after: $0)...].utf8) } ?? []
    }

    static func < (left: DebianVersion, right: DebianVersion) -> Bool { left.order(to: right) < 0 }

    static func == (left: DebianVersion, right: DebianVersion) -> Bool { left.order(to: right) == 0 }

    private func order(to other: DebianVersion) -> Int {
        if epoch != other.epoch { return epoch - other.epoch }
        let upstreams = Self.order(upstream, other.upstream)
        return upstreams != 0 ? upstreams : Self.order(revision, other.revision)
    }

    /// Texts and numbers take turns: a text is compared by letters, a number by its value.
    private static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var (one, other) = (left[...], right[...])
        while !one.isEmpty || !other.isEmpty {
            while one.first.map(isText) ?? false || other.first.map(isText) ?? false {
                let difference = weight(one.first) - weight(other.first)
                if difference != 0 { return difference }
                one = one.dropFirst()
                other = other.dropFirst()
            }
            let (first, second) = (number(&one), number(&other))
            if first.count != second.count { return first.count - second.count }
            if first != second { return first.lexicographicallyPrecedes(second) ? -1 : 1 }
        }
        return 0
    }

    private static func isText(_ byte: UInt8) -> Bool { !(48...57).contains(byte) }

    /// A tilde comes before everything, the end included; letters before all other signs.
    private static func weight(_ byte: UInt8?) -> Int {
        switch byte {
        case nil: 0
        case UInt8(ascii: "~")?: -1
        case let byte? where !isText(byte): 0
        case let byte? where (65...90).contains(byte) || (97...122).contains(byte): Int(byte)
        case let byte?: Int(byte) + 256
        }
    }

    /// The digits at the start without leading zeros, which it takes off.
    private static func number(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = text.prefix { !isText($0) }
        text = text.dropFirst(digits.count)
        return digits.drop { $0 == UInt8(ascii: "0") }
    }
}
