import Glibc
import JSONCoding

/// Items as they are stored: JSON text of an object.
enum ItemText {
    /// Objects and lists that may lie in one another inside an item ("Azure Cosmos DB service quotas").
    static let maximumNesting = 128

    /// The parser's limit for items: the item itself, what may lie in it, and a value at the bottom.
    private static let maximumDepth = maximumNesting + 2

    static func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
        try JSONParser.parse(Array(text.utf8), maximumDepth: maximumDepth)
    }

    /// Members that are wanted of items.
    struct Members {
        fileprivate let names: [(name: String, bytes: [UInt8])]

        init(_ names: Set<String>) { self.names = names.map { ($0, Array($0.utf8)) } }
    }

    /// Reads an item.
    ///
    /// - Parameter members: The members that are wanted; the others are passed over. `nil` for all of them.
    static func parse(_ bytes: UnsafeRawBufferPointer, members: Members?) throws(JSONSyntaxError) -> JSONValue {
        if let members {
            if members.names.isEmpty { return [:] }
            var skim = Skim(bytes: bytes)
            if let ranges = skim.ranges(members.names) {
                var found: [(String, JSONValue)] = []
                for (index, value) in ranges {
                    let text = Array(UnsafeRawBufferPointer(rebasing: bytes[value]))
                    found.append((members.names[index].name, try JSONParser.parse(text, maximumDepth: maximumDepth)))
                }
                return .object(JSONObject(found))
            }
        }
        return try JSONParser.parse(Array(bytes), maximumDepth: maximumDepth)
    }

    /// Whether objects and lists lie in one another deeper than the service takes them.
    static func isTooDeep(_ item: JSONValue) -> Bool { isDeeper(item, than: maximumNesting + 1) }

    private static func isDeeper(_ value: JSONValue, than limit: Int) -> Bool {
        switch value {
        case .array(let items): limit == 0 || items.contains { isDeeper($0, than: limit - 1) }
        case .object(let object): limit == 0 || object.members.contains { isDeeper($0.value, than: limit - 1) }
        default: false
        }
    }

    /// Finds the members of an object in text that has been written by this program, without reading them.
    private struct Skim {
        let bytes: UnsafeRawBufferPointer
        private var place = 0

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard current == UInt8(ascii: character) else { return false }
            place += 1
            return true
        }

        /// Which names have which places as their values, up to the last that is wanted; `nil` for text of any other
        /// form than this program writes, which the parser is to read.
        mutating func ranges(_ names: [(name: String, bytes: [UInt8])]) -> [(name: Int, value: Range<Int>)]? {
            var ranges: [(Int, Range<Int>)] = []
            guard take("{") else { return nil }
            if take("}") { return ranges }
            repeat {
                let start = place + 1
                guard passString() else { return nil }
                let name = UnsafeRawBufferPointer(rebasing: bytes[start..<place - 1])
                guard !name.contains(UInt8(ascii: "\\")), take(":") else { return nil }
                let value = place
                guard passValue() else { return nil }
                if let index = names.firstIndex(where: { $0.bytes.count == name.count && name.elementsEqual($0.bytes) })
                {
                    ranges.append((index, value..<place))
                    if ranges.count == names.count { return ranges }
                }
            } while take(",")
            return take("}") && place == bytes.count ? ranges : nil
        }

        private mutating func passString() -> Bool {
            guard take("\"") else { return false }
            let start = place
            while place < bytes.count, let base = bytes.baseAddress,
                let quote = memchr(base + place, Int32(UInt8(ascii: "\"")), bytes.count - place)
            {
                let end = UnsafeRawPointer(quote) - base
                // A quote behind an odd number of backslashes is part of the text.
                let slashes = bytes[start..<end].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
                place = end + 1
                if slashes % 2 == 0 { return true }
            }
            return false
        }

        private mutating func passValue() -> Bool {
            var open = 0
            let start = place
            while let byte = current {
                switch byte {
                case UInt8(ascii: "\""):
                    guard passString() else { return false }
                    if open == 0 { return true }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if open == 0 { return place > start }
                    open -= 1
                    if open == 0 {
                        place += 1
                        return true
                    }
                case UInt8(ascii: ",") where open == 0: return place > start
                default: break
                }
                place += 1
            }
            return false
        }
    }
}
