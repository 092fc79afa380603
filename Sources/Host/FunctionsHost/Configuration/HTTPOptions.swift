import HTTPMessages
import JSONCoding

/// `extensions.http` (docs/reference/functions-custom-handlers.md, 1.6).
struct HTTPOptions: Sendable {
    var routePrefix = "api"
    /// Running and waiting requests above which new ones get 429; `nil` for no limit.
    var maximumOutstanding: Int?
    /// Requests that run at once; `nil` for no limit.
    var maximumConcurrent: Int?
    /// Added to responses that lack the field.
    var customHeaders = HTTPFields()

    init(_ section: ConfigurationSection) throws {
        if let prefix = section.string("routePrefix") { routePrefix = prefix.trimmingSlashes }
        func limit(_ name: String) throws -> Int? {
            guard let number = try section.int(name, in: -1...Int(Int32.max)), number != -1 else { return nil }
            return number
        }
        maximumOutstanding = try limit("maxOutstandingRequests")
        maximumConcurrent = try limit("maxConcurrentRequests")
        for (name, value) in section.value?.member("customHeaders")?.object?.members ?? [] {
            guard let text = value.string else {
                throw HostError("\(section.place).customHeaders.\(name) must be a text.")
            }
            customHeaders.append(name, text)
        }
        let hsts = section.section("hsts")
        if try hsts.flag("isEnabled", default: false) {
            var value = "max-age=\(try hsts.span("maxAge")?.components.seconds ?? 2_592_000)"
            if try hsts.flag("includeSubDomains", default: false) { value += "; includeSubDomains" }
            if try hsts.flag("preload", default: false) { value += "; preload" }
            customHeaders.append("Strict-Transport-Security", value)
        }
    }
}

extension String {
    /// The text without slashes at its ends.
    var trimmingSlashes: String {
        var text = self[...]
        while text.hasPrefix("/") { text = text.dropFirst() }
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }
}
