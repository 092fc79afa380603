import EventLoop
import Glibc
import HTTPMessages
import Telemetry

/// Builds heads and chunks.
enum WireText {
    static func head(_ start: String, _ fields: HTTPFields, _ extra: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes += start.utf8
        bytes += "\r\n".utf8
        for field in fields.all {
            bytes += field.name.utf8
            bytes += ": ".utf8
            bytes += field.value.utf8
            bytes += "\r\n".utf8
        }
        bytes += extra.utf8
        bytes += "\r\n".utf8
        return bytes
    }

    static func chunk(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count + 16)
        bytes += String(content.count, radix: 16).utf8
        bytes += "\r\n".utf8
        bytes += content
        bytes += "\r\n".utf8
        return bytes
    }

    static let lastChunk = Array("0\r\n\r\n".utf8)
}

/// The `Date` field, written anew once a second.
@NetworkActor
enum DateField {
    private static var second = 0
    private static var text = ""

    static var line: String {
        let now = time(nil)
        if now != second {
            second = now
            text = "Date: \(Timestamp.httpDate(seconds: Int64(now)))\r\n"
        }
        return text
    }
}
