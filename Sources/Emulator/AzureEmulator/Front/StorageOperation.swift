import HTTPMessages
import Telemetry

/// An operation that a request was recognised as, with the query parameters that it knows.
///
/// Routes give one of these and nothing else, so that no operation runs without having said what it understands: a
/// parameter that it does not know can select another blob, version or message than the one it would act on.
struct StorageOperation {
    /// Names in lower case; `comp`, `restype` and those that every request may have need not be named.
    let parameters: Set<String>
    let run: () async throws -> HTTPResponse

    init(_ parameters: Set<String> = [], run: @escaping () async throws -> HTTPResponse) {
        self.parameters = parameters
        self.run = run
    }
}

extension StorageCall {
    /// What has led to the operation already, and what bounds a request without changing what it is about.
    private static let general: Set<String> = ["comp", "restype", "timeout", "api-version"]

    /// The parameters of shared access signatures but for the two that select what is read ("Create a service SAS",
    /// "Create an account SAS", "Create a user delegation SAS"; docs/reference/azure-storage.md, 1.5).
    private static let signature: Set<String> = [
        "sv", "ss", "srt", "sr", "sp", "st", "se", "sip", "spr", "si", "sig", "ses", "skoid", "sktid", "skt", "ske",
        "sks", "skv", "saoid", "suoid", "scid", "sdd", "skdutid", "sduoid", "srh", "srq", "rscc", "rscd", "rsce",
        "rscl", "rsct",
    ]

    /// Refuses parameters that an operation does not know, and those that are given twice.
    ///
    /// - Throws: `501 NotImplemented`, `400 InvalidQueryParameterValue`.
    func admit(_ known: Set<String>) throws(StorageFailure) {
        var seen: Set<String> = []
        for (name, value) in request.target.query {
            let name = name.lowercased()
            guard known.contains(name) || Self.general.contains(name) || Self.signature.contains(name) else {
                throw .unsupportedParameter(name, value)
            }
            guard seen.insert(name).inserted else { throw .parameter(name, value, "It is given twice.") }
        }
    }

    /// The time of the snapshot that the request is about; `nil` for the blob itself.
    ///
    /// - Throws: `400 InvalidQueryParameterValue` for what is no time.
    func snapshotTime() throws(StorageFailure) -> String? {
        guard let text = parameter("snapshot") else { return nil }
        guard Timestamp.milliseconds(iso8601: text) != nil else {
            throw .parameter("snapshot", text, "It is not a snapshot's time.")
        }
        return text
    }
}
