import FoundationEssentials
import JSONCoding
import Models
import Retrieval
import Settings
import TestSupport
import Testing
import Tools

@testable import Chat

@Suite struct PresetTests {
    private struct Named: Tool {
        let name: String
        let kind: ToolKind
        var specification: ToolSpecification {
            ToolSpecification(
                name: name, description: "",
                parameters: [
                    "type": "object", "properties": ["x": ["type": "integer"]], "required": ["x"],
                    "additionalProperties": false,
                ])
        }
        func run(_ arguments: JSONValue, in turn: ToolTurn) async throws -> ToolOutcome {
            ToolOutcome(text: arguments.text, summary: name)
        }
    }

    private let tools: [any Tool] = [
        Named(name: "search_documents", kind: .documents), Named(name: "read_pages", kind: .documents),
        Named(name: "web_search", kind: .web), Named(name: "fetch_page", kind: .web),
        Named(name: "weather", kind: .declared),
    ]

    private func preset(_ tools: [String]) throws -> Preset {
        try Preset(["id": "p", "name": "P", "instructions": "i", "refusal": "r", "tools": .strings(tools)])
    }

    private let turn = ToolTurn(documents: [], egress: EgressGuard(question: "", earlier: [], confidential: []))

    // MARK: - Tools

    @Test func aPresetChoosesItsTools() throws {
        func names(_ wanted: [String], documents: Bool = true) throws -> [String] {
            ToolKit(tools, for: try preset(wanted), usesDocuments: documents).specifications.map(\.name)
        }
        #expect(try names([]).isEmpty)
        #expect(try names(["web_search", "read_pages"]) == ["read_pages", "web_search"])
        // The star stands for what operators declare, and for nothing else.
        #expect(try names(["*"]) == ["weather"])
        #expect(try names(["search_documents", "*"], documents: false) == ["weather"])
    }

    @Test func aCallWhoseArgumentsFitIsRun() async throws {
        let kit = ToolKit(tools, for: try preset(["*"]), usesDocuments: true)
        let outcome = try await kit.run(ToolCall(id: "1", name: "weather", arguments: "{\"x\":1}"), in: turn)
        #expect(outcome.summary == "weather" && outcome.text == "{\"x\":1}")
        #expect(kit.kind(of: "weather") == .declared && kit.kind(of: "web_search") == nil)
    }

    @Test(arguments: [
        ("web_search", "{\"x\":1}", "There is no tool web_search. Tools: weather."), ("weather", "x", "are not JSON"),
        ("weather", "{}", "x: "), ("weather", "{\"x\":\"y\"}", "x: "), ("weather", "{\"x\":1,\"y\":2}", "y: "),
    ])
    func aCallThatDoesNotFitIsToldWhy(name: String, arguments: String, reason: String) async throws {
        let kit = ToolKit(tools, for: try preset(["*"]), usesDocuments: true)
        do {
            _ = try await kit.run(ToolCall(id: "1", name: name, arguments: arguments), in: turn)
            Issue.record("it was run")
        } catch let failure as ToolFailure {
            #expect(failure.description.contains(reason), "\(failure)")
        }
    }

    @Test func withoutToolsThereIsNoneToName() async {
        do {
            _ = try await ToolKit().run(ToolCall(id: "1", name: "x", arguments: "{}"), in: turn)
            Issue.record("it was run")
        } catch {
            #expect("\(error)".contains("Tools: none."))
        }
    }

    // MARK: - Presets

    @Test func aPresetNeedsANameInstructionsAndARefusal() {
        do {
            _ = try Preset(["id": "x", "colour": "red", "tools": "all"])
            Issue.record("it was taken")
        } catch let error as InvalidFields {
            #expect(Set(error.problems.map(\.field)) == ["name", "instructions", "refusal", "colour", "tools"])
        } catch {
            Issue.record(error)
        }
    }

    @Test func instructionsAreNotShown() throws {
        let json = try preset([]).json(isDefault: true)
        #expect(json["instructions"] == nil && json["refusal"] == nil && json["default"] == true && json["id"] == "p")
    }

    private func library(_ files: [String: String], _ settings: [String: String] = [:]) throws -> (
        PresetLibrary?, [String]
    ) {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, content) in files {
            _ = FileManager.default.createFile(atPath: folder + "/" + name, contents: Data(content.utf8))
        }
        var reader = SettingsReader(settings.merging(["APUS_PRESETS": folder]) { one, _ in one })
        let library = PresetLibrary(&reader)
        do throws(SettingsError) {
            try reader.finish()
            return (library, [])
        } catch {
            return (library, error.problems)
        }
    }

    private func file(_ id: String) -> String {
        "{\"id\":\"\(id)\",\"name\":\"N\",\"instructions\":\"i\",\"refusal\":\"r\"}"
    }

    @Test func theFoldersPresetsAreRead() throws {
        let (library, problems) = try library(["b.json": file("b"), "a.json": file("general"), "notes.txt": "x"])
        #expect(problems.isEmpty && library?.all.map(\.id) == ["general", "b"] && library?.standard.id == "general")
        #expect(library?.preset("b").id == "b" && library?.preset("gone").id == "general")
        #expect(library?.preset(nil).id == "general" && library?.knows("gone") == false)
    }

    @Test func theDeploymentChoosesItsStandard() throws {
        let files = ["a.json": file("general"), "b.json": file("b")]
        #expect(try library(files, ["APUS_PRESET": "b"]).0?.standard.id == "b")
        let (_, problems) = try library(files, ["APUS_PRESET": "c"])
        #expect(problems.count == 1 && problems[0].hasPrefix("APUS_PRESET"))
    }

    @Test func filesThatCannotBeReadAreNamed() throws {
        let (_, problems) = try library([
            "a.json": file("general"), "b.json": "{", "c.json": "{\"id\":\"c\"}",
            "d.json": String(repeating: " ", count: 70_000),
        ])
        #expect(problems.contains { $0.contains("b.json is not JSON") })
        #expect(problems.contains { $0.contains("c.json: name") } && problems.contains { $0.contains("d.json") })
        let (none, empty) = try library([:])
        #expect(none == nil && empty.count == 1)
    }

    // MARK: - Quotes

    private func found(_ question: String, _ texts: [String], similarity: Double = 0.7) -> [FoundPassage] {
        texts.enumerated().map { index, text in
            FoundPassage(
                n: index + 1, documentId: "d\(index)", name: "d.pdf", page: 1, start: 0,
                end: text.unicodeScalars.count, text: text, score: similarity, similarity: similarity)
        }
    }

    @Test func oneQuoteForEachPassageAtMostThree() throws {
        let texts = (0..<5).map { "The deductible of plan number \($0) is \($0)00 euros. Something else entirely." }
        let passages = found("deductible", texts)
        var filter = CitationFilter(count: passages.count)
        let text = "See [1] and [2][2] and [7]."
        #expect(filter.feed(text) + filter.finish() == "See [1] and [2][2] and .")
        let citations = CheckedAnswer(text, passages: passages).citations
        #expect(citations.map(\.passage.n) == [1, 2])
    }

    @Test func presetsWithoutFilesArePlain() {
        #expect(Preset.plain.tools == ["search_documents", "read_pages"] && !Preset.plain.givesVerdicts)
    }
}
