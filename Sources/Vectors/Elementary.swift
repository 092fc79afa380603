import Glibc

/// The C library's functions on floats, under names that do not clash with cases of enumerations.
enum Elementary {
    static func exp(_ value: Float) -> Float { Glibc.expf(value) }
    static func log(_ value: Float) -> Float { Glibc.logf(value) }
}
