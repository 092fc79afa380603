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
        var isInFlag = false
        for scalar in name.unicodeScalars {
            // The letters of an emoji's flag (Unicode Technical Standard 51, emoji tag sequences).
            isInFlag = scalar.value == 0x1F3F4 || isInFlag && (0xE0020...0xE007F).contains(scalar.value)
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                throw refusal("The name contains control characters. Rename the file.")
            case .format where !isInFlag && !isPartOfWriting(scalar):
                throw refusal("The name contains invisible marks that change how it is shown. Rename the file.")
            default: break
            }
        }
        guard name != ".", name != ".." else { throw refusal("The name is not one of a file.") }
        return name
    }

    /// Marks without which names of some languages are misspelt: joiners (Persian, Hindi, emoji), signs that stand under the
    /// number that follows (Arabic).
    private static func isPartOfWriting(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200C, 0x200D, 0x600...0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD: true
        default: false
        }
    }

    private static func refusal(_ detail: String) -> InvalidFields { InvalidFields(field: "name", detail: detail) }
}
