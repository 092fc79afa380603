public import DocumentReading
public import JSONCoding
import ZipArchives

/// What the program `document-reader` does with a ZIP archive of documents: each entry becomes a file of its own.
public struct ArchiveJob: Sendable {
    private let folder: ReadingFolder

    /// The work on the archive that lies in a folder.
    public init(_ folder: ReadingFolder) { self.folder = folder }

    /// Does it.
    ///
    /// - Returns: For each entry its name, and the number of its file or what is wrong with it; or an object with `error`
    ///   when the archive cannot be read.
    /// - Throws: `ReadingFailure` when the machine fails.
    public func run() throws -> JSONValue {
        let archive: ZipArchive
        do {
            archive = try ZipArchive(try DocumentReader.content(folder.original))
        } catch is ZipArchive.Failure {
            return ["error": ExtractionError.damaged("it is no ZIP archive").json]
        }
        let names = archive.names
        let wanted = names.indices.filter { !Self.isAside(names[$0]) }
        // Folders count here: what is behind the last name that is read would be left out without a word.
        guard wanted.count <= ReaderLimits.archiveEntries, names.count == archive.count else {
            return ["error": ExtractionError.tooComplex("it has more than \(ReaderLimits.archiveEntries) files").json]
        }
        var left = ReaderLimits.unpackedBytes
        var entries: [JSONValue] = []
        for (number, index) in wanted.enumerated() {
            var entry: JSONObject = ["name": .string(names[index])]
            do {
                let bytes = try archive.read(at: index, limit: min(left, ReaderLimits.unpackedFileBytes))
                left -= bytes.count
                var file = try OutputFile(folder.entry(number))
                try file.write(bytes)
                try file.finish()
                entry["file"] = .int(Int64(number))
            } catch let failure as ZipArchive.Failure {
                entry["error"] = Self.problem(failure, left: left).json
            }
            entries.append(.object(entry))
        }
        return ["entries": .array(entries)]
    }

    /// Folders, and what systems put beside the files of their owners.
    private static func isAside(_ name: String) -> Bool {
        if name.hasSuffix("/") || name.hasPrefix("__MACOSX/") { return true }
        let last = name.split(separator: "/").last.map(String.init) ?? name
        return [".DS_Store", "Thumbs.db", "desktop.ini"].contains(last)
    }

    private static func problem(_ failure: ZipArchive.Failure, left: Int) -> ExtractionError {
        switch failure {
        case .encrypted: .passwordProtected
        case .notAnArchive, .damaged: .damaged("it cannot be unpacked")
        case .tooLarge:
            left < ReaderLimits.unpackedFileBytes
                ? .tooComplex("the archive unpacks to more than \(ReaderLimits.unpackedBytes >> 20) MiB")
                : .tooComplex("it unpacks to more than \(ReaderLimits.unpackedFileBytes >> 20) MiB")
        }
    }
}
