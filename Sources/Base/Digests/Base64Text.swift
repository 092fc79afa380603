/// Text that is carried as base64, read leniently.
public enum Base64Text {
    /// The decoded text; the text itself when it is not base64 of UTF-8.
    public static func decode(_ text: String) -> String? {
        guard let bytes = Base64.decode(text), let decoded = String(validating: bytes, as: UTF8.self) else {
            return text
        }
        return decoded
    }
}
