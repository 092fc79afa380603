/// A character encoding, by its name in the WHATWG's Encoding Standard.
public struct TextEncoding: Sendable, Hashable {
    /// Such as `windows-1252`.
    public let name: String
    /// What iconv(3) calls it, where it is not one of Unicode's forms.
    let converter: String

    public static let utf8 = TextEncoding(name: "UTF-8", converter: "UTF-8")
    static let utf16LE = TextEncoding(name: "UTF-16LE", converter: "UTF-16LE")
    static let utf16BE = TextEncoding(name: "UTF-16BE", converter: "UTF-16BE")
    static let utf32LE = TextEncoding(name: "UTF-32LE", converter: "UTF-32LE")
    static let utf32BE = TextEncoding(name: "UTF-32BE", converter: "UTF-32BE")
    public static let windows1252 = TextEncoding(name: "windows-1252", converter: "CP1252")

    private static let known: [(encoding: TextEncoding, labels: [String])] = [
        (utf8, ["utf8", "unicode11utf8", "unicode20utf8", "xunicode20utf8"]),
        (utf16LE, ["utf16le", "utf16", "unicode", "ucs2", "iso10646ucs2", "csunicode", "unicodefeff"]),
        (utf16BE, ["utf16be", "unicodefffe"]), (utf32LE, ["utf32le", "utf32"]), (utf32BE, ["utf32be"]),
        (
            windows1252,
            [
                "windows1252", "cp1252", "xcp1252", "iso88591", "latin1", "l1", "ascii", "usascii", "ansix341968",
                "cp819",
            ]
        ),
        (.init(name: "windows-1250", converter: "CP1250"), ["windows1250", "cp1250", "xcp1250"]),
        (.init(name: "windows-1251", converter: "CP1251"), ["windows1251", "cp1251", "xcp1251"]),
        (.init(name: "windows-1253", converter: "CP1253"), ["windows1253", "cp1253", "xcp1253"]),
        (
            .init(name: "windows-1254", converter: "CP1254"),
            ["windows1254", "cp1254", "xcp1254", "iso88599", "latin5", "l5"]
        ),
        (.init(name: "windows-1255", converter: "CP1255"), ["windows1255", "cp1255", "xcp1255"]),
        (.init(name: "windows-1256", converter: "CP1256"), ["windows1256", "cp1256", "xcp1256"]),
        (.init(name: "windows-1257", converter: "CP1257"), ["windows1257", "cp1257", "xcp1257"]),
        (.init(name: "windows-1258", converter: "CP1258"), ["windows1258", "cp1258", "xcp1258"]),
        (
            .init(name: "windows-874", converter: "CP874"),
            ["windows874", "cp874", "dos874", "tis620", "iso885911"]
        ),
        (.init(name: "ISO-8859-2", converter: "ISO-8859-2"), ["iso88592", "latin2", "l2"]),
        (.init(name: "ISO-8859-3", converter: "ISO-8859-3"), ["iso88593", "latin3", "l3"]),
        (.init(name: "ISO-8859-4", converter: "ISO-8859-4"), ["iso88594", "latin4", "l4"]),
        (.init(name: "ISO-8859-5", converter: "ISO-8859-5"), ["iso88595", "cyrillic"]),
        (.init(name: "ISO-8859-6", converter: "ISO-8859-6"), ["iso88596", "arabic", "asmo708", "ecma114"]),
        (.init(name: "ISO-8859-7", converter: "ISO-8859-7"), ["iso88597", "greek", "greek8", "elot928", "ecma118"]),
        (
            .init(name: "ISO-8859-8", converter: "ISO-8859-8"),
            ["iso88598", "iso88598i", "iso88598e", "hebrew", "logical", "visual"]
        ),
        (.init(name: "ISO-8859-10", converter: "ISO-8859-10"), ["iso885910", "latin6", "l6"]),
        (.init(name: "ISO-8859-13", converter: "ISO-8859-13"), ["iso885913"]),
        (.init(name: "ISO-8859-14", converter: "ISO-8859-14"), ["iso885914"]),
        (.init(name: "ISO-8859-15", converter: "ISO-8859-15"), ["iso885915", "latin9", "l9"]),
        (.init(name: "ISO-8859-16", converter: "ISO-8859-16"), ["iso885916"]),
        (.init(name: "KOI8-R", converter: "KOI8-R"), ["koi8r", "koi8", "koi"]),
        (.init(name: "KOI8-U", converter: "KOI8-U"), ["koi8u", "koi8ru"]),
        (.init(name: "IBM866", converter: "IBM866"), ["ibm866", "cp866", "866"]),
        (.init(name: "IBM850", converter: "IBM850"), ["ibm850", "cp850", "850"]),
        (.init(name: "IBM437", converter: "IBM437"), ["ibm437", "cp437", "437"]),
        (.init(name: "IBM852", converter: "IBM852"), ["ibm852", "cp852", "852"]),
        (.init(name: "macintosh", converter: "MACINTOSH"), ["macintosh", "mac", "xmacroman", "macroman"]),
        (.init(name: "x-mac-cyrillic", converter: "MAC-CYRILLIC"), ["xmaccyrillic", "maccyrillic", "xmacukrainian"]),
        (
            .init(name: "Shift_JIS", converter: "CP932"),
            ["shiftjis", "sjis", "xsjis", "windows31j", "mskanji", "ms932", "cp932"]
        ),
        (.init(name: "EUC-JP", converter: "EUC-JP"), ["eucjp", "xeucjp"]),
        (.init(name: "ISO-2022-JP", converter: "ISO-2022-JP"), ["iso2022jp"]),
        (.init(name: "ISO-2022-KR", converter: "ISO-2022-KR"), ["iso2022kr"]),
        (
            .init(name: "EUC-KR", converter: "UHC"),
            ["euckr", "uhc", "cp949", "ms949", "windows949", "ksc5601", "ksc56011987", "ksc56011989", "korean"]
        ),
        (
            .init(name: "gb18030", converter: "GB18030"),
            ["gb18030", "gbk", "gb2312", "gb231280", "cp936", "ms936", "xgbk", "chinese", "euccn"]
        ),
        (.init(name: "Big5", converter: "BIG5-HKSCS"), ["big5", "big5hkscs", "cnbig5", "xxbig5", "cp950"]),
    ]

    private static let byLabel = Dictionary(
        known.flatMap { entry in entry.labels.map { ($0, entry.encoding) } }, uniquingKeysWith: { one, _ in one })

    private init(name: String, converter: String) {
        self.name = name
        self.converter = converter
    }

    /// The encoding that a document or another program calls so, whatever its case and punctuation.
    ///
    /// Labels that say less than they mean are taken for what is meant: `iso-8859-1` is `windows-1252`, `gb2312` is
    /// `gb18030` (Encoding Standard, section 4.2).
    public init?(label: String) {
        let plain = label.utf8.prefix(64).filter { ($0 | 0x20) >= 97 && ($0 | 0x20) <= 122 || $0 >= 48 && $0 <= 57 }
        guard let found = Self.byLabel[String(decoding: plain, as: UTF8.self).lowercased()] else { return nil }
        self = found
    }

    /// The encoding that Windows calls so, as in RTF; `nil` for one that is not known.
    public init?(codePage: Int) {
        let labels = [
            932: "cp932", 936: "gbk", 949: "cp949", 950: "big5", 10000: "macintosh", 20866: "koi8r", 65001: "utf8",
        ]
        self.init(label: labels[codePage] ?? "cp\(codePage)")
    }
}
