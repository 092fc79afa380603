public import HTTPMessages

/// Where a request comes from.
public enum RequestOrigin {
    private static let longest = 64

    /// The address, as the nearest proxy says: everything before it could have been made up.
    public static func address(of request: HTTPRequest) -> String {
        let last = request.fields.values("x-forwarded-for").last?.split(separator: ",").last.map(String.init)
        return shown(last?.filter { $0 != " " } ?? request.connection.peer, longest)
    }

    /// A text of the caller's without control characters, cut.
    public static func shown(_ text: String, _ longest: Int) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.lazy.filter { $0.value >= 32 && $0.value != 127 }.prefix(longest)))
    }
}
