// swift-tools-version: 6.3
import PackageDescription

// Layers point strictly downward: C modules, base, adapters, domain, features, programs.
// Each C library has one wrapper target, and only that target imports it.

let cModules: [Target] = [
    .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"])]),
    .target(name: "CLinux"),
    // The model's word list, embedded: passages are measured in word pieces wherever they are cut.
    .target(
        name: "CVocabulary", exclude: ["vocab.txt"], cSettings: [.unsafeFlags(["--embed-dir=Sources/CVocabulary"])]),
    // The kernels need optimisation in debug builds too, and sums that may be reordered.
    .target(
        name: "CVectors",
        cSettings: [
            .unsafeFlags([
                "-O3", "-ffp-contract=fast", "-fno-math-errno",
                "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math", "-freciprocal-math",
            ])
        ]),
    // The vector service's index; like the kernels above, optimised in debug builds too.
    .target(
        name: "CGraph",
        cSettings: [
            .unsafeFlags([
                "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fassociative-math",
                "-fno-signed-zeros", "-fno-trapping-math",
            ])
        ]),
]

let base: [Target] = [
    .target(name: "Telemetry"),
    .target(name: "ProgramSupport", dependencies: ["CLinux", "Telemetry"]),
    .target(name: "TaskTools"),
    .target(name: "HTTPMessages"),
    .target(name: "JSONCoding"),
    .target(name: "Problems", dependencies: ["HTTPMessages", "JSONCoding"]),
    .target(name: "Digests", dependencies: ["CCrypto"]),
]

let adapters: [Target] = [
    .target(name: "EventLoop", dependencies: ["CLinux"]),
    .target(name: "HTTPRelay", dependencies: ["EventLoop", "HTTPMessages", "Telemetry"]),
    .target(
        name: "HTTPServing",
        dependencies: ["CMicrohttpd", "CLinux", "HTTPMessages", "JSONCoding", "Telemetry", "Problems"]),
    .target(name: "HTTPClient", dependencies: ["CCurl", "CLinux", "HTTPMessages", "ProgramSupport", "Telemetry"]),
    .target(name: "Postgres", dependencies: ["CPostgres", "ProgramSupport", "Telemetry"]),
    .target(name: "SQLite", dependencies: ["CSQLite"]),
    .target(name: "Markup", dependencies: ["CXML"]),
    .target(name: "Archives", dependencies: ["CZip"]),
    .target(name: "TarArchives", dependencies: ["CArchive"]),
    .target(name: "ChildProcess", dependencies: ["CLinux"]),
    .target(name: "MatrixProducts", dependencies: ["CDNNL"]),
]

let domain: [Target] = [
    .target(name: "SentenceUnits"),
    .target(name: "Settings", dependencies: ["Telemetry"]),
    .target(name: "OTLP", dependencies: ["JSONCoding", "Telemetry"]),
    .target(
        name: "TelemetryExport",
        dependencies: [
            "HTTPClient", "HTTPMessages", "JSONCoding", "OTLP", "ProgramSupport", "Settings", "Telemetry",
        ]),
    .target(name: "WordPieces", dependencies: ["CVocabulary"]),
    .target(name: "TextEmbedding", dependencies: ["MatrixProducts", "CVectors", "WordPieces", "JSONCoding"]),
    .target(name: "LinearRegex"),
    .target(name: "CosmosQuery", dependencies: ["JSONCoding", "LinearRegex", "Telemetry"]),
    .target(
        name: "Vectors",
        dependencies: ["CGraph", "CLinux", "SQLite", "JSONCoding", "Chroma", "Digests", "LinearRegex", "HTTPMessages"]),
    .target(
        name: "Documents",
        dependencies: [
            "Markup", "Archives", "ChildProcess", "JSONCoding", "WordPieces", "SentenceUnits", "Telemetry",
        ]),
    .target(name: "AzureSignatures", dependencies: ["Digests", "HTTPMessages"]),
    .target(
        name: "AzureIdentity", dependencies: ["HTTPClient", "JSONCoding", "HTTPMessages", "Settings", "Telemetry"]),
    .target(
        name: "AzureStorage",
        dependencies: [
            "HTTPClient", "Digests", "Markup", "AzureIdentity", "AzureSignatures", "HTTPMessages", "Settings",
            "Problems", "Telemetry",
        ]),
    .target(
        name: "CosmosDB",
        dependencies: [
            "HTTPClient", "Digests", "JSONCoding", "AzureIdentity", "AzureSignatures", "HTTPMessages", "Problems",
            "Telemetry",
        ]),
    .target(
        name: "Models",
        dependencies: [
            "AzureIdentity", "HTTPClient", "HTTPMessages", "JSONCoding", "Problems", "Settings", "Telemetry",
        ]),
    .target(name: "Chroma", dependencies: ["HTTPMessages", "JSONCoding", "LinearRegex"]),
    .target(
        name: "ChromaClient",
        dependencies: ["Chroma", "Digests", "HTTPClient", "HTTPMessages", "JSONCoding", "Settings", "Problems"]),
    .target(name: "Retrieval", dependencies: ["Models", "ChromaClient", "Chroma", "JSONCoding", "Telemetry"]),
    .target(
        name: "Tools",
        dependencies: [
            "ChildProcess", "HTTPClient", "HTTPMessages", "JSONCoding", "LinearRegex", "Models", "ProgramSupport",
            "Retrieval", "Settings",
        ]),
    .target(
        name: "Catalog",
        dependencies: [
            "AzureIdentity", "Postgres", "Digests", "JSONCoding", "HTTPServing", "HTTPMessages", "Settings", "Problems",
            "TaskTools", "Telemetry",
        ]),
    .target(
        name: "ChatHistory",
        dependencies: ["CosmosDB", "JSONCoding", "AzureIdentity", "HTTPClient", "Settings", "TaskTools"]),
    .target(
        name: "FunctionsRuntime",
        dependencies: [
            "HTTPServing", "HTTPMessages", "JSONCoding", "Settings", "Digests", "Telemetry", "CLinux", "Problems",
            "ProgramSupport",
        ]),
]

let features: [Target] = [
    .target(
        name: "Chat",
        dependencies: [
            "AzureIdentity", "Catalog", "ChatHistory", "ChromaClient", "Digests", "FunctionsRuntime", "HTTPClient",
            "Models", "Problems", "ProgramSupport", "Retrieval", "SentenceUnits", "Settings", "TelemetryExport",
            "Tools",
        ]),
    .target(
        name: "Ingestion",
        dependencies: [
            "Catalog", "AzureStorage", "Documents", "ChromaClient", "Models", "Digests", "JSONCoding", "Telemetry",
        ]),
    .target(
        name: "Upload",
        dependencies: [
            "FunctionsRuntime", "Ingestion", "Catalog", "AzureStorage", "AzureIdentity", "Documents", "ChromaClient",
            "Models", "Digests", "Problems", "Settings", "TelemetryExport",
        ]),
    .target(
        name: "History",
        dependencies: [
            "FunctionsRuntime", "Catalog", "ChatHistory", "AzureStorage", "AzureIdentity", "Problems", "Settings",
            "TelemetryExport",
        ]),
    .target(
        name: "FunctionsHost",
        dependencies: [
            "EventLoop", "HTTPRelay", "HTTPClient", "ChildProcess", "AzureIdentity", "AzureSignatures", "AzureStorage",
            "CosmosDB", "JSONCoding", "LinearRegex", "Telemetry", "Digests", "Settings", "Problems", "CLinux",
            "HTTPMessages",
        ]),
    .target(
        name: "AzureEmulator",
        dependencies: [
            "CLinux", "HTTPServing", "HTTPMessages", "Digests", "AzureSignatures", "CosmosQuery", "TaskTools", "Markup",
            "SQLite",
            "JSONCoding", "Telemetry", "Problems",
        ]),
    .target(
        name: "VectorServer",
        dependencies: [
            "HTTPServing", "HTTPClient", "Chroma", "Vectors", "TextEmbedding", "JSONCoding", "OTLP", "Settings",
            "Digests", "Problems", "Telemetry", "TelemetryExport",
        ]),
    .target(
        name: "Bench",
        dependencies: [
            "AzureIdentity", "AzureSignatures", "AzureStorage", "LocalStack", "ChildProcess", "CLinux", "HTTPClient",
            "HTTPMessages", "HTTPServing", "JSONCoding", "Models", "Telemetry",
        ]),
    .target(
        name: "Reembedding",
        dependencies: ["AzureIdentity", "Catalog", "ChromaClient", "HTTPClient", "Models", "Settings"]),
    .target(
        name: "Backup",
        dependencies: [
            "AzureIdentity", "AzureStorage", "Catalog", "ChatHistory", "ChromaClient", "Digests", "HTTPClient",
            "HTTPMessages", "JSONCoding", "Models", "Settings", "TarArchives", "Telemetry",
        ]),
    .target(
        name: "Packaging", dependencies: ["Archives", "ChildProcess", "Digests", "LocalStack", "Telemetry"]),
    .target(
        name: "LocalStack",
        dependencies: [
            "AzureSignatures", "ChildProcess", "CLinux", "Digests", "HTTPClient", "JSONCoding", "Postgres", "Telemetry",
        ]),
]

let programs: [Target] = [
    .executableTarget(
        name: "apus",
        dependencies: [
            "AzureIdentity", "Backup", "Bench", "Catalog", "HTTPClient", "LocalStack", "Packaging", "ProgramSupport",
            "Reembedding", "Settings", "Telemetry",
        ]),
    .executableTarget(
        name: "functions-host",
        dependencies: [
            "EventLoop", "FunctionsHost", "HTTPClient", "ProgramSupport", "Settings", "Telemetry", "TelemetryExport",
        ]),
    .executableTarget(name: "chat-function", dependencies: ["Chat", "FunctionsRuntime"]),
    .executableTarget(name: "upload-function", dependencies: ["Upload", "FunctionsRuntime"]),
    .executableTarget(name: "history-function", dependencies: ["History", "FunctionsRuntime"]),
    // Reads web pages for the chat app, in a process of its own.
    .executableTarget(name: "page-reader", dependencies: ["Documents", "JSONCoding", "ProgramSupport", "Telemetry"]),
    .executableTarget(name: "bench-handler"),
    // The example of docs/functions.md.
    .executableTarget(name: "notes-function", dependencies: ["FunctionsRuntime"], path: "Examples/notes/Sources"),
    .executableTarget(
        name: "azure-emulator",
        dependencies: [
            "AzureEmulator", "HTTPClient", "ProgramSupport", "Settings", "Telemetry", "TelemetryExport",
        ]),
    .executableTarget(
        name: "vm-server",
        dependencies: [
            "AzureIdentity", "CLinux", "VectorServer", "Vectors", "HTTPServing", "ProgramSupport", "HTTPClient",
            "Settings",
            "Telemetry",
            "TelemetryExport",
        ]),
]

let tests: [Target] = [
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "AzureEmulatorTests", dependencies: ["AzureEmulator", "JSONCoding", "SQLite", "TestSupport"]),
    .testTarget(
        name: "AzureClientsTests",
        dependencies: [
            "AzureEmulator", "AzureIdentity", "AzureSignatures", "AzureStorage", "ChatHistory", "CosmosDB", "Digests",
            "HTTPClient",
            "HTTPMessages", "HTTPServing", "JSONCoding", "Settings", "Telemetry", "TestSupport",
        ]),
    .testTarget(name: "CosmosQueryTests", dependencies: ["CosmosQuery", "JSONCoding", "TestSupport"]),
    .testTarget(
        name: "AzureSignaturesTests", dependencies: ["AzureSignatures", "Digests", "HTTPMessages", "TestSupport"]),
    .testTarget(name: "ChatTests", dependencies: ["Chat", "Models", "Retrieval", "TestSupport"]),
    .testTarget(name: "ChildProcessTests", dependencies: ["ChildProcess", "TestSupport"]),
    .testTarget(name: "DocumentsTests", dependencies: ["Documents", "SentenceUnits", "WordPieces", "TestSupport"]),
    .testTarget(
        name: "FunctionsHostTests",
        dependencies: ["EventLoop", "FunctionsHost", "HTTPMessages", "HTTPRelay", "JSONCoding", "TestSupport"]),
    .testTarget(
        name: "FunctionsRuntimeTests", dependencies: ["FunctionsRuntime", "HTTPMessages", "JSONCoding", "TestSupport"]),
    .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", "HTTPServing", "HTTPMessages", "TestSupport"]),
    .testTarget(
        name: "HTTPServingTests",
        dependencies: ["HTTPServing", "HTTPClient", "HTTPMessages", "Problems", "TestSupport"]),
    .testTarget(name: "HTTPRelayTests", dependencies: ["HTTPMessages", "HTTPRelay", "TestSupport"]),
    .testTarget(name: "JSONCodingTests", dependencies: ["JSONCoding", "TestSupport"]),
    .testTarget(
        name: "ModelsTests",
        dependencies: [
            "AzureIdentity", "HTTPClient", "HTTPMessages", "JSONCoding", "Models", "Problems", "Settings",
            "TestSupport",
        ]),
    .testTarget(name: "PostgresTests", dependencies: ["Postgres", "Catalog", "Digests", "TestSupport"]),
    .testTarget(
        name: "TelemetryTests",
        dependencies: ["JSONCoding", "OTLP", "Settings", "Telemetry", "TelemetryExport", "TestSupport"]),
    .testTarget(
        name: "TextEmbeddingTests",
        dependencies: ["TextEmbedding", "JSONCoding", "MatrixProducts", "WordPieces", "TestSupport"]),
    .testTarget(name: "UploadTests", dependencies: ["Upload", "HTTPMessages", "JSONCoding", "TestSupport"]),
    .testTarget(
        name: "ToolsTests",
        dependencies: ["HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding", "TestSupport", "Tools"]),
    .testTarget(name: "LinearRegexTests", dependencies: ["LinearRegex", "TestSupport"]),
    .testTarget(
        name: "VectorsTests",
        dependencies: ["Vectors", "CGraph", "Chroma", "JSONCoding", "LinearRegex", "SQLite", "TestSupport"]),
]

let package = Package(
    name: "apus",
    // For handlers in packages of their own; `functions-host new` makes one.
    products: [.library(name: "FunctionsRuntime", targets: ["FunctionsRuntime"])],
    targets: cModules + base + adapters + domain + features + programs + tests,
    swiftLanguageModes: [.v6]
)

// One rule set for every Swift target, applied once.
let swiftTargets = package.targets.filter {
    [.regular, .executable, .test].contains($0.type)
        && !["CLinux", "CGraph", "CVectors", "CVocabulary", "bench-handler"].contains($0.name)
}
for target in swiftTargets {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .treatAllWarnings(as: .error),
        ]
}
