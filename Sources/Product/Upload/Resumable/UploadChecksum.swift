import Digests
import HTTPMessages
import JSONCoding
import Problems

/// The field `Upload-Checksum`: what the bytes of one request have to be.
struct UploadChecksum {
    static let field = "Upload-Checksum"
    /// The value of `Tus-Checksum-Algorithm`.
    static let algorithms = ChecksumHasher.Algorithm.allCases.map(\.rawValue).joined(separator: ",")

    let algorithm: ChecksumHasher.Algorithm
    let expected: [UInt8]

    /// Reads the field; `nil` when it is not there.
    ///
    /// - Throws: `InvalidFields`.
    init?(_ request: HTTPRequest) throws {
        guard let text = request.fields[Self.field] else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2 else {
            throw InvalidFields(
                field: Self.field, detail: "Must be the algorithm, a space and the checksum in base64.")
        }
        guard let algorithm = ChecksumHasher.Algorithm(rawValue: String(parts[0])) else {
            throw InvalidFields(field: Self.field, detail: "Must be of one of the algorithms \(Self.algorithms).")
        }
        guard let expected = Base64.decode(String(parts[1])), expected.count == algorithm.length else {
            throw InvalidFields(
                field: Self.field,
                detail: "Must have \(algorithm.length) bytes in base64 for \(algorithm.rawValue).")
        }
        (self.algorithm, self.expected) = (algorithm, expected)
    }

    /// - Throws: `Problem` 460 when the bytes are others.
    func check(_ actual: [UInt8]) throws {
        guard actual != expected else { return }
        throw Problem(
            .checksumMismatch,
            "The bytes that came have another \(algorithm.rawValue) than \(Self.field) says; none of them was kept. Send them again.",
            fields: [FieldProblem(field: Self.field, detail: "Differs from the body's.")])
    }
}
