import Digests
@_spi(_Unicode) import Swift

/// What somebody signs in with, such as an address of e-mail.
public struct LoginName: Sendable, Equatable {
    /// Characters that it may have.
    public static let length = 1...200

    /// As it was given, without spaces around it.
    public let text: String
    /// As it is compared: in lower case, and composed (Unicode's form NFC).
    public let key: String

    /// Reads one; `nil` when it is empty or too long, or has characters that nobody sees.
    public init?(_ given: String) {
        var scalars = given.unicodeScalars[...]
        while scalars.first?.properties.isWhitespace ?? false { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace ?? false { scalars.removeLast() }
        guard Self.length.contains(scalars.count), scalars.allSatisfy(Self.isSeen) else { return nil }
        text = String(scalars)
        var composed = String.UnicodeScalarView()
        for scalar in text.lowercased()._nfc { composed.append(scalar) }
        key = String(composed)
    }

    private static func isSeen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }

    /// What stands for it where it must not be read: of those who failed to sign in, some typed their password here.
    var digest: String { Digest.hex(Digest.sha256(Array(key.utf8))) }
}
