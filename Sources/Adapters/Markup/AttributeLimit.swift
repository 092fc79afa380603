/// Refuses elements with very many attributes before the library sees them: it compares each with all that stand before
/// it, so that a small file would take minutes.
enum AttributeLimit {
    /// Attributes that an element may have.
    static let maximum = 512

    /// - Throws: `XMLParseError` that names the limit.
    static func check(_ bytes: [UInt8], isHTML: Bool) throws(XMLParseError) {
        guard isWithin(wide(bytes) ?? bytes, isHTML) else {
            throw XMLParseError(reason: "an element has more than \(maximum) attributes", isExcessive: true)
        }
    }

    /// Text in UTF-16 as UTF-8; `nil` for what has one byte for each of the characters that matter here.
    private static func wide(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 2 else { return nil }
        let isLittle: Bool
        switch (bytes[0], bytes[1]) {
        case (0xFF, 0xFE), (0x3C, 0): isLittle = true
        case (0xFE, 0xFF), (0, 0x3C): isLittle = false
        default: return nil
        }
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { place in
            UInt16(bytes[place + (isLittle ? 1 : 0)]) << 8 | UInt16(bytes[place + (isLittle ? 0 : 1)])
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private static func isWithin(_ bytes: [UInt8], _ isHTML: Bool) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var scan = Scan(bytes: bytes, isHTML: isHTML)
            return scan.isWithin()
        }
    }

    private struct Scan {
        let bytes: UnsafeBufferPointer<UInt8>
        let isHTML: Bool
        var place = 0

        mutating func isWithin() -> Bool {
            while place < bytes.count {
                guard bytes[place] == UInt8(ascii: "<") else {
                    place += 1
                    continue
                }
                if looksAt("<!--") {
                    skip(behind: "-->")
                } else if !isHTML, looksAt("<![CDATA[") {
                    skip(behind: "]]>")
                } else if !isHTML, looksAt("<!ATTLIST") {
                    // Attributes that a document's type adds to every element.
                    return false
                } else if looksAt("<?") {
                    skip(behind: isHTML ? ">" : "?>")
                } else if place + 1 < bytes.count, Self.beginsName(bytes[place + 1]) {
                    guard tagIsWithin() else { return false }
                } else {
                    place += 1
                }
            }
            return true
        }

        private mutating func tagIsWithin() -> Bool {
            let name = place + 1
            var count = 0
            var isBetween = false
            var last: UInt8 = 0
            place = name
            while place < bytes.count, bytes[place] != UInt8(ascii: ">") {
                let byte = bytes[place]
                switch byte {
                case UInt8(ascii: " "), 9, 10, 12, 13, UInt8(ascii: "/"): isBetween = true
                case UInt8(ascii: "\""), UInt8(ascii: "'"):
                    if last == UInt8(ascii: "=") {
                        place += 1
                        while place < bytes.count, bytes[place] != byte { place += 1 }
                        isBetween = true
                    }
                    last = byte
                default:
                    if isBetween, byte != UInt8(ascii: "="), last != UInt8(ascii: "=") {
                        count += 1
                        guard count <= AttributeLimit.maximum else { return false }
                    }
                    isBetween = false
                    last = byte
                }
                place += 1
            }
            if isHTML {
                for element in ["script", "style"] where isName(element, at: name) { skipContent(of: element) }
            }
            return true
        }

        private static func beginsName(_ byte: UInt8) -> Bool {
            (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 || byte == 58 || byte >= 128
        }

        private func matches(_ text: StaticString, at place: Int) -> Bool {
            guard place + text.utf8CodeUnitCount <= bytes.count else { return false }
            for index in 0..<text.utf8CodeUnitCount where bytes[place + index] != text.utf8Start[index] { return false }
            return true
        }

        private func looksAt(_ text: StaticString) -> Bool { matches(text, at: place) }

        private func isName(_ name: String, at place: Int) -> Bool {
            guard place + name.utf8.count < bytes.count else { return false }
            for (index, byte) in name.utf8.enumerated() where bytes[place + index] | 0x20 != byte { return false }
            return !Self.beginsName(bytes[place + name.utf8.count])
        }

        private mutating func skip(behind text: StaticString) {
            while place < bytes.count, !looksAt(text) { place += 1 }
            place += text.utf8CodeUnitCount
        }

        /// Scripts and style sheets are no markup up to their end.
        private mutating func skipContent(of element: String) {
            while place < bytes.count, !(looksAt("</") && isName(element, at: place + 2)) { place += 1 }
        }
    }
}
