import FoundationEssentials
import JSONCoding

/// What an app's host.json says.
struct HostConfiguration: Sendable {
    enum Mode: Sendable { case envelope, forwarding, proxying }

    var executable = ""
    var arguments: [String] = []
    var workingDirectory: String
    var mode = Mode.envelope
    var initializationTimeout = Duration.seconds(30)
    var functionTimeout: Duration? = .seconds(1800)
    var routePrefix = "api"
    var queueBatchSize = 16
    var queueNewBatchThreshold = 8
    var queueMaximumPollingInterval = Duration.seconds(2)
    var queueMaximumDequeueCount = 5
    var queueVisibilityTimeout = Duration.zero

    /// Reads `<root>/host.json`.
    ///
    /// - Throws: `HostError` that says what is wrong and where.
    init(root: String, environment: [String: String]) throws {
        workingDirectory = root
        let path = root + "/host.json"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw HostError("\(path) does not exist. Run 'apus stage' first, or name the app's folder with --root.")
        }
        let json: JSONValue
        do {
            json = try JSONParser.parse(Array(bytes), lenient: true)
        } catch {
            throw HostError("\(path) is not JSON: \(error)")
        }
        guard let version = json.member("version")?.string else {
            throw HostError("\(path) has no \"version\": \"2.0\".")
        }
        guard version == "2.0" else { throw HostError("\(path) has version \(version); the host knows \"2.0\".") }
        guard let handler = json.member("customHandler"), let description = handler.member("description") else {
            throw HostError("\(path) has no customHandler with a description.")
        }
        guard let name = description.member("defaultExecutablePath")?.string, !name.isEmpty else {
            throw HostError("\(path) has no customHandler.description.defaultExecutablePath.")
        }
        let expanded = Self.expanded(name, environment)
        let local = root + "/" + expanded
        executable =
            expanded.hasPrefix("/") ? expanded : FileManager.default.fileExists(atPath: local) ? local : expanded
        arguments = (description.member("arguments")?.array ?? []).compactMap(\.string).map {
            Self.expanded($0, environment)
        }
        if let directory = description.member("workingDirectory")?.string, !directory.isEmpty {
            workingDirectory = directory.hasPrefix("/") ? directory : root + "/" + directory
        }
        if handler.member("enableForwardingHttpRequest")?.bool == true { mode = .forwarding }
        if handler.member("enableProxyingHttpRequest")?.bool == true { mode = .proxying }
        if let time = Self.duration(handler.member("initializationTimeout")) { initializationTimeout = time }
        if let text = json.member("functionTimeout")?.string {
            functionTimeout = text == "-1" ? nil : Self.duration(.string(text))
        }
        let extensions = json.member("extensions")
        if let prefix = extensions?.member("http")?.member("routePrefix")?.string { routePrefix = prefix }
        try readQueues(extensions?.member("queues"), path)
    }

    private mutating func readQueues(_ queues: JSONValue?, _ path: String) throws {
        guard let queues else { return }
        func number(_ name: String, _ range: ClosedRange<Int64>) throws -> Int? {
            guard let value = queues.member(name) else { return nil }
            guard let number = value.int, range.contains(number) else {
                throw HostError(
                    "\(path): extensions.queues.\(name) must be \(range.lowerBound) to \(range.upperBound).")
            }
            return Int(number)
        }
        if let size = try number("batchSize", 1...32) {
            queueBatchSize = size
            queueNewBatchThreshold = size / 2
        }
        if let threshold = try number("newBatchThreshold", 0...1000) { queueNewBatchThreshold = threshold }
        if let count = try number("maxDequeueCount", 1...1000) { queueMaximumDequeueCount = count }
        if let time = Self.duration(queues.member("maxPollingInterval")) {
            guard time >= .milliseconds(100) else {
                throw HostError("\(path): extensions.queues.maxPollingInterval must be at least 100 ms.")
            }
            queueMaximumPollingInterval = time
        }
        if let time = Self.duration(queues.member("visibilityTimeout")) { queueVisibilityTimeout = time }
    }

    /// Replaces each `%NAME%` whose variable exists; others stay as they are.
    static func expanded(_ text: String, _ environment: [String: String]) -> String {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false).map(String.init)
        var result = parts[0]
        var index = 1
        while index < parts.count {
            // A name stands between two signs; a sign without a partner, or around an unset name, is plain text.
            if index + 1 < parts.count, let value = environment[parts[index]] {
                result += value + parts[index + 1]
                index += 2
            } else {
                result += "%" + parts[index]
                index += 1
            }
        }
        return result
    }

    /// A time span `hh:mm:ss[.fraction]` or `d.hh:mm:ss`.
    static func duration(_ value: JSONValue?) -> Duration? {
        guard let parts = value?.string?.split(separator: ":"), parts.count == 3, let seconds = Double(parts[2]),
            let minutes = Int64(parts[1])
        else { return nil }
        let hours = parts[0].split(separator: ".").compactMap { Int64($0) }
        let days = hours.count == 2 ? hours[0] : 0
        guard (1...2).contains(hours.count), (0..<60).contains(seconds), (0..<60).contains(minutes),
            (0...100_000).contains(days), let hour = hours.last, (0...100_000).contains(hour)
        else { return nil }
        let whole = days * 86_400 + hour * 3600 + minutes * 60
        return .seconds(whole) + .milliseconds(Int64(seconds * 1000))
    }
}

/// Something about an app that its developer has to mend.
struct HostError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension JSONValue {
    /// A member by name without regard to case, as the host reads its files.
    func member(_ name: String) -> JSONValue? {
        object?.members.last { $0.name.lowercased() == name.lowercased() }?.value
    }
}
