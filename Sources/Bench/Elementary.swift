import Glibc

/// The C library's functions, under names that do not clash.
enum Elementary {
    static func log(_ value: Double) -> Double { Glibc.log(value) }
    static func sin(_ value: Double) -> Double { Glibc.sin(value) }
    static func cos(_ value: Double) -> Double { Glibc.cos(value) }
}
