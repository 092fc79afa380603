import Glibc
import Packaging
import ProductStack
import ProgramSupport
import Telemetry

/// Makes packages of the apps that are named, of the virtual machine, or of all.
func package(_ options: ProgramOptions) async throws {
    ProgramLife.makePublicFiles()
    let layout = try ProductLayout()
    let folder = options.value("output") ?? layout.packages
    let names = options.words.dropFirst()
    for name in names.isEmpty ? ProductLayout.apps + ["vm"] : Array(names) {
        let path =
            name == "vm"
            ? try await VMPackage(layout: layout).make(in: folder)
            : try await AppPackage(name, layout: layout).make(in: folder)
        var status = stat()
        let bytes = stat(path, &status) == 0 ? Int(status.st_size) : 0
        writeAll("packaged \(path)  \(Double(bytes / 100_000) / 10) MB\n", to: STDOUT_FILENO)
    }
}
