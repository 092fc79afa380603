import AzureSignatures
import HTTPMessages

/// A storage request whose sender is known, with the account taken off its path.
struct StorageCall: Sendable {
    /// Who asks, and what that allows.
    enum Caller: Sendable {
        /// Whoever has the account's key may do everything.
        case key
        /// A token's holder may do everything here; the emulator has no roles.
        case bearer(TokenAuthority.Claims)
        case signature(SharedAccessSignature)
        case anonymous
    }

    /// What an operation needs of a shared access signature.
    struct Need: Sendable {
        /// Letters of a service signature of which one is enough; `nil` when none will do.
        let service: String?
        /// Letters of an account signature of which one is enough; `nil` when none will do.
        let account: String?
        /// The resource type of an account signature: `s`ervice, `c`ontainer or `o`bject.
        let type: Character
        /// The public access of a container that lets anybody do it.
        var publicAccess: [String] = []

        init(_ service: String?, account: String?, _ type: Character, publicAccess: [String] = []) {
            self.service = service
            self.account = account
            self.type = type
            self.publicAccess = publicAccess
        }
    }

    let request: HTTPRequest
    let account: String
    /// The path after the account, still percent-encoded, without its first slash.
    let rawPath: String
    /// The path's segments after the account, decoded; empty ones are left out.
    let segments: [String]
    /// Length of the body as declared.
    let contentLength: Int
    let caller: Caller
    /// The address of the account as the caller sees it.
    let endpoint: String
    private let parameters: [String: String]

    init(
        request: HTTPRequest, account: String, rawPath: String, segments: [String], contentLength: Int, caller: Caller,
        endpoint: String
    ) {
        self.request = request
        self.account = account
        self.rawPath = rawPath
        self.segments = segments
        self.contentLength = contentLength
        self.caller = caller
        self.endpoint = endpoint
        parameters = Dictionary(request.target.query.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
    }

    var method: HTTPMethod { request.method }
    var resource: String? { parameters["restype"] }
    var component: String? { parameters["comp"] }

    /// A query parameter; empty counts as missing.
    func parameter(_ name: String) -> String? { parameters[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A header field; empty counts as missing.
    func field(_ name: String) -> String? { request.fields[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A number in the query.
    func number(
        _ name: String, default standard: Int, in range: ClosedRange<Int>
    ) throws(StorageFailure) -> Int {
        guard let text = parameter(name) else { return standard }
        guard let value = Int(text) else { throw .parameter(name, text, "Not a whole number.") }
        guard range.contains(value) else { throw .outOfRange(name, text, range) }
        return value
    }

    /// The metadata that the request carries.
    ///
    /// - Throws: `InvalidMetadata`, `EmptyMetadataKey`, `MetadataTooLarge`.
    func metadata() throws(StorageFailure) -> Metadata {
        var pairs: [(String, String)] = []
        for field in request.fields.all where field.name.lowercased().hasPrefix("x-ms-meta-") {
            // Blanks around a field's value are no part of it (RFC 9110, 5.5).
            pairs.append((String(field.name.dropFirst("x-ms-meta-".count)), Self.withoutBlanks(field.value)))
        }
        return try Metadata(pairs)
    }

    private static func withoutBlanks(_ text: String) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
        guard text.utf8.first.map(isBlank) ?? false || text.utf8.last.map(isBlank) ?? false else { return text }
        let start = text.utf8.drop(while: isBlank)
        let count = start.reversed().drop(while: isBlank).count
        return String(decoding: start.prefix(count), as: UTF8.self)
    }

    /// The whole body of at most `limit` bytes; one that was cut short is refused.
    func body(limit: Int) async throws -> [UInt8] {
        let bytes = try await request.body.collect(limit: limit)
        guard bytes.count == contentLength || request.fields["content-length"] == nil else {
            throw StorageFailure.badInput
        }
        return bytes
    }
}

extension HTTPFields {
    /// Adds a field when there is a value.
    mutating func add(_ name: String, _ value: String?) {
        if let value, !value.isEmpty { append(name, value) }
    }
}
