@testable import AzureEmulator
@testable import FunctionsHost
@testable import Vectors

extension FuzzedParser {
    /// What the emulator, the host and the vector service read besides.
    static let services: [FuzzedParser] = [
        .text("blob-tags") { text in
            _ = try? TagCondition(text, parameter: "where")
            _ = try? BlobTags(header: text)
        },
        .text("route-template") { text in
            let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let template = try? RouteTemplate(parts[0]) else { return }
            _ = template.match((parts.last ?? "").split(separator: "/").map(String.init))
        },
        .text("binding-expression") { _ = try? BindingExpression.resolve($0, ["a": "1"]) },
        FuzzedParser("graph-file") { bytes in
            _ = GraphFile.parseMeta(bytes)
            _ = GraphFile.parseJournal(bytes)
        },
    ]
}
