import Glibc

/// The machine's clock.
enum Clock {
    /// Seconds since 1970.
    static func seconds() -> Int64 { Int64(time(nil)) }
}
