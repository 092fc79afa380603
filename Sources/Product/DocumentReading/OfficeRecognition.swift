/// Office files, which are archives of parts, or compound files when they are old or locked.
extension MediaType {
    static let entryMark: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

    /// An Office file tells by the folders of its parts what it is; one that has other folders is taken for a document by
    /// its name.
    static func office(_ prefix: [UInt8], name: String) -> MediaType? {
        var hasTypes = false
        for entry in entries(prefix) {
            switch entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true).first {
            case "word": return .docx
            case "ppt": return .pptx
            case "xl": return .xlsx
            case "[content_types].xml": hasTypes = true
            case "mimetype": return nil
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

    /// How files of Office's formats before 2007 begin, and later ones that a password locks.
    public static let compoundFileMark: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]

    /// A locked file of a kind that can be read otherwise; `nil` for one of an old format.
    static func locked(_ prefix: [UInt8], name: String) -> MediaType? {
        if holdsEncryptedPackage(prefix) { return named(name) ?? .docx }
        // Where the names of its streams stand; they may lie behind what is seen.
        guard prefix.count >= 512, prefix[30] < 16 else { return nil }
        let sector = (0..<4).reduce(0) { $0 | Int(prefix[48 + $1]) << (8 * $1) }
        let isSeen = (sector + 2) << Int(prefix[30]) <= prefix.count
        return isSeen ? nil : named(name)
    }

    /// Whether such a file holds one that is locked.
    public static func holdsEncryptedPackage(_ bytes: [UInt8]) -> Bool {
        // Names stand in two bytes for each character.
        let name = "EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        var place = 0
        while place + name.count <= bytes.count {
            if bytes[place] == name[0], bytes[place..<place + name.count].elementsEqual(name) { return true }
            place += 1
        }
        return false
    }
}
