import JSONCoding

/// A part of a configuration file: names without regard to case, values that may come as text because the environment
/// has nothing else. Every reader names the place in its error.
struct ConfigurationSection {
    /// The file and the names that lead here, for messages.
    let place: String
    let value: JSONValue?

    /// Whether the file has this section at all.
    var exists: Bool { value.map { !$0.isNull } ?? false }

    func section(_ name: String) -> ConfigurationSection {
        ConfigurationSection(
            place: place.hasSuffix(":") ? "\(place) \(name)" : "\(place).\(name)", value: value?.member(name))
    }

    /// A text, or a number or truth value as text; `nil` when absent or null.
    func string(_ name: String) -> String? {
        switch value?.member(name) {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }

    func flag(_ name: String, default standard: Bool) throws -> Bool {
        guard let text = string(name), !text.isEmpty else { return standard }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw HostError("\(section(name).place) must be true or false, not \(text).")
        }
    }

    func int(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = string(name), !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw HostError(
                "\(section(name).place) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)."
            )
        }
        return number
    }

    func span(_ name: String) throws -> Duration? {
        guard let text = string(name), !text.isEmpty else { return nil }
        guard let span = TimeSpan.parse(text) else {
            throw HostError("\(section(name).place) must be a time span such as 00:00:30, not \(text).")
        }
        return span
    }

    /// A list of texts; its elements by place when the environment has set some.
    func strings(_ name: String) throws -> [String] {
        guard let list = value?.member(name), !list.isNull else { return [] }
        guard let elements = list.array else { throw HostError("\(section(name).place) must be a list of texts.") }
        return try elements.map { element in
            guard let text = ConfigurationSection(place: place, value: ["x": element]).string("x") else {
                throw HostError("\(section(name).place) must be a list of texts.")
            }
            return text
        }
    }
}

extension JSONValue {
    /// A member by name without regard to case, as the host reads its files.
    func member(_ name: String) -> JSONValue? {
        let lowered = name.lowercased()
        return object?.members.last { $0.name == name || $0.name.lowercased() == lowered }?.value
    }

    /// The value with one place below it replaced, names without regard to case.
    func setting(_ path: ArraySlice<String>, to new: JSONValue) -> JSONValue {
        guard let name = path.first else { return new }
        let rest = path.dropFirst()
        if let place = Int(name), place >= 0, object == nil, case let list = array ?? [], place <= min(list.count, 1000)
        {
            var list = list
            if place == list.count { list.append(.null) }
            list[place] = list[place].setting(rest, to: new)
            return .array(list)
        }
        var members = object ?? JSONObject()
        let known = members.names.last { $0.lowercased() == name.lowercased() } ?? name
        members[known] = (members[known] ?? .null).setting(rest, to: new)
        return .object(members)
    }
}
