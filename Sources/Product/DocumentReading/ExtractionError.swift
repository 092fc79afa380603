public import ChildProcess
import Glibc
public import JSONCoding
import TextSearch

/// Why a document cannot be read, in words for its owner.
public struct ExtractionError: Error, Sendable, Equatable {
    /// `password_protected`, `no_text`, `damaged`, `too_complex` or `unsupported`.
    public let code: String
    /// What is wrong and what to do.
    public let detail: String

    public static let passwordProtected = ExtractionError(
        code: "password_protected",
        detail: "The file is protected by a password. Remove the protection and upload it again.")
    /// A book that only the programs of its shop can read.
    public static let copyProtected = ExtractionError(
        code: "password_protected",
        detail: "The book is protected against copying (DRM), so that only some programs can read it. "
            + "Upload a copy without that protection.")
    public static let noText = ExtractionError(
        code: "no_text",
        detail: "There is no text in the file. If it holds scanned pictures, upload a version with a text layer.")
    /// The file is not what its format asks for.
    ///
    /// - Parameter what: What is wrong, as the rest of a sentence.
    public static func damaged(_ what: String) -> ExtractionError {
        ExtractionError(code: "damaged", detail: "The file is damaged: \(what). Save it again and upload the new copy.")
    }
    /// The file is beyond a limit, such as that of pages, nesting, time or memory.
    ///
    /// - Parameter what: Which one, as the rest of a sentence.
    public static func tooComplex(_ what: String) -> ExtractionError {
        ExtractionError(
            code: "too_complex",
            detail: "The file is beyond what can be processed: \(what). Split it and upload the parts.")
    }

    /// The wire form.
    public var json: JSONValue { ["code": .string(code), "detail": .string(detail)] }

    /// An error with its code and words.
    public init(code: String, detail: String) {
        self.code = code
        self.detail = detail
    }

    /// The limit that a reading program has passed; `nil` when it ended in another way.
    public init?(limitPassedBy output: Subprocess.Output) {
        if output.overflowed || output.code == 128 + SIGXFSZ {
            self = .tooComplex("it holds more than \(ReaderLimits.textBytes >> 20) MiB of text")
        } else if output.timedOut {
            self = .tooComplex("reading it takes longer than \(ReaderLimits.seconds) seconds")
        } else if output.code == 128 + SIGXCPU {
            self = .tooComplex("reading it takes more than \(ReaderLimits.processorSeconds) seconds of processor time")
        } else if output.code == ReaderLimits.noMemoryCode || output.code == 128 + SIGKILL
            || (output.code != 0 && output.errors.contains("emory"))
        {
            // Who is killed and has not taken too long was killed by the kernel for want of memory.
            self = .tooComplex("reading it takes more than \(ReaderLimits.addressSpaceBytes >> 20) MiB of memory")
        } else {
            return nil
        }
    }

    public static let unsupported = ExtractionError(
        code: "unsupported", detail: "The file is of none of the kinds that can be read: \(MediaType.titles).")
}

/// The machine, not the document, is at fault.
public struct ReadingFailure: Error, CustomStringConvertible {
    /// What it is, for the log.
    public let reason: String
    public var description: String { reason }

    /// A failure for a reason.
    public init(reason: String) { self.reason = reason }
}
