public import HTTPMessages

/// Where a request comes from.
public enum RequestOrigin {
    private static let longest = 64

    /// The address: what the page's port says, which puts it into each request that it passes on, else what the nearest proxy
    /// says, for everything before that could have been made up.
    public static func address(of request: HTTPRequest) -> String {
        if let said = request.fields[HTTPFields.callersAddress], isAddress(said) { return said }
        let last = request.fields.values("x-forwarded-for").last?.split(separator: ",").last.map(String.init)
        return shown(last?.filter { $0 != " " } ?? request.connection.peer, longest)
    }

    private static func isAddress(_ text: String) -> Bool {
        (2...45).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (48...58).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte) || byte == 46
            }
    }

    /// A text of the caller's without control characters, cut.
    public static func shown(_ text: String, _ longest: Int) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.lazy.filter { $0.value >= 32 && $0.value != 127 }.prefix(longest)))
    }
}
