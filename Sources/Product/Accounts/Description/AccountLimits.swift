import JSONCoding

/// The limits of the app's fields, as the descriptions name them.
enum AccountLimits {
    static let name = FieldReader.nameLength
    static let passwordBytes = FieldReader.passwordBytes
    static let quota = Double(QuotaRoutes.mostAmount)
}
