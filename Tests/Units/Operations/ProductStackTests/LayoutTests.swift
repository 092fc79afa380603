import FoundationEssentials
import TestSupport
import Testing

@testable import ProductStack

struct LayoutTests {
    @Test func theRootIsFoundAboveThePrograms() async throws {
        try await FakeLayout.with { fake in
            let layout = try fake.layout
            #expect(layout.root == fake.root && !layout.isInstalled)
            #expect(layout.program("apus") == fake.programs + "/apus")
            #expect(layout.stagedApp("chat") == fake.root + "/.build/apps/chat")
            #expect(layout.web == fake.root + "/web" && layout.packages == fake.root + "/.build/packages")
        }
    }

    @Test func anInstalledCopyHasItsAppsStaged() async throws {
        try await FakeLayout.with { fake in
            try FileManager.default.removeItem(atPath: fake.root + "/functions")
            try fake.write("apps/chat/handler", "")
            let layout = try fake.layout
            #expect(layout.isInstalled && layout.stagedApp("chat") == fake.root + "/apps/chat")
            #expect(throws: StackError.self) { try Staging(layout: layout).stage("chat") }
        }
    }

    @Test func withoutARootThereIsAnErrorThatSaysWhatIsMissing() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let error = #expect(throws: StackError.self) { try ProductLayout(programs: folder + "/bin") }
        #expect(error?.description.contains("host.json and functions/ is not above \(folder)/bin") == true)
    }

    @Test func thisProgramsOwnLayoutIsTheRepository() throws {
        #expect(try ProductLayout().root == Fixtures.root)
    }

    // MARK: - Staging

    @Test func anAppIsStagedWithItsHandlerHelpersAndFunctions() async throws {
        try await FakeLayout.with { fake in
            let path = try Staging(layout: try fake.layout).stage("chat")
            #expect(path == fake.root + "/.build/apps/chat")
            #expect(try fake.text(".build/apps/chat/handler") == "program of chat")
            #expect(try fake.text(".build/apps/chat/document-reader") == "helper")
            #expect(try fake.text(".build/apps/chat/health/function.json") == "{\"app\":\"chat\"}")
            #expect(fake.exists(".build/apps/chat/host.json"))
            #expect(FileManager.default.isExecutableFile(atPath: path + "/handler"))
        }
    }

    @Test func stagingAgainReplacesEverything() async throws {
        try await FakeLayout.with { fake in
            let staging = Staging(layout: try fake.layout)
            _ = try staging.stage("history")
            try fake.write(".build/apps/history/old/function.json", "{}")
            try fake.write(".build/debug/history-function", "newer")
            // What a run that was cut off has left.
            try fake.write(".build/apps/history.new/handler", "half")
            _ = try staging.stage("history")
            #expect(try fake.text(".build/apps/history/handler") == "newer")
            #expect(!fake.exists(".build/apps/history/old") && !fake.exists(".build/apps/history.new"))
            #expect(!fake.exists(".build/apps/history/document-reader"))
        }
    }

    @Test func anotherFolderIsStagedInto() async throws {
        try await FakeLayout.with { fake in
            let target = fake.root + "/elsewhere/upload"
            let path = try Staging(layout: try fake.layout).stage("upload", in: target)
            #expect(path == target)
            #expect(fake.exists("elsewhere/upload/handler") && !fake.exists(".build/apps/upload"))
        }
    }

    @Test func anUnknownAppAndOneThatIsNotBuiltAreNamed() async throws {
        try await FakeLayout.with { fake in
            let staging = Staging(layout: try fake.layout)
            let unknown = #expect(throws: StackError.self) { try staging.stage("video") }
            #expect(unknown?.description == "there is no app video; the apps are chat, upload, history, account.")
            try FileManager.default.removeItem(atPath: fake.programs + "/chat-function")
            let unbuilt = #expect(throws: StackError.self) { try staging.stage("chat") }
            #expect(unbuilt?.description.contains("chat-function is not built. Run 'make build' first.") == true)
        }
    }

    // MARK: - Doctor

    @Test func theDoctorSaysWhatIsMissingAndHowToGetIt() async throws {
        try await FakeLayout.with { fake in
            let ports = try #require(StackPorts.unused())
            let doctor = Doctor(layout: try fake.layout)
            func problem(_ name: String) -> String? {
                doctor.findings(ports: ports, data: fake.root + "/data").first { $0.name == name }?.problem
            }
            #expect(problem("embedding model") == "run 'make setup'")
            #expect(problem("vm-server") == "run 'make build'")
            #expect(problem("app chat") == "run 'apus stage'")
            #expect(problem("ports") == nil)
            try fake.write("models/all-MiniLM-L6-v2/model.safetensors", "")
            try fake.write(".build/debug/vm-server", "")
            _ = try Staging(layout: try fake.layout).stage("chat")
            #expect(problem("embedding model") == nil && problem("vm-server") == nil && problem("app chat") == nil)
        }
    }
}
