/// Hides credentials in text that is shown.
enum CredentialMask {
    private static let names = [
        "accountkey=", "sharedaccesskey=", "sig=", "password=", "pwd=", "accesskey=",
        // Callers' keys, as they stand in envelopes.
        "x-functions-key\":[\"", "x-functions-key\":\"", "\"code\":\"", "?code=", "&code=",
    ].map { Array($0.utf8) }
    private static let ends = Set(";& \"'".utf8)

    /// The text with the values behind well-known names replaced.
    static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard let name = names.first(where: { stands($0, in: bytes, at: place) }) else {
                result.append(bytes[place])
                place += 1
                continue
            }
            result += bytes[place..<(place + name.count)]
            result += "***".utf8
            place += name.count
            while place < bytes.count, !ends.contains(bytes[place]) { place += 1 }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func stands(_ name: [UInt8], in bytes: [UInt8], at place: Int) -> Bool {
        guard bytes.count - place >= name.count else { return false }
        return name.indices.allSatisfy { index in
            let byte = bytes[place + index]
            return ((65...90).contains(byte) ? byte | 0x20 : byte) == name[index]
        }
    }
}
