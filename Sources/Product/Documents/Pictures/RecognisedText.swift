/// What tesseract has made out in a picture, by its output `tsv`.
struct RecognisedText: Sendable {
    /// Words with their places, in pixels of the picture.
    private(set) var words: [PDFWords.Word] = []
    /// The text, line by line, with an empty line between paragraphs.
    private(set) var text = ""
    /// From 0 to 1: the mean of its words, each counting by its length.
    private(set) var confidence = 0.0

    init(_ output: [UInt8]) {
        var (sum, letters) = (0.0, 0.0)
        var line = 0
        var last: (paragraph: [ArraySlice<UInt8>], line: ArraySlice<UInt8>)?
        for row in output.split(separator: 10) {
            // level, page, block, paragraph, line, word, left, top, width, height, confidence, text
            let fields = row.split(separator: 9, maxSplits: 11, omittingEmptySubsequences: false)
            guard fields.count == 12, fields[0].elementsEqual([UInt8(ascii: "5")]) else { continue }
            let word = String(decoding: fields[11], as: UTF8.self).filter { !$0.isWhitespace }
            let numbers = fields[6...10].compactMap { Double(String(decoding: $0, as: UTF8.self)) }
            guard !word.isEmpty, numbers.count == 5, numbers.allSatisfy({ abs($0) < 1e7 }) else { continue }
            let count = Double(word.count)
            sum += count * max(0, numbers[4]) / 100
            letters += count
            let place = (paragraph: Array(fields[1...3]), line: fields[4])
            switch last {
            case nil: break
            case let before? where before.paragraph != place.paragraph:
                text += "\n\n"
                line += 1
            case let before? where before.line != place.line:
                text = Self.ended(text, before: word)
                line += 1
            default: text += " "
            }
            last = place
            text += word
            let box = PDFBox(
                left: numbers[0], top: numbers[1], right: numbers[0] + numbers[2], bottom: numbers[1] + numbers[3])
            words.append(PDFWords.Word(text: word, box: box, line: line))
        }
        if letters > 0 { confidence = sum / letters }
    }

    /// A text at the end of its line: what is divided there is joined, without the hyphen where that only divides.
    private static func ended(_ text: String, before word: String) -> String {
        guard text.last == "-", let letter = text.dropLast().last, !letter.isWhitespace, let next = word.first,
            letter.isLetter || letter.isNumber, next.isLetter || next.isNumber
        else { return text + "\n" }
        return letter.isLowercase && next.isLowercase ? String(text.dropLast()) : text
    }
}
