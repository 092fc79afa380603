import FoundationEssentials
public import HTTPClient
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
    /// - Throws: `EvaluationError` when that takes longer than `limit`, or nothing answers.
    public func upload(to url: String, client: HTTPSession, within limit: Duration) async throws -> Upload {
        let page = RunningPage(url: url, client: client)
        var (names, ids, refusals) = ([String](), [String](), [String]())
        var ready: Set<String> = []
        do {
            for file in files {
                do {
                    ids.append(try await page.upload(file))
                    names.append(file.split(separator: "/").last.map(String.init) ?? file)
                } catch let error as StackError {
                    refusals.append(error.description)
                }
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
}

extension EvaluationError {
    /// Says that an Apus cannot be used, and what to do.
    static func unreachable(_ url: String, _ error: HTTPClientError) -> EvaluationError {
        error.isConnection
            ? EvaluationError("nothing answers at \(url); start Apus first, or name its address with --url")
            : EvaluationError("\(error)")
    }
}
