import Digests
import JSONCoding

extension FieldReader {
    /// A UUID, in lower case; `nil` when absent.
    mutating func id(_ name: String) -> String? {
        guard let text = string(name, length: 1...64)?.lowercased() else { return nil }
        if !UUIDv7.isValid(text) { add(name, "Must be a UUID.") }
        return text
    }

    /// A UUID that must be there, in lower case.
    mutating func requiredID(_ name: String) -> String {
        let text = requiredString(name, length: 1...64).lowercased()
        if !text.isEmpty, !UUIDv7.isValid(text) { add(name, "Must be a UUID.") }
        return text
    }
}
