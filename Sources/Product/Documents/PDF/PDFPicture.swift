import ChildProcess

/// A page drawn small, to see whether text stands out from what is behind it.
struct PDFPicture {
    /// Pixels of the longer side.
    private static let side = 500
    /// Pages drawn at once; each takes less than a megabyte.
    private static let atOnce = 40
    /// Pages of a document that are drawn.
    static let most = 1000
    /// Of 255: what can be told apart, of one of the three colours.
    private static let leastContrast = 24
    /// Share of a place that has to stand out.
    private static let leastShare = 0.03

    private let width: Int
    private let height: Int
    /// Three bytes for each pixel.
    private let pixels: ArraySlice<UInt8>

    /// Whether text of a colour can be seen in its place: something there differs from it.
    ///
    /// - Parameter scale: Pixels for a point.
    /// - Returns: `nil` when the place is too small to tell, or not on the page.
    func shows(_ color: UInt32, in box: PDFBox, of page: PDFRuns.Page) -> Bool? {
        let parts = [Int(color >> 16 & 255), Int(color >> 8 & 255), Int(color & 255)]
        return share(of: box, page) { pixel in
            zip(parts, pixel).contains { abs($0 - Int($1)) >= Self.leastContrast }
        }.map { $0 >= Self.leastShare }
    }

    /// Whether something is drawn in a place; `nil` as above.
    func hasMarks(in box: PDFBox, of page: PDFRuns.Page) -> Bool? {
        var first: [UInt8]?
        return share(of: box, page) { pixel in
            guard let start = first else {
                first = Array(pixel)
                return false
            }
            return zip(start, pixel).contains { abs(Int($0) - Int($1)) >= Self.leastContrast }
        }.map { $0 >= Self.leastShare }
    }

    /// Whether nothing is drawn at all.
    var isBlank: Bool {
        guard pixels.count > 2 else { return true }
        let first = Array(pixels.prefix(3))
        for place in stride(from: pixels.startIndex, to: pixels.endIndex - 2, by: 3) {
            for part in 0..<3 where abs(Int(pixels[place + part]) - Int(first[part])) >= Self.leastContrast {
                return false
            }
        }
        return true
    }

    private func share(of box: PDFBox, _ page: PDFRuns.Page, _ differs: (ArraySlice<UInt8>) -> Bool) -> Double? {
        guard page.width > 0, page.height > 0 else { return nil }
        let (across, down) = (Double(width) / page.width, Double(height) / page.height)
        func columns(_ value: Double, _ scale: Double, _ most: Int) -> Int {
            Int(min(max(value * scale, 0), Double(most)))
        }
        let (left, right) = (columns(box.left, across, width), columns(box.right, across, width))
        let (top, bottom) = (columns(box.top, down, height), columns(box.bottom, down, height))
        guard right - left > 1, bottom - top > 1 else { return nil }
        var count = 0
        for row in top..<bottom {
            for column in left..<right {
                let place = pixels.startIndex + 3 * (row * width + column)
                if differs(pixels[place..<place + 3]) { count += 1 }
            }
        }
        return Double(count) / Double((bottom - top) * (right - left))
    }

    /// Draws pages; those that cannot be drawn are not there.
    ///
    /// - Parameter numbers: In order.
    static func draw(_ numbers: [Int], _ programs: PDFPrograms) async -> [Int: PDFPicture] {
        var pictures: [Int: PDFPicture] = [:]
        for range in PDFPrograms.ranges(numbers, gap: 0, longest: atOnce) {
            let options = [
                "-f", "\(range.lowerBound)", "-l", "\(range.upperBound)", "-scale-to", "\(side)", "-aa", "no",
                "-aaVector",
                "no",
            ]
            guard let result = try? await programs.run("pdftoppm", options) else { continue }
            var rest = result.output[...]
            for number in range {
                guard let picture = PDFPicture(&rest) else { break }
                pictures[number] = picture
            }
        }
        return pictures
    }

    /// Takes one picture in the format PPM from the beginning.
    private init?(_ rest: inout ArraySlice<UInt8>) {
        func word() -> String {
            let start = rest.drop { $0 == 10 || $0 == 32 }
            let word = start.prefix(20).prefix { $0 != 10 && $0 != 32 }
            rest = start.dropFirst(word.count)
            return String(decoding: word, as: UTF8.self)
        }
        guard word() == "P6", let width = Int(word()), let height = Int(word()), word() == "255",
            (1...2 * Self.side).contains(width), (1...2 * Self.side).contains(height),
            rest.count > 3 * width * height
        else { return nil }
        self.width = width
        self.height = height
        pixels = rest.dropFirst().prefix(3 * width * height)
        rest = rest.dropFirst(1 + 3 * width * height)
    }
}
