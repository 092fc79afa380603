import Digests

/// Ids of OpenAI's API that stand for ours: a prefix and the id without its dashes. Files have a document's id as it is.
public enum ObjectID: String, Sendable {
    case response = "resp_"
    case conversation = "conv_"
    case message = "msg_"
    case functionCall = "fc_"
    case functionOutput = "fco_"
    case fileSearch = "fs_"
    case vectorStore = "vs_"
    case batch = "vsfb_"

    /// The id of that kind for one of ours.
    public func text(_ id: String) -> String { rawValue + id.filter { $0 != "-" } }

    /// Our id; `nil` when the text is none of that kind. Ours are taken as they are, too.
    public func id(_ text: String) -> String? {
        if UUIDv7.isValid(text) { return text }
        let digits = Array(text.utf8)
        guard text.hasPrefix(rawValue), digits.count == rawValue.utf8.count + 32 else { return nil }
        return Self.dashed(digits.suffix(32))
    }

    /// Our id of whatever kind the text is; `nil` when it is of none.
    public static func anyID(_ text: String) -> String? {
        let kinds: [ObjectID] = [.message, .functionCall, .functionOutput, .fileSearch]
        return kinds.lazy.compactMap { $0.id(text) }.first
    }

    private static func dashed(_ digits: ArraySlice<UInt8>) -> String? {
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text += "-" }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return UUIDv7.isValid(text) ? text : nil
    }
}
