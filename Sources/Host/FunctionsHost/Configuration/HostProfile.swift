import JSONCoding

/// Configuration profiles: presets that host.json overrides (`HostConfigurationProfile` of the host).
enum HostProfile {
    static let names = ["default", "mcp-custom-handler", "web-app-custom-handler"]

    /// What a profile presets; `nil` for the default one.
    ///
    /// - Throws: `HostError` that lists the valid names.
    static func preset(_ name: String, place: String) throws -> JSONValue? {
        switch name.lowercased() {
        case "", "default": nil
        case "mcp-custom-handler", "web-app-custom-handler":
            [
                "customHandler": [
                    "enableProxyingHttpRequest": true, "http": ["routes": [["route": "{*route}"]]],
                ],
                "extensions": ["http": ["routePrefix": ""]],
            ]
        default:
            throw HostError(
                "\(place) configurationProfile is \(name); it must be one of \(names.joined(separator: ", ")).")
        }
    }
}

extension JSONValue {
    /// This value with the other's members over it, object by object; lists are replaced whole.
    func merging(_ other: JSONValue) -> JSONValue {
        guard object != nil, let members = other.object else { return other }
        var result = self
        for (name, value) in members.members {
            result = result.setting([name], to: (member(name) ?? .null).merging(value))
        }
        return result
    }
}
