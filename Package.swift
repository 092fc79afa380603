// swift-tools-version: 6.3
import PackageDescription

// A group is a folder of `Sources`. Groups, and the targets within each, stand from the bottom up: a target depends on
// targets above it in this file alone, and on what it imports alone (`scripts/check-structure` sees to both). Each C
// library is imported by one target. CLinux is no library but the kernel's calls that Swift cannot make by itself, CTLS
// what is made of libssl, whose interface is macros, and CChecksum, CGraph, CEncoder, CLateInteraction, CVocabulary and
// CCompatibility are C of our own beside what uses it.

/// The targets of one folder of `Sources`.
func group(_ folder: String, _ targets: [Target]) -> [Target] {
    for target in targets { target.path = "\(folder)/\(target.name)" }
    return targets
}

let cModules = group(
    "Sources/C",
    [
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),
        .systemLibrary(name: "CUchardet", providers: [.apt(["libuchardet-dev"])]),
        .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CTLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    ])

// What the kernels of CEncoder, CGraph and CLateInteraction share: a header alone is no target.
let kernels = CSetting.headerSearchPath("../../Base/Kernels")

let base = group(
    "Sources/Base",
    [
        // The model's word list, embedded: passages are measured in word pieces wherever they are cut.
        .target(
            name: "CVocabulary", exclude: ["vocab.txt"],
            cSettings: [.unsafeFlags(["--embed-dir=Sources/Base/CVocabulary"])]),
        .target(name: "WordPieces", dependencies: ["CVocabulary"]),
        // Unicode's compatibility decompositions, embedded.
        .target(
            name: "CCompatibility", exclude: ["compatibility.txt"],
            cSettings: [.unsafeFlags(["--embed-dir=Sources/Base/CCompatibility"])]),
        // Linked as an archive: Debian's shared library would be one more that every package carries.
        .target(
            name: "TextAnalysis", dependencies: ["CCompatibility", "CStemmer"],
            linkerSettings: [.linkedLibrary(":libstemmer.a")]),
        .target(name: "SentenceUnits"),
        .target(name: "TextSearch"),
        .target(name: "LinearRegex"),
        .target(name: "TaskTools"),
        .target(name: "Telemetry"),
        .target(name: "ProgramSupport", dependencies: ["CLinux", "Telemetry"]),
        .target(name: "Settings", dependencies: ["Telemetry"]),
        .target(name: "JSONCoding"),
        .target(name: "HTTPMessages", dependencies: ["TextSearch"]),
        .target(name: "Problems", dependencies: ["HTTPMessages", "JSONCoding", "TextSearch"]),
        // What is to be known of the routes; OpenAPI is made of it.
        .target(name: "APIDescription", dependencies: ["HTTPMessages", "JSONCoding", "Problems"]),
        .target(name: "RequestGuards", dependencies: ["HTTPMessages", "Problems", "Settings", "TextSearch"]),
        .target(name: "CChecksum"),
        .target(name: "Digests", dependencies: ["CChecksum", "CCrypto", "TextSearch"]),
        // Optimised in debug builds too.
        .target(name: "CLateInteraction", cSettings: [.unsafeFlags(["-O3"]), kernels]),
        .target(name: "LateInteraction", dependencies: ["CLateInteraction", "Digests"]),
    ])

let adapters = group(
    "Sources/Adapters",
    [
        .target(name: "Markup", dependencies: ["CXML", "TextSearch"]),
        .target(name: "TextEncodings", dependencies: ["TextSearch"]),
        // Apart from what knows the encodings: handlers need no more than that. Linked as an archive, like the stemmer; the
        // library is written in C++.
        .target(
            name: "EncodingDetection", dependencies: ["CUchardet", "TextEncodings"],
            linkerSettings: [.linkedLibrary(":libuchardet.a"), .linkedLibrary("stdc++")]),
        .target(name: "ZipArchives", dependencies: ["CZip"]),
        .target(name: "GzipCoding", dependencies: ["CZlib"]),
        .target(name: "TarArchives", dependencies: ["CArchive"]),
        .target(name: "SQLite", dependencies: ["CSQLite"]),
        .target(name: "ChildProcess", dependencies: ["CLinux"]),
        .target(name: "Postgres", dependencies: ["CPostgres", "ProgramSupport", "Telemetry"]),
        .target(name: "EventLoop", dependencies: ["CLinux", "TaskTools"]),
        .target(name: "HTTPWire", dependencies: ["EventLoop", "HTTPMessages", "TextSearch"]),
        .target(
            name: "HTTPServing",
            dependencies: [
                "CTLS", "EventLoop", "HTTPMessages", "HTTPWire", "JSONCoding", "Problems", "TaskTools", "Telemetry",
            ]
        ),
        .target(
            name: "HTTPClient",
            dependencies: ["CCurl", "CLinux", "HTTPMessages", "ProgramSupport", "TaskTools", "Telemetry"]),
        .target(name: "OTLP", dependencies: ["JSONCoding", "Telemetry"]),
        .target(
            name: "TelemetryExport",
            dependencies: [
                "HTTPClient", "HTTPMessages", "JSONCoding", "OTLP", "ProgramSupport", "Settings", "Telemetry",
            ]
        ),
    ])

let azure = group(
    "Sources/Azure",
    [
        .target(name: "AzureSignatures", dependencies: ["Digests", "HTTPMessages"]),
        .target(
            name: "AzureIdentity",
            dependencies: [
                "HTTPClient", "HTTPMessages", "JSONCoding", "ProgramSupport", "Settings", "Telemetry", "TextSearch",
            ]),
        .target(
            name: "AzureStorage",
            dependencies: [
                "AzureIdentity", "AzureSignatures", "Digests", "HTTPClient", "HTTPMessages", "Markup", "Problems",
                "Settings", "Telemetry", "TextSearch",
            ]
        ),
        .target(
            name: "CosmosDB",
            dependencies: [
                "AzureIdentity", "AzureSignatures", "Digests", "HTTPClient", "HTTPMessages", "JSONCoding", "Problems",
                "Telemetry",
            ]
        ),
    ])

let vectorService = group(
    "Sources/VectorService",
    [
        // The kernels need optimisation in debug builds too, and sums that may be reordered.
        .target(
            name: "CEncoder", exclude: ["token-basis.f32"],
            cSettings: [
                .unsafeFlags([
                    "--embed-dir=Sources/VectorService/CEncoder", "-O3", "-ffp-contract=fast", "-fno-math-errno",
                    "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math", "-freciprocal-math",
                ]), kernels,
            ]),
        // The index; like the kernels above, optimised in debug builds too.
        .target(
            name: "CGraph",
            cSettings: [
                .unsafeFlags([
                    "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fassociative-math",
                    "-fno-signed-zeros", "-fno-trapping-math",
                ]), kernels,
            ]),
        .target(
            name: "Chroma",
            dependencies: ["Digests", "HTTPMessages", "JSONCoding", "LateInteraction", "LinearRegex", "TextSearch"]),
        .target(
            name: "Vectors",
            dependencies: [
                "CGraph", "CLinux", "Chroma", "Digests", "JSONCoding", "LateInteraction", "LinearRegex", "SQLite",
            ]
        ),
        .target(name: "MatrixProducts", dependencies: ["CDNNL"]),
        .target(
            name: "TextEmbedding",
            dependencies: ["CEncoder", "JSONCoding", "LateInteraction", "MatrixProducts", "TaskTools", "WordPieces"]
        ),
        .target(
            name: "VectorServer",
            dependencies: [
                "Chroma", "Digests", "GzipCoding", "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding",
                "MatrixProducts", "LateInteraction", "OTLP", "Problems", "ProgramSupport", "RequestGuards", "Settings",
                "TaskTools",
                "Telemetry",
                "TelemetryExport", "TextEmbedding", "Vectors",
            ]
        ),
        .executableTarget(
            name: "vm-server",
            dependencies: [
                "AzureIdentity", "CLinux", "HTTPClient", "ProgramSupport", "RequestGuards", "Settings", "Telemetry",
                "TelemetryExport", "VectorServer",
            ]
        ),
    ])

let emulator = group(
    "Sources/Emulator",
    [
        .target(name: "CosmosQuery", dependencies: ["CLinux", "Digests", "JSONCoding", "LinearRegex"]),
        .target(
            name: "AzureEmulator",
            dependencies: [
                "AzureSignatures", "CLinux", "CosmosQuery", "Digests", "HTTPMessages", "HTTPServing", "JSONCoding",
                "Markup", "Problems", "ProgramSupport", "RequestGuards", "SQLite", "Settings", "TaskTools", "Telemetry",
            ]
        ),
        .executableTarget(
            name: "azure-emulator",
            dependencies: [
                "AzureEmulator", "HTTPClient", "ProgramSupport", "RequestGuards", "Settings", "Telemetry",
                "TelemetryExport",
            ]
        ),
    ])

let host = group(
    "Sources/Host",
    [
        .target(name: "HTTPRelay", dependencies: ["EventLoop", "HTTPMessages", "HTTPWire"]),
        .target(
            name: "FunctionsHost",
            dependencies: [
                "AzureIdentity", "AzureSignatures", "AzureStorage", "CLinux", "ChildProcess", "CosmosDB", "Digests",
                "EventLoop", "HTTPClient", "HTTPMessages", "HTTPRelay", "HTTPServing", "HTTPWire", "JSONCoding",
                "LinearRegex", "Problems", "ProgramSupport", "RequestGuards", "Settings", "TaskTools", "Telemetry",
            ]
        ),
        .executableTarget(
            name: "functions-host",
            dependencies: [
                "EventLoop", "FunctionsHost", "HTTPClient", "ProgramSupport", "Settings", "TelemetryExport",
            ]
        ),
    ])

let product = group(
    "Sources/Product",
    [
        .target(
            name: "FunctionsRuntime",
            dependencies: [
                "CLinux", "Digests", "HTTPMessages", "HTTPServing", "JSONCoding", "Problems", "ProgramSupport",
                "Settings", "Telemetry", "TextSearch",
            ]
        ),
        // Values of types of one's own. Apart, because it brings Foundation, which is half as large as a handler.
        .target(name: "FunctionsCoding", dependencies: ["FunctionsRuntime", "JSONCoding"]),
        .target(
            name: "AppSetup",
            dependencies: ["AzureIdentity", "HTTPClient", "Settings", "Telemetry", "TelemetryExport"]),
        .target(
            name: "Catalog",
            dependencies: [
                "AzureIdentity", "Digests", "HTTPClient", "HTTPMessages", "JSONCoding", "Postgres", "Problems",
                "Settings", "TaskTools", "Telemetry", "TextAnalysis", "TextSearch",
            ]
        ),
        // Who asks, and what they may; every route of an app states what it asks for.
        .target(
            name: "AccessControl",
            dependencies: [
                "APIDescription", "Catalog", "Digests", "FunctionsRuntime", "HTTPMessages", "JSONCoding", "Problems",
                "Settings",
                "TaskTools", "Telemetry",
            ]),
        .target(
            name: "ChatMessages",
            dependencies: [
                "AzureIdentity", "Catalog", "CosmosDB", "Digests", "HTTPClient", "HTTPMessages", "JSONCoding",
                "Problems",
                "Settings", "TaskTools",
            ]
        ),
        // How files of strangers are read: the limits, and the program that does it.
        .target(
            name: "DocumentReading",
            dependencies: ["ChildProcess", "JSONCoding", "ProgramSupport", "TaskTools", "TextEncodings", "TextSearch"]),
        // The parsers; linked by that program alone.
        .target(
            name: "Documents",
            dependencies: [
                "ChildProcess", "DocumentReading", "EncodingDetection", "JSONCoding", "Markup", "SentenceUnits",
                "TextEncodings", "TextSearch",
                "WordPieces",
                "ZipArchives",
            ]
        ),
        .target(
            name: "Models",
            dependencies: [
                "AzureIdentity", "Digests", "HTTPClient", "HTTPMessages", "JSONCoding", "LateInteraction", "Problems",
                "ProgramSupport", "Settings", "TextSearch",
            ]
        ),
        // What somebody may use up, counted and limited before it is used.
        .target(
            name: "Quotas",
            dependencies: ["Catalog", "Digests", "Models", "Problems", "TaskTools", "Telemetry"]),
        // How other programs' models use what there is here.
        .target(
            name: "ModelContextProtocol",
            dependencies: ["Digests", "HTTPMessages", "JSONCoding", "Problems", "Telemetry", "TextSearch"]),
        .target(
            name: "ChromaClient",
            dependencies: [
                "Chroma", "Digests", "HTTPClient", "HTTPMessages", "JSONCoding", "LateInteraction", "Problems",
                "Settings", "TaskTools", "TextAnalysis",
            ]
        ),
        .target(
            name: "Retrieval",
            dependencies: [
                "Chroma", "ChromaClient", "DocumentReading", "JSONCoding", "LateInteraction", "Models", "Telemetry",
                "TextAnalysis", "WordPieces",
            ]
        ),
        .target(
            name: "Tools",
            dependencies: [
                "AzureIdentity", "CLinux", "Digests", "DocumentReading", "HTTPClient", "HTTPMessages", "JSONCoding",
                "LinearRegex", "Models", "ProgramSupport", "Retrieval", "Settings", "TextSearch",
            ]
        ),
        // What a sentence of an answer says, against the passages that it cites.
        .target(name: "ClaimChecking", dependencies: ["SentenceUnits", "TextSearch"]),
        .target(name: "DocumentQueue", dependencies: ["AzureStorage", "Catalog", "Digests", "JSONCoding"]),
        .target(
            name: "Ingestion",
            dependencies: [
                "AzureStorage", "Catalog", "ChromaClient", "Digests", "DocumentQueue", "DocumentReading",
                "HTTPMessages", "JSONCoding", "Models", "Problems", "ProgramSupport", "Retrieval", "TaskTools",
                "Telemetry",
            ]
        ),
        // OpenAI's API as far as it is about documents and chats: its forms, and the routes that need no model.
        .target(
            name: "OpenAIFaces",
            dependencies: [
                "APIDescription", "Catalog", "ChatMessages", "Digests", "HTTPMessages", "JSONCoding", "Problems",
                "Retrieval",
                "Telemetry",
            ]
        ),
        .target(
            name: "Chat",
            dependencies: [
                "APIDescription", "AccessControl", "AppSetup", "Catalog", "ChatMessages", "ChromaClient",
                "ClaimChecking", "Digests", "FunctionsRuntime", "HTTPMessages", "HTTPServing", "JSONCoding",
                "ModelContextProtocol", "Models", "OpenAIFaces", "Problems", "ProgramSupport", "Quotas", "Retrieval",
                "SentenceUnits", "Settings", "TaskTools", "Telemetry", "TelemetryExport", "TextAnalysis", "TextSearch",
                "Tools", "WordPieces",
            ]
        ),
        .target(
            name: "Upload",
            dependencies: [
                "APIDescription", "AccessControl", "AppSetup", "AzureStorage", "Catalog", "ChromaClient", "Digests",
                "DocumentQueue", "DocumentReading", "FunctionsRuntime", "HTTPMessages", "HTTPServing", "Ingestion",
                "JSONCoding", "Models", "OpenAIFaces", "Problems", "ProgramSupport", "Quotas", "Retrieval", "Settings",
                "TaskTools", "Telemetry", "TelemetryExport", "TextEncodings", "TextSearch",
            ]
        ),
        .target(
            name: "History",
            dependencies: [
                "APIDescription", "AccessControl", "AppSetup", "AzureStorage", "Catalog", "ChatMessages", "Digests",
                "DocumentQueue", "FunctionsRuntime", "HTTPMessages", "JSONCoding", "OpenAIFaces", "Problems",
                "TaskTools", "Telemetry", "TelemetryExport", "TextSearch",
            ]
        ),
        .target(
            name: "Accounts",
            dependencies: [
                "APIDescription", "AccessControl", "AppSetup", "Catalog", "Digests", "FunctionsRuntime", "HTTPClient",
                "HTTPMessages", "JSONCoding", "Problems", "Settings", "TaskTools", "Telemetry", "TelemetryExport",
                "TextSearch",
            ]),
    ])

let apps = group(
    "Sources/Apps",
    [
        .executableTarget(name: "account-function", dependencies: ["Accounts", "FunctionsRuntime"]),
        .executableTarget(name: "chat-function", dependencies: ["Chat", "FunctionsRuntime"]),
        .executableTarget(name: "upload-function", dependencies: ["FunctionsRuntime", "ProgramSupport", "Upload"]),
        .executableTarget(name: "history-function", dependencies: ["FunctionsRuntime", "History"]),
        // Reads documents for the upload app and web pages for the chat app, in a process of its own.
        .executableTarget(
            name: "document-reader",
            dependencies: ["DocumentReading", "Documents", "JSONCoding", "Markup", "ProgramSupport", "Telemetry"]),
    ])

let operations = group(
    "Sources/Operations",
    [
        .target(
            name: "ProductStack",
            dependencies: [
                "AzureSignatures", "CLinux", "ChildProcess", "Digests", "DocumentReading", "HTTPClient", "HTTPMessages",
                "JSONCoding", "Postgres", "ProgramSupport", "Settings", "Telemetry",
            ]
        ),
        // A running Apus in a terminal.
        .target(
            name: "TerminalClient",
            dependencies: [
                "Digests", "HTTPClient", "HTTPMessages", "JSONCoding", "Models", "TaskTools",
            ]),
        .target(
            name: "Backup",
            dependencies: [
                "AppSetup", "AzureStorage", "Catalog", "ChatMessages", "ChromaClient", "Digests", "HTTPClient",
                "HTTPMessages", "JSONCoding", "Models", "Settings", "TarArchives", "Telemetry",
            ]
        ),
        .target(
            name: "Reembedding",
            dependencies: ["AppSetup", "Catalog", "ChromaClient", "HTTPClient", "Models", "Retrieval", "Settings"]
        ),
        .target(
            name: "Packaging",
            dependencies: [
                "ChildProcess", "Digests", "DocumentReading", "ProductStack", "Telemetry", "ZipArchives",
            ]),
        .target(
            name: "Evaluation",
            dependencies: ["HTTPClient", "HTTPMessages", "JSONCoding", "ProductStack", "TaskTools", "Telemetry"]),
        .target(
            name: "Bench",
            dependencies: [
                "AzureIdentity", "AzureSignatures", "AzureStorage", "CLinux", "ChildProcess", "HTTPClient",
                "HTTPMessages", "HTTPServing", "JSONCoding", "Models", "ProductStack", "Telemetry",
            ]
        ),
        .executableTarget(name: "bench-handler"),
        // Not a part of any package: it measures what was built here.
        .executableTarget(name: "apus-bench", dependencies: ["Bench", "ProductStack", "ProgramSupport", "Telemetry"]),
        .executableTarget(
            name: "apus",
            dependencies: [
                "Backup", "Catalog", "DocumentReading", "Evaluation", "HTTPClient", "HTTPMessages", "JSONCoding",
                "Packaging", "Problems", "ProductStack", "ProgramSupport", "Reembedding", "Telemetry", "TerminalClient",
            ]
        ),
    ])

let examples: [Target] = [
    // The example of docs/parts/functions.md.
    .executableTarget(
        name: "notes-function", dependencies: ["FunctionsCoding", "FunctionsRuntime"], path: "Examples/notes/Sources")
]

let tests =
    [
        .target(name: "TestSupport", path: "Tests/Units/TestSupport"),
        .target(
            name: "TestStores",
            dependencies: [
                "AzureEmulator", "AzureSignatures", "Digests", "HTTPClient", "Postgres", "Settings", "Telemetry",
                "TestSupport", "VectorServer",
            ], path: "Tests/Units/TestStores"),
    ]
    + group(
        "Tests/Units/Base",
        [
            .testTarget(name: "DigestsTests", dependencies: ["Digests"]),
            .testTarget(name: "HTTPMessagesTests", dependencies: ["HTTPMessages", "TestSupport"]),
            .testTarget(name: "JSONCodingTests", dependencies: ["JSONCoding"]),
            .testTarget(name: "LateInteractionTests", dependencies: ["LateInteraction"]),
            .testTarget(name: "LinearRegexTests", dependencies: ["LinearRegex", "TestSupport"]),
            .testTarget(name: "ProblemsTests", dependencies: ["HTTPMessages", "JSONCoding", "Problems"]),
            .testTarget(name: "ProgramSupportTests", dependencies: ["ProgramSupport", "TestSupport"]),
            .testTarget(
                name: "RequestGuardsTests",
                dependencies: ["HTTPMessages", "Problems", "RequestGuards", "Settings"]),
            .testTarget(name: "SentenceUnitsTests", dependencies: ["SentenceUnits"]),
            .testTarget(name: "TextAnalysisTests", dependencies: ["TextAnalysis"]),
            .testTarget(name: "SettingsTests", dependencies: ["Settings", "Telemetry"]),
            .testTarget(name: "TaskToolsTests", dependencies: ["TaskTools", "TestSupport"]),
            .testTarget(name: "TelemetryTests", dependencies: ["JSONCoding", "Telemetry"]),
            .testTarget(name: "WordPiecesTests", dependencies: ["JSONCoding", "TestSupport", "WordPieces"]),
        ])
    + group(
        "Tests/Units/Adapters",
        [
            .testTarget(name: "ChildProcessTests", dependencies: ["ChildProcess", "TestSupport"]),
            .testTarget(name: "EncodingDetectionTests", dependencies: ["EncodingDetection", "TextEncodings"]),
            .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "TestSupport"]),
            .testTarget(
                name: "HTTPClientTests",
                dependencies: ["HTTPClient", "HTTPMessages", "HTTPServing", "Telemetry", "TestSupport"]),
            .testTarget(
                name: "HTTPServingTests",
                dependencies: [
                    "Digests", "EventLoop", "HTTPClient", "HTTPMessages", "HTTPServing", "HTTPWire", "JSONCoding",
                    "Problems", "TestSupport",
                ]
            ),
            .testTarget(name: "HTTPWireTests", dependencies: ["HTTPMessages", "HTTPWire"]),
            .testTarget(name: "MarkupTests", dependencies: ["Markup"]),
            .testTarget(name: "OTLPTests", dependencies: ["JSONCoding", "OTLP", "Telemetry"]),
            .testTarget(name: "PostgresTests", dependencies: ["Catalog", "Digests", "Postgres", "TestSupport"]),
            .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "TestSupport"]),
            .testTarget(name: "TarArchivesTests", dependencies: ["TarArchives", "TestSupport"]),
            .testTarget(
                name: "TelemetryExportTests",
                dependencies: [
                    "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding", "OTLP", "ProgramSupport", "Settings",
                    "Telemetry", "TelemetryExport", "TestSupport",
                ]),
            .testTarget(name: "GzipCodingTests", dependencies: ["CZlib", "GzipCoding"]),
            .testTarget(name: "ZipArchivesTests", dependencies: ["TestSupport", "ZipArchives"]),
        ])
    + group(
        "Tests/Units/Azure",
        [
            .testTarget(
                name: "AzureClientsTests",
                dependencies: [
                    "AzureEmulator", "AzureIdentity", "AzureSignatures", "AzureStorage", "ChatMessages", "CosmosDB",
                    "Digests",
                    "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding", "Settings", "Telemetry", "TestSupport",
                ]
            ),
            .testTarget(name: "AzureSignaturesTests", dependencies: ["AzureSignatures", "Digests", "HTTPMessages"]),
        ])
    + group(
        "Tests/Units/VectorService",
        [
            .testTarget(
                name: "TextEmbeddingTests",
                dependencies: ["JSONCoding", "MatrixProducts", "TestSupport", "TextEmbedding", "WordPieces"]
            ),
            .testTarget(name: "ChromaTests", dependencies: ["Chroma", "Digests", "HTTPMessages", "JSONCoding"]),
            .testTarget(name: "MatrixProductsTests", dependencies: ["CEncoder", "MatrixProducts", "TestSupport"]),
            .testTarget(
                name: "VectorServerTests",
                dependencies: [
                    "Digests", "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding", "LateInteraction", "OTLP",
                    "Problems", "ProgramSupport", "RequestGuards", "Settings", "Telemetry", "TestSupport",
                    "VectorServer", "Vectors",
                ]
            ),
            .testTarget(
                name: "VectorsTests",
                dependencies: [
                    "CGraph", "Chroma", "Digests", "JSONCoding", "LinearRegex", "SQLite", "TestSupport", "Vectors",
                ]
            ),
        ])
    + group(
        "Tests/Units/Emulator",
        [
            .testTarget(
                name: "AzureEmulatorTests",
                dependencies: [
                    "AzureEmulator", "AzureSignatures", "Digests", "HTTPMessages", "JSONCoding", "Markup",
                    "RequestGuards", "SQLite", "Settings", "Telemetry", "TestSupport",
                ]
            ),
            .testTarget(name: "CosmosQueryTests", dependencies: ["CosmosQuery", "JSONCoding"]),
        ])
    + group(
        "Tests/Units/Host",
        [
            .testTarget(
                name: "FunctionsHostTests",
                dependencies: [
                    "AzureEmulator", "AzureSignatures", "AzureStorage", "Digests", "EventLoop", "FunctionsHost",
                    "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding", "Markup", "Problems", "Settings",
                    "Telemetry", "TestSupport",
                ]
            ),
            .testTarget(
                name: "HTTPRelayTests",
                dependencies: ["EventLoop", "HTTPMessages", "HTTPRelay", "HTTPServing", "HTTPWire", "TestSupport"]),
        ])
    + group(
        "Tests/Units/Product",
        [
            .target(
                name: "ProductFixture",
                dependencies: [
                    "Accounts", "AzureEmulator", "AzureIdentity", "AzureStorage", "Catalog", "Chat", "ChatMessages",
                    "ChromaClient",
                    "Digests", "FunctionsRuntime", "HTTPClient", "HTTPMessages", "HTTPServing", "History", "JSONCoding",
                    "Models", "Postgres", "Settings", "Telemetry", "TestStores", "TestSupport", "Upload",
                    "VectorServer", "ZipArchives",
                ]),
            .testTarget(
                name: "APIDescriptionTests",
                dependencies: [
                    "APIDescription", "AccessControl", "Accounts", "Chat", "History", "Telemetry", "Upload",
                ]),
            .testTarget(
                name: "AccessControlTests",
                dependencies: [
                    "APIDescription", "AccessControl", "Catalog", "Digests", "FunctionsRuntime", "HTTPMessages",
                    "JSONCoding", "Postgres",
                    "Problems", "ProductFixture", "Settings", "Telemetry", "TestSupport",
                ]),
            .testTarget(
                name: "AccountsTests",
                dependencies: [
                    "AccessControl", "Accounts", "AzureStorage", "Catalog", "ChatMessages", "Digests", "HTTPClient",
                    "HTTPMessages",
                    "HTTPServing", "JSONCoding", "Postgres", "Problems", "ProductFixture", "Settings", "TestSupport",
                    "VectorServer",
                ]),
            .testTarget(
                name: "ModelContextProtocolTests",
                dependencies: [
                    "Digests", "HTTPMessages", "JSONCoding", "ModelContextProtocol", "Problems", "Telemetry",
                ]),
            .testTarget(
                name: "QuotasTests", dependencies: ["Catalog", "HTTPMessages", "Models", "Problems", "Quotas"]),
            .testTarget(
                name: "AppSetupTests",
                dependencies: [
                    "AppSetup", "AzureEmulator", "AzureIdentity", "AzureStorage", "Catalog", "ChatMessages",
                    "ChromaClient", "HTTPClient", "HTTPMessages", "JSONCoding", "Models", "Settings", "Telemetry",
                    "TestSupport", "Tools",
                ]),
            .testTarget(
                name: "CatalogTests",
                dependencies: [
                    "Catalog", "Digests", "HTTPMessages", "JSONCoding", "Postgres", "Problems", "ProductFixture",
                    "TestSupport",
                ]),
            .testTarget(
                name: "ChatTests",
                dependencies: [
                    "Catalog", "Chat", "ChatMessages", "ClaimChecking", "Digests", "HTTPClient", "HTTPMessages",
                    "HTTPServing", "JSONCoding", "LateInteraction", "Models", "Postgres", "Problems", "ProductFixture",
                    "Retrieval",
                    "Settings", "Telemetry",
                    "TestSupport",
                    "Tools", "WordPieces",
                ]),
            .testTarget(
                name: "ClaimCheckingTests", dependencies: ["ClaimChecking", "JSONCoding", "TestSupport"]),
            .testTarget(
                name: "DocumentReadingTests",
                dependencies: ["ChildProcess", "DocumentReading", "JSONCoding", "TestSupport"]),
            .testTarget(
                name: "DocumentsTests",
                dependencies: [
                    "DocumentReading", "Documents", "HTTPMessages", "JSONCoding", "ProductFixture", "SentenceUnits",
                    "TestSupport",
                    "WordPieces",
                ]),
            .testTarget(
                name: "FunctionsRuntimeTests",
                dependencies: [
                    "FunctionsCoding", "FunctionsRuntime", "HTTPMessages", "JSONCoding", "Problems", "Telemetry",
                ]),
            .testTarget(
                name: "HistoryTests",
                dependencies: [
                    "AzureStorage", "Catalog", "ChatMessages", "Digests", "DocumentQueue", "HTTPMessages", "History",
                    "JSONCoding",
                    "Postgres", "ProductFixture", "TestSupport",
                ]),
            .testTarget(
                name: "IngestionTests",
                dependencies: [
                    "AzureStorage", "Catalog", "ChromaClient", "Digests", "DocumentReading", "HTTPMessages",
                    "Ingestion", "JSONCoding", "Postgres", "ProductFixture", "Telemetry", "TestSupport",
                ]),
            .testTarget(
                name: "ModelsTests",
                dependencies: [
                    "AzureIdentity", "Digests", "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding",
                    "LateInteraction", "Models", "Problems",
                    "ProductFixture", "Settings", "TestSupport",
                ]
            ),
            .testTarget(
                name: "OpenAIFacesTests",
                dependencies: ["Catalog", "HTTPMessages", "JSONCoding", "OpenAIFaces", "Problems"]),
            .testTarget(
                name: "ChromaClientTests",
                dependencies: [
                    "ChromaClient", "HTTPClient", "JSONCoding", "TestStores", "TestSupport", "TextAnalysis",
                    "VectorServer",
                ]),
            .testTarget(
                name: "RetrievalTests",
                dependencies: ["ChromaClient", "JSONCoding", "LateInteraction", "Retrieval", "WordPieces"]),
            .testTarget(
                name: "ToolsTests",
                dependencies: [
                    "AzureIdentity", "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding", "Models", "Retrieval",
                    "Settings", "TestSupport", "Tools",
                ]
            ),
            .testTarget(
                name: "UploadTests",
                dependencies: [
                    "AzureStorage", "Catalog", "ChromaClient", "Digests", "DocumentQueue", "HTTPMessages", "JSONCoding",
                    "Postgres", "Problems", "ProductFixture", "TestSupport", "Upload", "ZipArchives",
                ]),
        ])
    + group(
        "Tests/Units/Operations",
        [
            .testTarget(
                name: "TerminalClientTests",
                dependencies: ["HTTPClient", "HTTPMessages", "JSONCoding", "TerminalClient", "TestSupport"]),
            .testTarget(name: "ApusTests", dependencies: ["ChildProcess", "Telemetry", "TestSupport"]),
            .testTarget(
                name: "BackupTests",
                dependencies: [
                    "AzureStorage", "Backup", "Catalog", "ChatMessages", "ChromaClient", "Digests", "HTTPClient",
                    "HTTPMessages", "JSONCoding", "LateInteraction", "Settings", "TarArchives", "TestStores",
                    "TestSupport",
                ]),
            .testTarget(
                name: "BenchTests",
                dependencies: [
                    "AzureEmulator", "AzureSignatures", "Bench", "HTTPMessages", "HTTPServing", "JSONCoding",
                    "ProductStack", "Telemetry", "TestSupport",
                ]),
            .testTarget(
                name: "EvaluationTests", dependencies: ["Evaluation", "JSONCoding", "TestSupport"]),
            .testTarget(
                name: "HostileInputTests",
                dependencies: [
                    "AccessControl", "AzureEmulator", "AzureSignatures", "Catalog", "Chroma", "CosmosQuery",
                    "Documents",
                    "FunctionsHost",
                    "HTTPMessages", "HTTPWire", "JSONCoding", "LinearRegex", "Markup", "Models", "OTLP",
                    "SentenceUnits", "TestSupport", "Tools", "Upload", "Vectors", "WordPieces",
                ]),
            .testTarget(
                name: "PackagingTests",
                dependencies: ["ChildProcess", "Digests", "Packaging", "ProductStack", "Telemetry", "TestSupport"]),
            .testTarget(
                name: "ProductStackTests",
                dependencies: [
                    "AzureSignatures", "ChildProcess", "Digests", "HTTPClient", "HTTPMessages", "HTTPServing",
                    "JSONCoding",
                    "Postgres", "ProductStack", "TestSupport",
                ]),
            .testTarget(
                name: "ReembeddingTests",
                dependencies: [
                    "Catalog", "ChromaClient", "HTTPClient", "HTTPMessages", "HTTPServing", "JSONCoding", "Postgres",
                    "Reembedding",
                    "TestStores", "TestSupport", "TextAnalysis", "VectorServer",
                ]),
        ])

// What `scripts/fuzz` builds, with the compiler's fuzzer linked: no other build can link it.
let fuzzing =
    Context.environment["APUS_FUZZ"] == nil
    ? []
    : group(
        "Tests/Fuzz",
        [
            .systemLibrary(name: "CFuzzer"),
            .executableTarget(
                name: "parser-fuzz",
                dependencies: [
                    "AzureEmulator", "AzureSignatures", "CFuzzer", "Chroma", "CosmosQuery", "DocumentReading",
                    "Documents", "EncodingDetection", "FunctionsHost", "HTTPMessages", "HTTPWire", "JSONCoding",
                    "LinearRegex", "Markup",
                    "Models", "OTLP", "SentenceUnits", "TextEncodings", "Tools", "Upload", "Vectors", "WordPieces",
                    "ZipArchives",
                ]),
        ])

let package = Package(
    name: "apus",
    // For handlers in packages of their own; `functions-host new` makes one.
    products: [
        .library(name: "FunctionsRuntime", targets: ["FunctionsRuntime"]),
        .library(name: "FunctionsCoding", targets: ["FunctionsCoding"]),
    ],
    targets: cModules + base + adapters + azure + vectorService + emulator + host + product + apps + operations
        + examples
        + tests + fuzzing,
    swiftLanguageModes: [.v6]
)

// One rule set for every Swift target, applied once.
let swiftTargets = package.targets.filter {
    [.regular, .executable, .test].contains($0.type)
        && ![
            "CLinux", "CTLS", "CGraph", "CEncoder", "CLateInteraction", "CVocabulary", "CCompatibility",
            "bench-handler",
        ].contains($0.name)
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
