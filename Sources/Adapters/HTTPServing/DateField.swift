import EventLoop
import Glibc
import Telemetry

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
