import Glibc
import ProductStack
import ProgramSupport
import Telemetry

/// Becomes `apus-bench`, which stands beside this program where it was built and is no part of a package.
func bench(_ arguments: ArraySlice<String>) -> Never {
    func leave(_ reason: String, code: Int32) -> Never {
        writeAll("apus: \(reason)\n", to: STDERR_FILENO)
        exit(code)
    }
    do {
        let program = try ProductLayout().program("apus-bench")
        guard access(program, X_OK) == 0 else {
            leave(
                "\(program) is not there; packages come without it. In a folder with the sources, 'make bench' builds "
                    + "and runs it.", code: EXIT_FAILURE)
        }
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        execv(program, &words)
        leave("\(program) cannot be run: \(String(cString: strerror(errno)))", code: EXIT_FAILURE)
    } catch {
        leave("\(error)", code: EXIT_FAILURE)
    }
}
