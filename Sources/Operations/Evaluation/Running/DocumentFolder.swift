import FoundationEssentials
public import HTTPClient
public import HTTPMessages
import JSONCoding
import ProductStack

/// The documents that a set is asked about, in a folder.
public struct DocumentFolder: Sendable {
    /// What became of them in a running Apus.
    public struct Upload: Sendable {
        /// Names of those that can be asked about.
        public let ready: Set<String>
        /// Why the others cannot.
        public let refusals: [String]
    }

    private static let mostFiles = 10_000
    /// Clashes of names that are told at once.
    private static let mostClashes = 20
    private let files: [String]

    /// The files of a folder, without those that are sets or hidden.
    ///
    /// - Throws: `EvaluationError` when it has none.
    public init(path: String) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw EvaluationError("\(path) is no folder that can be read")
        }
        files = names.sorted().map { "\(path)/\($0)" }.filter { file in
            var isFolder = false
            let isThere = FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
            return isThere && !isFolder && !file.hasSuffix(".jsonl") && file.split(separator: "/").last?.first != "."
        }
        guard (1...Self.mostFiles).contains(files.count) else {
            throw EvaluationError("\(path) has \(files.count) documents; there must be 1 to \(Self.mostFiles)")
        }
    }

    /// Uploads the documents and waits until they were read. Those that are there already stay as they are.
    ///
    /// - Parameter fields: Header fields of every request: who asks.
    /// - Throws: `EvaluationError` when one is there under another name, when reading takes longer than `limit`, or
    ///   when nothing answers.
    public func upload(
        to url: String, client: HTTPSession, fields: HTTPFields = HTTPFields(), within limit: Duration
    ) async throws -> Upload {
        let page = RunningPage(url: url, client: client, fields: fields)
        var (names, ids, refusals, clashes) = ([String](), [String](), [String](), [String]())
        var ready: Set<String> = []
        let folder = Set(files.map(Self.fileName))
        do {
            for file in files {
                do {
                    let name = Self.fileName(file)
                    let document = try await page.upload(file)
                    let isInFolder = folder.contains(document.name)
                    if let clash = Self.clash(of: name, with: document.name, id: document.id, inFolder: isInFolder) {
                        clashes.append(clash)
                    }
                    ids.append(document.id)
                    names.append(name)
                } catch let error as StackError {
                    refusals.append(error.description)
                }
            }
            guard clashes.isEmpty else {
                throw EvaluationError(
                    "the same documents are there under other names, which no question would know:\n"
                        + clashes.prefix(Self.mostClashes).joined(separator: "\n"))
            }
            for (name, reading) in zip(names, try await page.readings(ids, within: limit)) {
                if case .failed(let reason) = reading { refusals.append(reason) } else { ready.insert(name) }
            }
        } catch let error as HTTPClientError {
            throw EvaluationError.unreachable(url, error)
        } catch let error as StackError {
            throw EvaluationError("\(error) Give them more time with --wait.")
        }
        return Upload(ready: ready, refusals: refusals)
    }

    /// What to do where the bytes of a file are those of a document with another name; `nil` where the names agree.
    ///
    /// Apus keeps the same bytes once, under the name that came first. Passages and citations have that name, so that
    /// every figure of questions about the other would be 0.
    ///
    /// - Parameter inFolder: Whether the document is another file of the folder.
    static func clash(of name: String, with kept: String, id: String, inFolder: Bool) -> String? {
        guard name != kept else { return nil }
        let remedy =
            inFolder
            ? "Take one of the two files out of the folder, and have the questions name the other."
            : "Give the file and its questions that name, or remove the document (DELETE /api/documents/\(id))."
        return "\(name) has the bytes of \(kept). \(remedy)"
    }

    private static func fileName(_ file: String) -> String { file.split(separator: "/").last.map(String.init) ?? file }
}

extension EvaluationError {
    /// Says that an Apus cannot be used, and what to do.
    static func unreachable(_ url: String, _ error: HTTPClientError) -> EvaluationError {
        error.isConnection
            ? EvaluationError("nothing answers at \(url); start Apus first, or name its address with --url")
            : EvaluationError("\(error)")
    }
}
