import FoundationEssentials

/// Where test data is found.
public enum Fixtures {
    /// The package's root folder.
    public static let root: String = {
        var parts = #filePath.split(separator: "/").dropLast(4)
        parts = parts.filter { !$0.isEmpty }
        return "/" + parts.joined(separator: "/")
    }()

    /// What other programs made for tests: golden values, awkward documents.
    public static let golden = root + "/Tests/golden"

    /// The sample library's documents.
    public static let library = root + "/Examples/library/documents"

    /// The third-party test data beside the repository; absent in a bare checkout.
    public static let data = root + "/../shared/data"

    /// Texts with the tokens and values that other programs make of them: the repository's own file, computed with NumPy,
    /// and the one beside it, computed with ONNX Runtime, if it is there.
    public static let goldenEmbeddings =
        [golden + "/minilm.jsonl"] + (hasData ? [data + "/minilm/golden.jsonl"] : [])

    /// The model folder that set-up fills.
    public static let model = root + "/models/all-MiniLM-L6-v2"

    /// Whether the test data is there.
    public static var hasData: Bool { FileManager.default.fileExists(atPath: data + "/README.md") }

    /// Whether the model is there.
    public static var hasModel: Bool { FileManager.default.fileExists(atPath: model + "/model.safetensors") }

    /// The content of a file.
    public static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// A new folder that the caller removes.
    public static func temporaryDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/apus-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Copies a folder whose owner may still be at work: begins anew when a file goes away meanwhile.
    public static func copyFolder(_ folder: String, to copy: String) throws {
        for _ in 0..<50 {
            do { return try FileManager.default.copyItem(atPath: folder, toPath: copy) } catch {
                try? FileManager.default.removeItem(atPath: copy)
            }
        }
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
    }
}
