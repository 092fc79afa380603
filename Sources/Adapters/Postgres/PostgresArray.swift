/// A list as one parameter of a statement, for `ANY ($1::uuid[])` and `unnest($1::text[])`.
public enum PostgresArray {
    /// The text form of an array (PostgreSQL documentation, "Array Input and Output Syntax"). Every element is quoted, so that
    /// none is taken for NULL or for several.
    public static func text(_ elements: some Sequence<String>) -> String {
        var text = "{"
        for element in elements {
            if text.utf8.count > 1 { text += "," }
            text += "\""
            for scalar in element.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { text += "\\" }
                text.unicodeScalars.append(scalar)
            }
            text += "\""
        }
        return text + "}"
    }
}
