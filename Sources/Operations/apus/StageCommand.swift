import Glibc
import ProductStack
import ProgramSupport
import Telemetry

/// Stages the apps that are named, or all.
func stage(_ options: ProgramOptions) throws {
    ProgramLife.makePublicFiles()
    let staging = Staging(layout: try ProductLayout())
    let names = options.words.dropFirst()
    for app in names.isEmpty ? ProductLayout.apps[...] : Array(names)[...] {
        writeAll("staged \(try staging.stage(app))\n", to: STDOUT_FILENO)
    }
}
