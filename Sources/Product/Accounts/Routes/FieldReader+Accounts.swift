import AccessControl
import Catalog
import JSONCoding

extension FieldReader {
    /// Bytes of a password.
    static let passwordBytes = 10...1024
    static let nameLength = 1...200

    /// What somebody signs in with.
    mutating func login(_ name: String = "login") -> LoginName? {
        let text = requiredString(name, length: 1...1000)
        guard !text.isEmpty else { return nil }
        guard let login = LoginName(text) else {
            add(
                name,
                "Must have 1 to \(LoginName.length.upperBound) characters, and none that cannot be seen. Choose another one."
            )
            return nil
        }
        return login
    }

    /// A password that is chosen.
    mutating func newPassword(_ name: String) -> String {
        let text = givenPassword(name)
        if !text.isEmpty, text.utf8.count < Self.passwordBytes.lowerBound {
            add(name, "Must have at least \(Self.passwordBytes.lowerBound) bytes. Choose a longer one.")
        }
        return text
    }

    /// A password that is compared.
    mutating func givenPassword(_ name: String) -> String {
        let most = Self.passwordBytes.upperBound
        let text = requiredString(name, length: 1...most)
        if text.utf8.count > most { add(name, "Must have at most \(most) bytes. Choose a shorter one.") }
        return text
    }

    /// What people see of somebody or something; `nil` when absent.
    mutating func shownName(_ name: String = "name") -> String? {
        let text = string(name, length: Self.nameLength)
        if let text { checkShown(name, text) }
        return text
    }

    /// What people see of something, which has to be there.
    mutating func requiredShownName(_ name: String = "name") -> String {
        let text = requiredString(name, length: Self.nameLength)
        if !text.isEmpty { checkShown(name, text) }
        return text
    }

    private mutating func checkShown(_ name: String, _ text: String) {
        let isSeen = text.unicodeScalars.contains {
            !$0.properties.isWhitespace && ![.control, .format].contains($0.properties.generalCategory)
        }
        if !isSeen { add(name, "Must not be blank.") }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control || Self.turns($0) }) {
            add(name, "Must not have control characters or marks that turn the direction of text. Take them out.")
        }
    }

    /// Marks with which a name could be shown as another one (Unicode Standard Annex 9, explicit directional formatting).
    private static func turns(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }

    /// A role that must be there.
    mutating func requiredRole() -> Role? {
        let text = requiredString("role", length: 1...40)
        let role = Role(rawValue: text)
        if !text.isEmpty, role == nil {
            add("role", "Must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return role
    }

    /// A truth value; `nil` when the body has none.
    mutating func bool(_ name: String, in body: JSONValue) -> Bool? {
        guard let value = body[name], !value.isNull else { return nil }
        return bool(name, default: false)
    }
}
