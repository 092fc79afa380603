import JSONCoding

/// The name of an uploaded file, refused when it could mislead or do harm.
enum FileName {
    static let maximumLength = 255

    /// Checks a name.
    ///
    /// - Throws: `InvalidFields` on `name`.
    static func checked(_ given: String?) throws -> String {
        guard let name = given, !name.isEmpty, name.contains(where: { !$0.isWhitespace }) else {
            throw refusal("The file needs a name.")
        }
        let count = name.unicodeScalars.count
        guard count <= maximumLength else {
            throw refusal("The name has \(count) characters, the limit is \(maximumLength). Rename the file.")
        }
        guard !name.contains("/"), !name.contains("\\") else {
            throw refusal("The name must not contain slashes. Send the file's name without its folder.")
        }
        for scalar in name.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                throw refusal("The name contains control characters. Rename the file.")
            case .format where scalar.value != 0x200D:
                throw refusal("The name contains invisible marks that change how it is shown. Rename the file.")
            default: break
            }
        }
        guard name != ".", name != ".." else { throw refusal("The name is not one of a file.") }
        return name
    }

    private static func refusal(_ detail: String) -> InvalidFields { InvalidFields(field: "name", detail: detail) }
}
