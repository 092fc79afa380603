import CCompatibility

/// What stands for other characters in another form: ligatures, full-width letters, circled numbers, radicals
/// (Unicode Standard Annex 15, compatibility decompositions).
enum CompatibilityForms {
    private static let table: [Unicode.Scalar: String] = {
        let bytes = UnsafeRawBufferPointer(start: apus_compatibility, count: apus_compatibility_size)
        var table: [Unicode.Scalar: String] = [:]
        table.reserveCapacity(4096)
        for line in bytes.split(separator: 10) {
            let text = String(decoding: UnsafeRawBufferPointer(rebasing: line), as: UTF8.self)
            guard let mark = text.firstIndex(of: "\t"), let scalar = text.unicodeScalars.first else { continue }
            table[scalar] = String(text[text.index(after: mark)...])
        }
        return table
    }()

    /// What a character stands for; `nil` when for itself.
    static func plain(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0..<0xA0: nil
        // Full-width forms of ASCII.
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0).map { String(Character($0)) }
        default: table[scalar]
        }
    }
}
