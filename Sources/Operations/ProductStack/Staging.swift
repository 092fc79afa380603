import FoundationEssentials
import Glibc

/// Puts app folders together: host.json, the executable as `handler`, the function folders. What is staged is what
/// is deployed.
public struct Staging: Sendable {
    private let layout: ProductLayout

    /// Stages below the layout's root.
    public init(layout: ProductLayout) { self.layout = layout }

    /// Stages one app; what was staged before is replaced in one step.
    ///
    /// - Parameter given: Another folder than the one that the local host serves.
    /// - Returns: The app's folder.
    public func stage(_ app: String, in given: String? = nil) throws -> String {
        guard ProductLayout.apps.contains(app) else {
            throw StackError("there is no app \(app); the apps are \(ProductLayout.apps.joined(separator: ", ")).")
        }
        guard !layout.isInstalled else {
            throw StackError("an installed copy is staged already; stage and package in a folder with the sources.")
        }
        let manager = FileManager.default
        let target = given ?? layout.stagedApp(app)
        let fresh = target + ".new"
        let executable = layout.program("\(app)-function")
        guard manager.fileExists(atPath: executable) else {
            throw StackError("\(executable) is not built. Run 'make build' first.")
        }
        try? manager.removeItem(atPath: fresh)
        try manager.createDirectory(atPath: fresh, withIntermediateDirectories: true)
        try manager.copyItem(atPath: layout.root + "/host.json", toPath: fresh + "/host.json")
        try manager.copyItem(atPath: executable, toPath: fresh + "/handler")
        chmod(fresh + "/handler", 0o755)
        for helper in ProductLayout.helpers[app] ?? [] {
            try manager.copyItem(atPath: layout.program(helper), toPath: "\(fresh)/\(helper)")
        }
        let functions = "\(layout.root)/functions/\(app)"
        for name in try manager.contentsOfDirectory(atPath: functions) {
            try manager.copyItem(atPath: "\(functions)/\(name)", toPath: "\(fresh)/\(name)")
        }
        try? manager.removeItem(atPath: target)
        try manager.moveItem(atPath: fresh, toPath: target)
        return target
    }
}
