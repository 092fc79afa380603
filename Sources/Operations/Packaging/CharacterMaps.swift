import FoundationEssentials

/// What poppler needs to read the fonts of East Asian PDFs that are not embedded, from Debian's poppler-data: of its 13 MB
/// the maps that a PDF may name.
struct CharacterMaps {
    /// Where poppler looks for them; the folder's name stands in its library, and nothing else can tell it another.
    static let source = "/usr/share/poppler"
    /// Of the same length, and relative: the programs run in the app's root.
    private static let target = ".////share/poppler"

    /// The predefined maps of ISO 32000-1, table 118, and those that ISO 32000-2 and Adobe's technical note 5094 add, each
    /// without its direction.
    private static let maps: Set<String> = [
        "GB-EUC", "GBpc-EUC", "GBK-EUC", "GBKp-EUC", "GBK2K", "UniGB-UCS2", "UniGB-UTF16", "B5pc", "HKscs-B5",
        "ETen-B5",
        "ETenms-B5", "CNS-EUC", "UniCNS-UCS2", "UniCNS-UTF16", "83pv-RKSJ", "90ms-RKSJ", "90msp-RKSJ", "90pv-RKSJ",
        "Add-RKSJ", "EUC", "Ext-RKSJ", "UniJIS-UCS2", "UniJIS-UCS2-HW", "UniJIS-UTF16", "UniJIS2004-UTF16", "KSC-EUC",
        "KSCms-UHC", "KSCms-UHC-HW", "KSCpc-EUC", "UniKS-UCS2", "UniKS-UTF16", "UniAKR-UTF16", "Identity",
    ]

    /// Copies them to `share/poppler` in an app's root.
    static func copy(to root: String) throws {
        let manager = FileManager.default
        guard manager.fileExists(atPath: source + "/cidToUnicode") else {
            throw PackageError("\(source) does not exist. Install Debian's package poppler-data.")
        }
        for name in try manager.subpathsOfDirectory(atPath: source) where isWanted(name) {
            let path = "\(root)/share/poppler/\(name)"
            let folder = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try manager.copyItem(atPath: "\(source)/\(name)", toPath: path)
        }
    }

    private static func isWanted(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard parts.count > 1, let name = parts.last else { return false }
        switch parts[0] {
        case "cidToUnicode", "nameToUnicode": return true
        case "cMap":
            let stem = name.hasSuffix("-H") || name.hasSuffix("-V") ? name.dropLast(2) : name
            return maps.contains(String(stem)) || name == "H" || name == "V"
                || name.hasPrefix("Adobe-") && !name.hasSuffix("-UCS2") && parts.count == 3
        default: return false
        }
    }

    /// Has a packaged libpoppler look for them there.
    static func redirect(_ library: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: library)))
        let name = Array(source.utf8) + [0]
        guard let place = bytes.firstRange(of: name), bytes[place.upperBound...].firstRange(of: name) == nil else {
            throw PackageError("\(library) does not name \(source) once. It is another version than is known.")
        }
        bytes.replaceSubrange(place, with: Array(target.utf8) + [0])
        try Data(bytes).write(to: URL(filePath: library))
    }
}
