import Glibc
import TextSearch

/// The languages of the scans that are read: `APUS_OCR_LANGUAGES`, which the program that reads gets as it is.
public enum RecognitionLanguages {
    /// The setting.
    public static let setting = "APUS_OCR_LANGUAGES"
    /// What counts when nothing is set.
    public static let standard = ["eng"]
    private static let most = 8

    /// The names in a setting, such as `eng+deu` or `eng,chi_sim`, as tesseract has them; `nil` when it is none.
    public static func names(_ value: String) -> [String]? {
        let names = value.split(
            separator: value.utf8.contains(UInt8(ascii: "+")) ? "+" : ",", omittingEmptySubsequences: false)
        guard (1...most).contains(names.count),
            names.allSatisfy({ name in
                (3...24).contains(name.utf8.count)
                    && name.utf8.allSatisfy { (97...122).contains($0) || (65...90).contains($0) || $0 == 95 }
            })
        else { return nil }
        return names.map(String.init)
    }

    /// Debian's package with a language.
    public static func package(_ language: String) -> String {
        "tesseract-ocr-" + language.lowercased().replacing("_", with: "-")
    }

    /// Where Debian has what tesseract knows of a language.
    public static func file(_ language: String) -> String {
        "/usr/share/tesseract-ocr/5/tessdata/\(language).traineddata"
    }

    /// Those of this process's environment.
    public static var wanted: [String] { value.flatMap(names) ?? standard }

    static var value: String? { getenv(setting).map { String(cString: $0) } }
}
