/// Words of others, such as a file's name, within an answer, which is Markdown (CommonMark 0.31, section 2.4).
public enum MarkdownName {
    private static let marks: Set<Unicode.Scalar> = ["\\", "`", "*", "[", "]", "<", "|", "~"]

    /// The text so that it is shown as it is. An underscore within a word means nothing, and stays.
    public static func escaped(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            let isWithin =
                index > 0 && index + 1 < scalars.count && isOfWord(scalars[index - 1]) && isOfWord(scalars[index + 1])
            if marks.contains(scalar) || scalar == "_" && !isWithin { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    /// The text that was escaped.
    public static func plain(_ escaped: String) -> String {
        var result = String.UnicodeScalarView()
        var isMarked = false
        for scalar in escaped.unicodeScalars {
            if scalar == "\\", !isMarked {
                isMarked = true
                continue
            }
            if isMarked, !marks.contains(scalar), scalar != "_" { result.append("\\") }
            result.append(scalar)
            isMarked = false
        }
        if isMarked { result.append("\\") }
        return String(result)
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
