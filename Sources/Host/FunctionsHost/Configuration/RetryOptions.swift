/// A retry policy of an app or a function (docs/reference/functions-custom-handlers.md, 1.7).
struct RetryOptions: Sendable, Equatable {
    enum Strategy: Sendable, Equatable {
        case fixed(Duration)
        case exponential(minimum: Duration, maximum: Duration)
    }

    let strategy: Strategy
    /// -1 for ever.
    let maximum: Int

    /// Reads a `retry` section; `nil` when there is none.
    init?(_ section: ConfigurationSection) throws {
        guard section.exists else { return nil }
        guard let count = try section.int("maxRetryCount", in: -1...Int(Int32.max)) else {
            throw HostError("\(section.place).maxRetryCount is missing; -1 retries for ever.")
        }
        maximum = count
        func span(_ name: String) throws -> Duration {
            guard let span = try section.span(name) else { throw HostError("\(section.place).\(name) is missing.") }
            guard span >= .zero else { throw HostError("\(section.place).\(name) must not be negative.") }
            return span
        }
        switch section.string("strategy")?.lowercased() {
        case "fixeddelay": strategy = .fixed(try span("delayInterval"))
        case "exponentialbackoff":
            let (least, most) = (try span("minimumInterval"), try span("maximumInterval"))
            guard least <= most else {
                throw HostError("\(section.place).minimumInterval must not be above maximumInterval.")
            }
            strategy = .exponential(minimum: least, maximum: most)
        case let other:
            throw HostError(
                "\(section.place).strategy must be fixedDelay or exponentialBackoff, not \(other ?? "missing").")
        }
    }

    /// Whether another try follows after `count` retries.
    func allows(_ count: Int) -> Bool { maximum < 0 || count < maximum }

    /// The pause before retry number `count`, from 1.
    func pause(before count: Int) -> Duration {
        switch strategy {
        case .fixed(let delay): delay
        case .exponential(let minimum, let maximum):
            min(maximum, minimum * Double(1 << min(count - 1, 30)) * Double.random(in: 0.8...1.2))
        }
    }
}
