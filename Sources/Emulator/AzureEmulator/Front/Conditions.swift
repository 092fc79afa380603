import HTTPMessages
import Telemetry

/// Conditional headers ("Specifying conditional headers for Blob service operations";
/// docs/reference/azure-storage.md, 2.6).
struct Conditions: Sendable {
    private let match: [String]
    private let noneMatch: [String]
    private let modifiedSince: Int64?
    private let unmodifiedSince: Int64?

    /// Reads a request's conditions.
    ///
    /// - Parameter prefix: `x-ms-source-` for those of a copy's source.
    init(_ call: StorageCall, prefix: String = "") throws(StorageFailure) {
        func tags(_ name: String) -> [String] {
            (call.field(prefix + name) ?? "").split(separator: ",").map { Self.plain(String($0)) }
        }
        func time(_ name: String) throws(StorageFailure) -> Int64? {
            guard let text = call.field(prefix + name) else { return nil }
            guard let seconds = Timestamp.seconds(httpDate: text) else { throw .header(prefix + name, text) }
            return seconds
        }
        match = tags("if-match")
        noneMatch = tags("if-none-match")
        modifiedSince = try time("if-modified-since")
        unmodifiedSince = try time("if-unmodified-since")
    }

    /// An entity tag without its quotes; clients disagree about them.
    private static func plain(_ tag: String) -> String {
        String(tag.filter { $0 != " " && $0 != "\"" })
    }

    /// - Parameter current: Entity tag and time in seconds of the resource, `nil` when there is none.
    func checkRead(_ current: (etag: String, modified: Int64)) throws(StorageFailure) {
        if noneMatch.contains("*") {
            throw StorageFailure(
                400, "UnsatisfiableCondition", "The request includes an unsatisfiable condition for this operation.")
        }
        let tag = Self.plain(current.etag)
        let matches = match.isEmpty || match.contains("*") || match.contains(tag)
        guard matches, unmodifiedSince.map({ current.modified <= $0 }) ?? true else {
            throw .conditionNotMet
        }
        guard !noneMatch.isEmpty || modifiedSince != nil else { return }
        let isOther = !noneMatch.isEmpty && !noneMatch.contains(tag)
        let isNewer = modifiedSince.map { current.modified > $0 } ?? false
        if !isOther && !isNewer {
            var failure = StorageFailure.notModified
            failure.fields["ETag"] = current.etag
            failure.fields["Last-Modified"] = Timestamp.httpDate(seconds: current.modified)
            throw failure
        }
    }

    /// - Parameters:
    ///   - current: `nil` when there is no resource.
    ///   - exists: What `If-None-Match: *` is answered with on an existing resource.
    func checkWrite(
        _ current: (etag: String, modified: Int64)?, exists: StorageFailure = .conditionNotMet
    ) throws(StorageFailure) {
        guard match.count <= 1, noneMatch.count <= 1 else {
            throw StorageFailure(
                400, "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.")
        }
        guard let current else {
            if !match.isEmpty { throw .conditionNotMet }
            return
        }
        let tag = Self.plain(current.etag)
        if noneMatch.contains("*") { throw exists }
        let matches = match.isEmpty || match.contains("*") || match.contains(tag)
        guard matches, !noneMatch.contains(tag), modifiedSince.map({ current.modified > $0 }) ?? true,
            unmodifiedSince.map({ current.modified <= $0 }) ?? true
        else { throw .conditionNotMet }
    }
}
