import CChecksum

/// CRC-64/NVME: reflected polynomial `0x9A6C9329AC4BC9B5`, initial value and final XOR all ones. Storage services use it
/// as a checksum (NVM Express, NVM Command Set 1.0, section 5.2.1.3.4; docs/reference/azure-storage.md, 2.8).
public struct CRC64: Sendable {
    // Eight tables let eight bytes be taken at once (Kounavis and Berry, "A Systematic Approach to Building High
    // Performance, Software-Based, CRC Generators").
    private static let tables: [UInt64] = {
        var tables = [UInt64](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt64(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x9A6C_9329_AC4B_C9B5 : value >> 1 }
            tables[index] = value
        }
        for table in 1..<8 {
            for index in 0..<256 {
                let before = tables[(table - 1) * 256 + index]
                tables[table * 256 + index] = tables[Int(before & 0xFF)] ^ before >> 8
            }
        }
        return tables
    }()

    private var state = UInt64.max

    /// The checksum of nothing yet.
    public init() {}

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            // Most of a long run by the processor's own products, the rest by tables.
            var folded = [UInt8](repeating: 0, count: 16)
            let done = apus_crc64_fold(
                state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &folded)
            if done > 0 { state = folded.withUnsafeBytes { Self.advanced(0, $0) } }
            state = Self.advanced(state, UnsafeRawBufferPointer(rebasing: bytes[done...]))
        }
    }

    private static func advanced(_ start: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        tables.withUnsafeBufferPointer { tables in
            var crc = start
            var index = 0
            while index + 8 <= bytes.count {
                crc ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                crc =
                    tables[7 * 256 + Int(crc & 0xFF)] ^ tables[6 * 256 + Int(crc >> 8 & 0xFF)]
                    ^ tables[5 * 256 + Int(crc >> 16 & 0xFF)] ^ tables[4 * 256 + Int(crc >> 24 & 0xFF)]
                    ^ tables[3 * 256 + Int(crc >> 32 & 0xFF)] ^ tables[2 * 256 + Int(crc >> 40 & 0xFF)]
                    ^ tables[256 + Int(crc >> 48 & 0xFF)] ^ tables[Int(crc >> 56)]
                index += 8
            }
            while index < bytes.count {
                crc = tables[Int((crc ^ UInt64(bytes[index])) & 0xFF)] ^ crc >> 8
                index += 1
            }
            return crc
        }
    }

    /// The checksum so far.
    public var value: UInt64 { ~state }

    /// The checksum as storage services write it: base64 of its eight bytes, the lowest first.
    public var base64: String {
        Base64.encode((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) })
    }
}
