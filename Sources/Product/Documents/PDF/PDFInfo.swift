/// What pdfinfo tells of a document.
struct PDFInfo {
    /// What a reader sees of a page.
    struct Sheet {
        var rotation = 0
        /// Lower left and upper right corner, in the page's own measure.
        var media: [Double] = []
        var crop: [Double] = []

        /// What is shown, in points from the upper left corner of the sheet as it is turned; `nil` where all of it is.
        var shown: PDFBox? {
            guard media.count == 4, crop.count == 4, media != crop else { return nil }
            let (west, east) = (crop[0] - media[0], media[2] - crop[2])
            let (south, north) = (crop[1] - media[1], media[3] - crop[3])
            let (width, height) = (media[2] - media[0], media[3] - media[1])
            switch rotation {
            case 90: return PDFBox(left: south, top: west, right: height - north, bottom: width - east)
            case 180: return PDFBox(left: east, top: south, right: width - west, bottom: height - north)
            case 270: return PDFBox(left: north, top: east, right: height - south, bottom: width - west)
            default: return PDFBox(left: west, top: north, right: width - east, bottom: height - south)
            }
        }

        /// Of what is shown, as it is turned, in points; `nil` when it is not known.
        var size: (width: Double, height: Double)? {
            if let shown { return (shown.right - shown.left, shown.height) }
            guard media.count == 4 else { return nil }
            let (width, height) = (media[2] - media[0], media[3] - media[1])
            return rotation % 180 == 0 ? (width, height) : (height, width)
        }
    }

    private(set) var pages: Int?
    private(set) var sheets: [Int: Sheet] = [:]

    /// Reads what it prints with `-box`.
    init(_ output: [UInt8]) {
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            if pages == nil, line.hasPrefix("Pages:") {
                pages = Int(line.dropFirst(6).filter { $0 != " " })
            } else if line.hasPrefix("Page ") {
                let words = line.split(separator: " ")
                guard words.count > 3, let number = Int(words[1]), number > 0 else { continue }
                let values = words[3...].compactMap { Double($0) }.filter { abs($0) < 1e7 }
                switch words[2] {
                case "rot:": sheets[number, default: Sheet()].rotation = values.first.flatMap { Int(exactly: $0) } ?? 0
                case "MediaBox:": sheets[number, default: Sheet()].media = values
                case "CropBox:": sheets[number, default: Sheet()].crop = values
                default: break
                }
            }
        }
    }
}
