import Synchronization

/// Numbers for ids of traces and spans: unlike each other, and not meant to be hard to guess. SplitMix64 (Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators", 2014) over a seed of the system's; asking the system for each
/// would be a system call for each.
enum TraceNumbers {
    private static let state = Atomic(UInt64.random(in: .min ... .max))

    /// The next number; never zero.
    static func next() -> UInt64 {
        var number = state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        number ^= number >> 31
        return number == 0 ? 1 : number
    }
}
