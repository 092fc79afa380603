import Glibc
import ProductStack
import ProgramSupport
import Telemetry

/// Says what is missing on this machine; code 1 when something is.
func doctor(_ options: ProgramOptions) throws {
    let ports = StackPorts(page: options.port("port", default: 8080), base: nil)
    let findings = Doctor(layout: try ProductLayout()).findings(
        ports: ports, data: options.value("data") ?? ".apus")
    for finding in findings {
        let remark = (finding.problem ?? finding.note).map { ": " + $0 } ?? ""
        writeAll(
            "\(finding.problem == nil ? "ok      " : "MISSING ")\(finding.name)\(remark)\n", to: STDOUT_FILENO)
    }
    if findings.contains(where: { $0.problem != nil }) { exit(EXIT_FAILURE) }
}
