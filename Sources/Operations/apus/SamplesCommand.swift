import Glibc
import HTTPClient
import ProductStack
import ProgramSupport
import Telemetry

/// Uploads the sample library to the Apus that runs on this machine.
func samples(_ options: ProgramOptions) async throws {
    let library = SampleLibrary(layout: try ProductLayout())
    let documents = try library.documents
    let page = RunningPage(
        url: "http://127.0.0.1:\(options.port("port", default: 8080))", client: HTTPSession(),
        fields: OwnName.fields(ProgramLife.environment))
    var ids: [String] = []
    do {
        for path in documents { ids.append(try await page.upload(path).id) }
    } catch let error as HTTPClientError where error.isConnection {
        throw CommandError("nothing answers at \(page.url); start Apus first, or name its port with --port")
    }
    try await page.waitUntilReady(ids, within: .seconds(300))
    let question = try library.firstQuestion.map { " and ask: \($0)" } ?? ""
    writeAll("\(ids.count) sample documents are ready. Open \(page.url)\(question)\n", to: STDOUT_FILENO)
}
