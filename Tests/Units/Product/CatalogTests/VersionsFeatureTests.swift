import Catalog
import Digests
import JSONCoding
import Postgres
import ProductFixture
import Testing

/// Versions of documents, in the index on a real server.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct VersionsFeatureTests {
    private static let findings = WorkspaceCatalog.Findings(
        pages: 1, pagesWithoutText: 0, passages: 1, language: "en", report: [:])

    private func add(
        _ name: String, _ hash: String, _ onExisting: OnExisting = .replace, to catalog: WorkspaceCatalog
    ) async throws -> (document: DocumentRecord, isDuplicate: Bool) {
        var new = WorkspaceCatalog.NewDocument(
            id: UUIDv7.make(), name: name, mediaType: "text/plain", bytes: 1, sha256: hash, chatId: nil)
        new.onExisting = onExisting
        return try await catalog.addDocument(new)
    }

    private func read(_ id: String, _ catalog: WorkspaceCatalog) async throws {
        guard let claim = try await catalog.claim(id) else { return }
        try await catalog.setReady(claim, Self.findings)
    }

    private func searched(_ catalog: WorkspaceCatalog) async throws -> Set<String> {
        Set(try await catalog.searchableDocuments(chatId: nil, only: nil))
    }

    @Test func theOldVersionAnswersUntilTheNewOneIsReady() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let first = try await add("Policy.pdf", "1", to: catalog).document
            #expect(first.version == 1 && first.family == first.id)
            try await read(first.id, catalog)
            let second = try await add("Policy.pdf", "2", to: catalog).document
            #expect(second.version == 2 && second.family == first.id)
            #expect(try await searched(catalog) == [first.id])
            try await read(second.id, catalog)
            #expect(try await searched(catalog) == [second.id])
            let old = try #require(try await catalog.document(first.id))
            #expect(old.supersededAt != nil && old.status == .ready)
            #expect(try await catalog.currentVersions(of: [first.id, second.id]) == [first.id: second.id])
            // Whichever version is named, the current one is meant.
            #expect(try await catalog.searchableDocuments(chatId: nil, only: [first.id]) == [second.id])
            #expect(try await catalog.documents(chatId: nil, limit: 9, after: nil).map(\.id) == [second.id])
            let all = try await catalog.documents(chatId: nil, limit: 9, after: nil, versions: .of(second.id))
            #expect(all.map(\.id) == [second.id, first.id])
            let newest = try await catalog.documents(chatId: nil, limit: 9, after: nil, versions: .newest)
            #expect(newest.map(\.id) == [second.id])
            #expect(try await catalog.otherVersions(of: first.id) == 1)
        }
    }

    @Test func namesAreComparedComposedAndWithTheirCapitals() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let first = try await add("Re\u{301}sume\u{301}.txt", "1", to: catalog).document
            #expect(try await add("R\u{E9}sum\u{E9}.txt", "2", to: catalog).document.family == first.id)
            #expect(try await add("r\u{E9}sum\u{E9}.txt", "3", to: catalog).document.version == 1)
        }
    }

    @Test func aFileIsReplacedKeptSkippedOrAskedAbout() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let first = try await add("a", "1", .ask, to: catalog).document
            for choice in [OnExisting.ask, .skip] {
                do {
                    _ = try await add("a", "2", choice, to: catalog)
                    Issue.record("\(choice) stored a file")
                } catch let error as NameTaken {
                    #expect(error.document.id == first.id)
                }
            }
            for choice in OnExisting.allCases {
                let same = try await add("a", "1", choice, to: catalog)
                #expect(same.isDuplicate && same.document.id == first.id, "\(choice)")
            }
            let beside = try await add("a", "3", .keep, to: catalog).document
            #expect(beside.version == 1 && beside.family == beside.id)
            // The newest of the name is the one that is replaced.
            #expect(try await add("a", "4", to: catalog).document.family == beside.id)
            // Another document's bytes are a version of this one all the same.
            let same = try await add("a", "1", to: catalog)
            #expect(!same.isDuplicate && same.document.family == beside.id && same.document.version == 3)
        }
    }

    @Test func anOldVersionDoesNotComeBackByItselfButWhenItIsRestored() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let first = try await add("a", "1", to: catalog).document.id
            try await read(first, catalog)
            let second = try await add("a", "2", to: catalog).document.id
            try await read(second, catalog)
            #expect(try await catalog.markDeleting(second))
            #expect(try await searched(catalog).isEmpty)
            #expect(try await catalog.removeDocument(second) == 1)
            #expect(try await searched(catalog).isEmpty)
            #expect(try await catalog.currentVersions(of: [first]).isEmpty)
            // Who looks for what is stored still finds it.
            #expect(try await catalog.documents(chatId: nil, limit: 9, after: nil).isEmpty)
            let left = try await catalog.documents(chatId: nil, limit: 9, after: nil, versions: .newest)
            #expect(left.map(\.id) == [first])
            let restored = try #require(try await catalog.restoreVersion(first))
            #expect(restored.supersededAt == nil)
            #expect(try await searched(catalog) == [first])
            await #expect(throws: RestoreRefused.self) { try await catalog.restoreVersion(first) }
            let third = try await add("a", "3", to: catalog).document
            await #expect(throws: RestoreRefused.self) { try await catalog.restoreVersion(third.id) }
            // The first version's id stands for the document also when that version is gone.
            #expect(try await catalog.markDeleting(first))
            #expect(try await catalog.removeDocument(first) == 1)
            let rest = try await catalog.documents(chatId: nil, limit: 9, after: nil, versions: .of(first))
            #expect(rest.map(\.id) == [third.id] && rest.first?.family == first)
            try await read(third.id, catalog)
            #expect(try await catalog.searchableDocuments(chatId: nil, only: [first]) == [third.id])
            #expect(try await catalog.markAllVersionsDeleting(third.id) == [third.id])
            #expect(try await searched(catalog).isEmpty)
        }
    }

    @Test func whatIsReadLateDoesNotSupersedeWhatIsNewer() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let first = try await add("a", "1", to: catalog).document.id
            try await read(first, catalog)
            let second = try await add("a", "2", to: catalog).document.id
            let third = try await add("a", "3", to: catalog).document.id
            try await read(third, catalog)
            #expect(try await searched(catalog) == [third])
            #expect(try await catalog.unreadDocuments(chatId: nil) == 0)
            try await read(second, catalog)
            #expect(try await searched(catalog) == [third])
            #expect(try await catalog.markDeleting(third))
            #expect(try await searched(catalog).isEmpty)
        }
    }

    @Test func anUploadThatIsTakenBackLeavesWhatWasSearchedBefore() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let first = try await add("a", "1", to: catalog).document.id
            try await read(first, catalog)
            let second = try await add("a", "2", to: catalog).document
            try await read(second.id, catalog)
            #expect(try await catalog.takeBack(second))
            #expect(try await searched(catalog) == [first])
            let third = try await add("a", "3", to: catalog).document
            #expect(try await catalog.takeBack(third))
            #expect(try await catalog.takeBack(third) == false)
            #expect(try await searched(catalog) == [first])
        }
    }

    @Test func uploadsSideBySideAreVersionsOfOneDocument() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask { try await read(add("a", String(number), to: catalog).document.id, catalog) }
                }
                try await group.waitForAll()
            }
            let all = try await catalog.documents(chatId: nil, limit: 20, after: nil, versions: .all)
            #expect(Set(all.map(\.version)) == Set(1...8) && Set(all.map(\.family)).count == 1)
            #expect(try await searched(catalog) == Set(all.filter { $0.version == 8 }.map(\.id)))
        }
    }

    /// What is searched after any sequence of steps is what somebody would say who kept a list.
    @Test(arguments: 1...6) func whateverIsDoneExactlyTheCurrentVersionsAreSearched(seed: UInt64) async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            var random = SplitMix(state: seed)
            var shelf = Shelf()
            for step in 0..<60 {
                let name = ["a", "b"][Int.random(in: 0...1, using: &random)]
                let all = shelf.documents.values.sorted { $0.id < $1.id }
                switch Int.random(in: 0...9, using: &random) {
                case 0...3:
                    let document = try await add(
                        name, "\(seed) \(step)", step.isMultiple(of: 7) ? .keep : .replace, to: catalog
                    ).document
                    shelf.add(document.id, family: document.family, version: document.version)
                case 4...6:
                    guard let one = all.filter({ !$0.isReady }).randomElement(using: &random) else { continue }
                    try await read(one.id, catalog)
                    shelf.read(one.id)
                case 7:
                    guard let one = all.randomElement(using: &random) else { continue }
                    #expect(try await catalog.markDeleting(one.id))
                    shelf.documents[one.id] = nil
                    if step.isMultiple(of: 2) { _ = try await catalog.removeDocument(one.id) }
                case 8:
                    guard let one = all.filter({ $0.isReady && $0.isOld }).randomElement(using: &random) else {
                        continue
                    }
                    shelf.restore(one.id, version: try #require(try await catalog.restoreVersion(one.id)).version)
                default:
                    guard Int.random(in: 0...2, using: &random) == 0, let one = all.randomElement(using: &random)
                    else { continue }
                    let gone = try await catalog.markAllVersionsDeleting(one.id)
                    #expect(Set(gone).isSuperset(of: all.filter { $0.family == one.family }.map(\.id)))
                    for other in all where other.family == one.family { shelf.documents[other.id] = nil }
                }
                #expect(try await searched(catalog) == shelf.searched, "after step \(step)")
            }
        }
    }
}

/// What a careful person would write down of documents and their versions.
private struct Shelf {
    struct Entry {
        let id: String
        let family: String
        var version: Int
        var isReady = false
        var isOld = false
    }

    var documents: [String: Entry] = [:]

    var searched: Set<String> { Set(documents.values.filter { $0.isReady && !$0.isOld }.map(\.id)) }

    mutating func add(_ id: String, family: String, version: Int) {
        documents[id] = Entry(id: id, family: family, version: version)
    }

    mutating func read(_ id: String) {
        guard let read = documents[id] else { return }
        documents[id]?.isReady = true
        for other in documents.values where other.family == read.family && other.version < read.version {
            documents[other.id]?.isOld = true
        }
    }

    mutating func restore(_ id: String, version: Int) {
        guard let restored = documents[id] else { return }
        for other in documents.values where other.family == restored.family { documents[other.id]?.isOld = true }
        documents[id]?.version = version
        documents[id]?.isOld = false
    }
}

/// Random numbers that are the same in every run (Steele, Lea and Flood's SplitMix64).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
