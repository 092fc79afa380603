import TextSearch

/// Tells files of Office by their beginning.
extension MediaType {
    private static let entryMark: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
    /// How files of Office's formats before 2007 begin, and later ones that a password locks.
    public static let compoundFileMark: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]

    /// Whether it is a zip archive or a compound file, as those of Office are.
    static func isArchive(_ prefix: [UInt8]) -> Bool {
        prefix.starts(with: entryMark) || prefix.starts(with: compoundFileMark)
    }

    /// The kind of a file that is an archive or a compound file; `nil` for one that cannot be read.
    ///
    /// - Parameter name: The file's name, which tells one locked file from another.
    static func office(_ prefix: [UInt8], name: String) -> MediaType? {
        if prefix.starts(with: compoundFileMark) { return locked(prefix, name: name.lowercased()) }
        return prefix.starts(with: entryMark) ? package(prefix, name: name.lowercased()) : nil
    }

    /// Whether a compound file holds one that a password locks.
    public static func holdsEncryptedPackage(_ bytes: [UInt8]) -> Bool {
        // Names stand in two bytes for each character.
        bytes.firstRange(of: "EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) != nil
    }

    /// A package tells by the folders of its parts what it is; one that has other folders is taken for a document by its
    /// name.
    private static func package(_ prefix: [UInt8], name: String) -> MediaType? {
        var hasTypes = false
        for entry in entries(prefix) {
            switch entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true).first {
            case "word": return .docx
            case "ppt": return .pptx
            case "xl": return .xlsx
            case "mimetype": return nil
            case "[content_types].xml": hasTypes = true
            default: break
            }
        }
        return hasTypes ? named(name) ?? .docx : nil
    }

    /// Names of an archive's first entries, in small letters, with slashes. The last may be cut.
    private static func entries(_ prefix: [UInt8]) -> [String] {
        var names: [String] = []
        var place = 0
        while place + entryMark.count <= prefix.count {
            guard prefix[place] == entryMark[0], prefix[place...].starts(with: entryMark) else {
                place += 1
                continue
            }
            // A header that is cut off is damaged; what it was may still be seen.
            guard place + 30 <= prefix.count else {
                names.append(String(decoding: prefix[(place + entryMark.count)...], as: UTF8.self))
                break
            }
            let length = Int(prefix[place + 26]) | Int(prefix[place + 27]) << 8
            let end = min(place + 30 + length, prefix.count)
            let name = String(decoding: prefix[place + 30..<end], as: UTF8.self).lowercased()
            names.append(String(name.map { $0 == "\\" ? "/" : $0 }))
            place = max(end, place + 30)
        }
        return names
    }

    private static func named(_ name: String) -> MediaType? {
        for (endings, type) in [
            ([".docx", ".docm", ".dotx", ".dotm"], MediaType.docx), ([".pptx", ".pptm", ".ppsx", ".potx"], .pptx),
            ([".xlsx", ".xlsm", ".xltx"], .xlsx),
        ] where endings.contains(where: name.hasSuffix) {
            return type
        }
        return nil
    }

    /// A locked file of a kind that can be read otherwise; `nil` for one of an old format.
    private static func locked(_ prefix: [UInt8], name: String) -> MediaType? {
        if holdsEncryptedPackage(prefix) { return named(name) ?? .docx }
        // Where the names of its streams stand; they may lie behind what is seen.
        guard prefix.count >= 512, prefix[30] < 16 else { return nil }
        let sector = (0..<4).reduce(0) { $0 | Int(prefix[48 + $1]) << (8 * $1) }
        let isSeen = (sector + 2) << Int(prefix[30]) <= prefix.count
        return isSeen ? nil : named(name)
    }
}
