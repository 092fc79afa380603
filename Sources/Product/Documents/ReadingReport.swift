import EncodingDetection
public import JSONCoding
import TextEncodings

/// What the owner of a document should know of how it was read, beside its text.
public struct ReadingReport: Sendable, Equatable {
    private static let mostSamples = 20
    private static let longestSample = 200
    private static let mostWarnings = 20

    /// Text that the document holds and does not show. It is neither searched nor cited.
    public struct HiddenText: Sendable, Equatable {
        /// From 1.
        public let page: Int
        /// What hides it, such as `display: none`.
        public let how: String
        /// How it begins.
        public let sample: String
    }

    /// A page whose text was made out in a picture.
    public struct RecognisedPage: Sendable, Equatable {
        /// From 1.
        public let page: Int
        /// From 0 to 1.
        public let confidence: Double
    }

    /// The first places with hidden text.
    public private(set) var hidden: [HiddenText] = []
    /// How many there are in all.
    public private(set) var hiddenCount = 0
    /// The pages that are pictures of text, as far as they were read.
    public private(set) var recognised: [RecognisedPage] = []
    /// What was left out or may be wrong, in sentences for the owner.
    public private(set) var warnings: [String] = []
    /// The encoding that a text's bytes were taken for, by its name in the WHATWG's standard; `nil` for other types.
    public var encoding: String?

    public init() {}

    /// Notes text that is not shown; spaces alone are none.
    mutating func hide(_ text: String, page: Int, how: String) {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !line.isEmpty else { return }
        hiddenCount += 1
        guard hidden.count < Self.mostSamples else { return }
        hidden.append(HiddenText(page: page, how: how, sample: String(line.prefix(Self.longestSample))))
    }

    /// Notes a page whose text was made out in a picture.
    mutating func recognise(page: Int, confidence: Double) {
        recognised.append(RecognisedPage(page: page, confidence: confidence))
    }

    /// Notes a sentence once.
    mutating func warn(_ sentence: String) {
        guard warnings.count < Self.mostWarnings, !warnings.contains(sentence) else { return }
        warnings.append(sentence)
    }

    /// Takes in what was noted of a part of the document.
    mutating func take(_ other: ReadingReport) {
        hidden += other.hidden.prefix(max(0, Self.mostSamples - hidden.count))
        hiddenCount += other.hiddenCount
        recognised += other.recognised
        for sentence in other.warnings { warn(sentence) }
    }

    /// Takes in what was noted of a part that is one page of the document.
    mutating func take(_ other: ReadingReport, onPage page: Int) {
        for hidden in other.hidden { hide(hidden.sample, page: page, how: hidden.how) }
        hiddenCount += max(0, other.hiddenCount - other.hidden.count)
        for sentence in other.warnings { warn(sentence) }
    }

    /// Notes what the bytes of a text were taken for.
    mutating func note(_ text: DecodedText) {
        encoding = text.encoding.name
        guard text.faults > 0 else { return }
        let count = text.faults == 1 ? "One byte is" : "\(text.faults) bytes are"
        warn(
            text.encoding == .utf8
                ? "\(count) no UTF-8; they were read as Windows-1252."
                : "\(count) nothing in \(text.encoding.name), which the file seems to be in; U+FFFD stands there.")
    }

    /// The form in which it is stored and served.
    public var json: JSONValue {
        var json: JSONObject = [
            "encoding": .optional(encoding),
            "hidden": .array(
                hidden.map { ["page": .int(Int64($0.page)), "how": .string($0.how), "sample": .string($0.sample)] }),
            "hiddenCount": .int(Int64(hiddenCount)), "warnings": .array(warnings.map(JSONValue.string)),
        ]
        // Most documents have none.
        if !recognised.isEmpty {
            json["ocr"] = .array(
                recognised.map {
                    ["page": .int(Int64($0.page)), "confidence": .double(($0.confidence * 1000).rounded() / 1000)]
                })
        }
        return .object(json)
    }
}
