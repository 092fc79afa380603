import TextSearch

/// The character maps by which PDFs name East Asian characters without bringing their font.
enum PDFCharacterMaps {
    /// The family of the maps of Unicode that belongs to each collection of characters.
    private static let families = [
        "Adobe-GB1": "UniGB", "Adobe-CNS1": "UniCNS", "Adobe-Japan1": "UniJIS", "Adobe-Korea1": "UniKS",
        "Adobe-KR": "UniAKR",
    ]

    /// The collections whose maps are not on this machine, by poppler's complaints; sorted.
    static func missing(_ complaints: String) -> [String] {
        quoted(complaints, "Missing language pack for '").compactMap(\.first).filter { families[$0] != nil }.sorted()
    }

    /// What to say where some are missing.
    static func complaint(_ missing: [String]) -> String {
        "text in fonts of the character collection\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", ")) "
            + "cannot be read on this machine, because Debian's package poppler-data is not installed"
    }

    /// The file with the right maps in the place of those that some programs name: a map from Unicode to another collection
    /// than that of the font, such as `UniGB-UCS2-H` for one of `Adobe-CNS1`, which poppler does not have. All of them take
    /// the same codes. Every byte behind stays where it was, for the table of places.
    ///
    /// - Parameter complaints: What poppler said of the file.
    /// - Returns: `nil` when there is nothing to mend, or not in that way.
    static func mended(_ content: () throws -> [UInt8], _ complaints: String) rethrows -> [UInt8]? {
        var wrong: [(map: String, collection: String, right: String)] = []
        for names in quoted(complaints, "Couldn't find '") {
            guard names.count == 2, let family = families[names[1]], let stem = names[0].firstIndex(of: "-"),
                families.values.contains(String(names[0][..<stem])), names[0][..<stem] != family,
                !wrong.contains(where: { $0.map == names[0] && $0.collection == names[1] })
            else { continue }
            wrong.append((names[0], names[1], family + names[0][stem...]))
        }
        guard !wrong.isEmpty else { return nil }
        var bytes = try content()
        var isChanged = false
        for (map, collection, right) in wrong {
            let ordering = "(" + collection.dropFirst("Adobe-".count) + ")"
            var start = 0
            while let place = bytes[start...].firstRange(of: Array("/\(map)".utf8)) {
                start = place.upperBound
                guard let fitted = fitted(Array("/\(right)".utf8), in: place, of: bytes),
                    isFont(of: ordering, at: place.lowerBound, in: bytes)
                else { continue }
                bytes.replaceSubrange(fitted.range, with: fitted.bytes)
                isChanged = true
            }
        }
        return isChanged ? bytes : nil
    }

    /// Where a name goes, with as many spaces as keep everything else in its place; `nil` when there is no room.
    private static func fitted(
        _ name: [UInt8], in place: Range<Int>, of bytes: [UInt8]
    ) -> (range: Range<Int>, bytes: [UInt8])? {
        var range = place
        func isSpace(_ index: Int) -> Bool { bytes.indices.contains(index) && [9, 10, 13, 32].contains(bytes[index]) }
        // The name's own mark ends what stands before it.
        while range.count < name.count, isSpace(range.lowerBound - 1) {
            range = range.lowerBound - 1..<range.upperBound
        }
        guard range.count >= name.count else { return nil }
        return (range, name + [UInt8](repeating: 32, count: range.count - name.count))
    }

    /// Whether the object around a place, or the one that it names as its descendant, is a font of that collection.
    private static func isFont(of ordering: String, at place: Int, in bytes: [UInt8]) -> Bool {
        guard let object = object(around: place, in: bytes) else { return false }
        let ordering = Array(ordering.utf8)
        if bytes[object].firstRange(of: ordering) != nil { return true }
        let key = Array("/DescendantFonts".utf8)
        guard let descendants = bytes[object].firstRange(of: key) else { return false }
        let text = String(
            decoding: bytes[descendants.upperBound..<min(object.upperBound, descendants.upperBound + 40)], as: UTF8.self
        )
        let numbers = text.split { !$0.isNumber }
        guard let number = numbers.first, number.utf8.count < 10 else { return false }
        var start = 0
        while let head = bytes[start...].firstRange(of: Array("\(number) 0 obj".utf8)) {
            start = head.upperBound
            if head.lowerBound > 0, (48...57).contains(bytes[head.lowerBound - 1]) { continue }
            let end = bytes[start...].firstRange(of: Array("endobj".utf8))?.lowerBound ?? bytes.count
            return bytes[start..<end].firstRange(of: ordering) != nil
        }
        return false
    }

    private static let longestObject = 64 * 1024

    private static func object(around place: Int, in bytes: [UInt8]) -> Range<Int>? {
        let window = max(0, place - longestObject)..<min(bytes.count, place + longestObject)
        let head = Array(" obj".utf8)
        guard place >= head.count,
            let start = stride(from: place - head.count, through: window.lowerBound, by: -1).first(where: {
                bytes[$0] == head[0] && bytes[$0..<$0 + head.count].elementsEqual(head)
            }), let end = bytes[place..<window.upperBound].firstRange(of: Array("endobj".utf8))
        else { return nil }
        return start..<end.lowerBound
    }

    /// What stands between quotation marks in the lines with these words, which end with the first of them; each list once.
    private static func quoted(_ complaints: String, _ words: String) -> Set<[String]> {
        var found: Set<[String]> = []
        for line in complaints.split(separator: "\n") {
            guard let start = line.firstRange(of: words) else { continue }
            let parts = line[start.upperBound...].split(separator: "'", omittingEmptySubsequences: false)
            found.insert(stride(from: 0, to: parts.count - 1, by: 2).map { String(parts[$0]) })
        }
        return found
    }
}
