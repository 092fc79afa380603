import Evaluation
import FoundationEssentials
import Glibc
import HTTPClient
import JSONCoding
import ProductStack
import ProgramSupport
import Telemetry

/// Measures the answers to a set of questions, or compares two runs.
func eval(_ options: ProgramOptions) async throws {
    ProgramLife.makePublicFiles()
    if options.flag("compare") { return try compare(options) }
    let export = options.value("export").flatMap(ExportFormat.init)
    if let name = options.value("export"), export == nil {
        options.fail("--export must be \(ExportFormat.names), not \(name)")
    }
    guard options.words.count == (export == nil ? 2 : 3) else {
        options.fail(export == nil ? "eval: name one set" : "eval: name a set, then the file that --export writes")
    }
    let path = options.words[1]
    let exported = export == nil ? nil : options.words.last
    let url = url(options)
    for file in [options.value("json"), options.value("report"), exported] { try requireWritable(file, beside: path) }
    // What would be found out after an hour of questions is looked at before.
    let floors = try Floors(file: options.value("floors"), given: options.all("floor"))
    let client = HTTPSession()
    let isAsked = !EvaluationRun.isRun(path: path)
    let run =
        isAsked
        ? try await ask(path, EvaluationRunner.Options(url: url), options, client) : try EvaluationRun(path: path)
    writeAll(TextReport.text(run), to: STDOUT_FILENO)
    let json = run.json.encoded
    let report = HTMLReport.html(run)
    try write(json, to: options.value("json"))
    try write(Array(report.utf8), to: options.value("report"))
    if let export { try write(export.bytes(run), to: exported) }
    if let name = options.value("record") {
        let id = try await ExperimentRecorder(
            url: url, client: client, fields: OwnName.fields(ProgramLife.environment)
        ).record(run, name: name)
        writeAll("kept as \(id)\n", to: STDOUT_FILENO)
    }
    if let server = options.value("mlflow") {
        let place = try await MLflowClient(url: server, environment: ProgramLife.environment, client: client).log(
            run, experiment: options.value("experiment") ?? "apus",
            files: [("run.json", json), ("report.html", Array(report.utf8))])
        writeAll("logged to \(place)\n", to: STDOUT_FILENO)
    }
    let missed = floors.missed(run.figures)
    for line in missed { writeAll("floor not reached: \(line)\n", to: STDOUT_FILENO) }
    guard run.failures.isEmpty else {
        throw CommandError("\(run.failures.count) of \(run.asked.count) questions have no answer")
    }
    guard missed.isEmpty else { throw CommandError("\(missed.count) floors are not reached") }
}

private func ask(
    _ path: String, _ given: EvaluationRunner.Options, _ options: ProgramOptions, _ client: HTTPSession
) async throws -> EvaluationRun {
    let set = try QuestionSet(path: path)
    var asking = given
    asking.fields = OwnName.fields(ProgramLife.environment)
    asking.model = options.value("model")
    asking.preset = options.value("preset")
    asking.parallel = options.number("parallel", default: 4, in: 1...64)
    asking.timeout = .seconds(options.number("timeout", default: 120, in: 1...3600))
    let wait = Duration.seconds(options.number("wait", default: 600, in: 1...86_400))
    var ready: Set<String> = []
    if let folder = options.value("documents") {
        let upload = try await DocumentFolder(path: folder).upload(
            to: asking.url, client: client, fields: asking.fields, within: wait)
        for refusal in upload.refusals { writeAll("left out: \(refusal)\n", to: STDERR_FILENO) }
        ready = upload.ready
    }
    return try await EvaluationRunner(asking, client: client).run(set, ready: ready) { done, all in
        if done % max(all / 10, 1) == 0 { writeAll("\(done) of \(all) questions asked …\n", to: STDERR_FILENO) }
    }
}

private func compare(_ options: ProgramOptions) throws {
    guard options.words.count == 3 else { options.fail("eval --compare: name two files that --json wrote") }
    for file in [options.value("json"), options.value("report")] {
        for run in options.words.dropFirst() { try requireWritable(file, beside: run) }
    }
    let (before, after) = (try EvaluationRun(path: options.words[1]), try EvaluationRun(path: options.words[2]))
    let comparison = try Comparison(before, after)
    writeAll(TextReport.text(comparison), to: STDOUT_FILENO)
    try write(comparison.json.encoded, to: options.value("json"))
    try write(Array(HTMLReport.html(comparison, before, after).utf8), to: options.value("report"))
}

/// Makes sure that a file can be written, and is not what is read.
private func requireWritable(_ path: String?, beside source: String) throws {
    guard let path else { return }
    guard path != source else { throw CommandError("\(path) is what is read; name another file to write") }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    guard access(folder, W_OK) == 0 else { throw CommandError("nothing can be written into \(folder)") }
}

private func write(_ bytes: [UInt8], to path: String?) throws {
    guard let path else { return }
    do { try Data(bytes).write(to: URL(filePath: path), options: .atomic) } catch {
        throw CommandError("\(path) cannot be written: \(error)")
    }
}
