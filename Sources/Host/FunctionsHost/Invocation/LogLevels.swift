/// `logging.logLevel` of host.json: the longest category that a name begins with decides.
struct LogLevels: Sendable {
    private let levels: [(category: String, level: HostConsole.Level)]
    private let standard: HostConsole.Level

    /// - Parameter given: Lower-case names and levels; unknown levels are ignored.
    init(_ given: [String: String]) {
        standard = given["default"].flatMap { HostConsole.Level(name: $0) } ?? .information
        levels = given.compactMap { name, text in HostConsole.Level(name: text).map { (name, $0) } }
            .sorted { $0.category.utf8.count > $1.category.utf8.count }
    }

    /// Whether lines of a level are wanted in a category, e.g. `function.ask`.
    func allows(_ level: HostConsole.Level, _ category: String) -> Bool {
        let match = levels.first { category == $0.category || category.hasPrefix($0.category + ".") }
        return level >= (match?.level ?? standard)
    }
}
