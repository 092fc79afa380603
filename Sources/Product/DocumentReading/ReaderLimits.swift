/// What reading one document may take. Whatever passes a limit is refused with its name (`ExtractionError.tooComplex`).
public enum ReaderLimits {
    /// Processor time of one program.
    public static let processorSeconds = 60
    /// Time by the clock, for all of it: readers stand back for everybody else on the machine.
    public static let seconds = 300
    /// Memory of one program, mapped files included.
    public static let addressSpaceBytes = 1 << 30
    /// Bytes of one file that is written: the text with what JSON puts before quotes and backslashes.
    public static let fileBytes = 160 << 20
    /// Files that are open at once.
    public static let openFiles = 64
    /// Bytes of a web page, and of what is told of one.
    public static let webPageBytes = 2 << 20
    /// Processor time, and time by the clock, for a web page, which somebody waits for.
    public static let webPageSeconds = 10

    /// Processor time, and time by the clock, for one page that is drawn or whose words are looked for.
    public static let drawingSeconds = 30
    /// Pixels of a drawn page: three bytes each, while it is drawn.
    public static let drawnPixels = 5_000_000
    /// Pixels of a page that is read as a picture: one byte each, and some more in the program that reads it.
    public static let recognisedPixels = 12_000_000
    /// Bytes of a page's stored text whose words are looked for.
    public static let placedBytes = 4 << 20
    /// Pages of one process that are drawn, or whose words are looked for, at the same time.
    public static let drawnAtOnce = 2

    /// Pages of a document.
    public static let pages = 5000
    /// Bytes of a document's text.
    public static let textBytes = 64 << 20
    /// Passages of a document.
    public static let passages = 20_000
    /// Scalars of a passage: marks that combine and words without end have few word pieces.
    public static let passageScalars = 4000
    /// Bytes of a passage in the file of passages, with what JSON needs around it.
    public static let passageLineBytes = 64 << 10

    /// Files of a ZIP archive.
    public static let archiveEntries = 1000
    /// Bytes of one file of a ZIP archive, and of all of them together.
    public static let unpackedFileBytes = 100 << 20
    public static let unpackedBytes = 512 << 20

    /// Readers of one process at the same time.
    public static let atOnce = 4
    /// What the program ends with when there is no memory for it (sysexits.h, EX_OSERR).
    public static let noMemoryCode: Int32 = 71
}
