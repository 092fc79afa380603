import TextSearch

/// Tells files of Office by their beginning.
extension MediaType {
    private static let entryMark: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
    private static let directoryEnd: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
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

    private static let kinds: [Substring: (type: MediaType, main: String)] = [
        "word": (.docx, "document"), "ppt": (.pptx, "presentation"), "xl": (.xlsx, "workbook"),
    ]
    /// Parts of other formats that are packages, too, and their endings.
    private static let foreign: Set = ["mimetype", "xl/workbook.bin", "appxmanifest.xml"]
    private static let foreignFolders = ["visio/", "3d/"]
    private static let foreignEndings = [".fdseq", ".nuspec", ".vsixmanifest"]
    private static let archiveOfClasses = "meta-inf/manifest.mf"
    /// What may stand first in a package and says nothing of its kind.
    private static let common: Set<Substring> = [
        "[content_types].xml", "_rels", "docprops", "customxml", "_xmlsignatures", "customui",
    ]

    /// A package tells by its parts what it is: by the typical ones, or by a folder in an archive that is a package. What its
    /// beginning leaves open its name tells.
    private static func package(_ prefix: [UInt8], name: String) -> MediaType? {
        if let declared = declaredType(prefix) {
            return declared == MediaType.epub.rawValue ? .epub : openDocument(declared)
        }
        let entries = entries(prefix)
        if entries.contains("meta-inf/container.xml") { return .epub }
        if entries.contains("content.xml"), entries.contains(openManifest) { return openNamed(name) }
        let isPackage = entries.contains { $0 == "[content_types].xml" || $0 == "_rels/.rels" }
        if !isPackage, entries.contains(archiveOfClasses) { return nil }
        var folder: MediaType?
        for entry in entries {
            guard !isForeign(entry) else { return nil }
            let steps = entry.split(separator: "/")
            guard steps.count > 1, let first = steps.first, let kind = kinds[first] else { continue }
            let isMain = steps.count == 2 && steps[1].hasPrefix(kind.main) && steps[1].hasSuffix(".xml")
            if isMain || steps[1] == "_rels" { return kind.type }
            folder = folder ?? kind.type
        }
        let isWhole = prefix.count < prefixBytes
        if isPackage { return folder ?? named(name) ?? (isWhole ? nil : .docx) }
        let isOpen = entries.allSatisfy { entry in
            entry.split(separator: "/").first.map { common.contains($0) || kinds[$0] != nil } ?? false
        }
        // One that breaks off lacks the directory at its end.
        let isCut = isWhole && prefix.firstRange(of: directoryEnd) == nil
        guard isCut || !isWhole && isOpen, let type = named(name) else { return nil }
        return folder == nil || folder == type ? type : nil
    }

    // MARK: - OpenDocument

    private static let openManifest = "meta-inf/manifest.xml"
    private static let openPrefix = "application/vnd.oasis.opendocument."

    /// What a package says in its first entry, `mimetype`, which is there in plain (OpenDocument 1.3, part 2, 3.3; EPUB 3.3, 4.3); `nil`
    /// where there is none, or where another program has packed it anew.
    static func declaredType(_ prefix: [UInt8]) -> String? {
        let name = Array("mimetype".utf8)
        guard prefix.count >= 38, prefix[30..<38].elementsEqual(name), prefix[26] == 8, prefix[27] == 0,
            // Not compressed, with its size in front of it.
            prefix[8] == 0, prefix[9] == 0, prefix[6] & 8 == 0
        else { return nil }
        let size = Int(prefix[18]) | Int(prefix[19]) << 8
        let start = 38 + Int(prefix[28]) + Int(prefix[29]) << 8
        guard size > 0, size < 200, start + size <= prefix.count else { return nil }
        return String(decoding: prefix[start..<start + size], as: UTF8.self).split(whereSeparator: \.isWhitespace).first
            .map(String.init)
    }

    private static func openDocument(_ declared: String) -> MediaType? {
        guard declared.hasPrefix(openPrefix) else { return nil }
        switch declared.dropFirst(openPrefix.count) {
        case "text", "text-template", "text-web", "text-master", "text-master-template": return .odt
        case "spreadsheet", "spreadsheet-template": return .ods
        case "presentation", "presentation-template": return .odp
        default: return nil
        }
    }

    /// What a package that does not say it is by its name; which of them it is, its reader sees.
    private static func openNamed(_ name: String) -> MediaType? {
        let types: [([String], MediaType?)] = [
            ([".ods", ".ots"], .ods), ([".odp", ".otp"], .odp), ([".odg", ".odf", ".odb", ".odc"], nil),
        ]
        for (endings, type) in types where endings.contains(where: name.hasSuffix) { return type }
        return .odt
    }

    private static func isForeign(_ entry: String) -> Bool {
        foreign.contains(entry) || foreignFolders.contains(where: entry.hasPrefix)
            || foreignEndings.contains(where: entry.hasSuffix)
    }

    /// Names of an archive's first entries, in small letters, with slashes. The last may be cut. Archives inside are passed
    /// over where the entries say how long they are.
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
            let size = (0..<4).reduce(0) { $0 | Int(prefix[place + 18 + $1]) << (8 * $1) }
            let extra = Int(prefix[place + 28]) | Int(prefix[place + 29]) << 8
            // Some tell their size behind what they hold, or elsewhere.
            let isSized = prefix[place + 6] & 8 == 0 && size != Int(UInt32.max)
            place = isSized ? end + extra + size : end
        }
        return names
    }

    private static func named(_ name: String) -> MediaType? {
        for (endings, type) in [
            ([".docx", ".docm", ".dotx", ".dotm"], MediaType.docx),
            ([".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"], .pptx),
            ([".xlsx", ".xlsm", ".xltx", ".xltm"], .xlsx),
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
