import DocumentReading
import Testing

/// The setting that names the languages of scans.
@Suite struct RecognitionLanguagesTests {
    @Test(arguments: [
        ("eng", ["eng"]), ("eng+deu", ["eng", "deu"]), ("deu,chi_sim", ["deu", "chi_sim"]),
        ("script_Latin", ["script_Latin"]),
    ])
    func languagesAreNamedAsTesseractHasThem(value: String, names: [String]) {
        #expect(RecognitionLanguages.names(value) == names)
    }

    @Test(arguments: ["", "en", "eng+", "+", "eng deu", "../eng", "eng\n", "e+n", "eng,deu+fra", "1eng", "a,b,c"])
    func whatIsNoneIsRefused(value: String) { #expect(RecognitionLanguages.names(value) == nil) }

    @Test func thereAreNotToBeTooMany() {
        #expect(RecognitionLanguages.names([String](repeating: "eng", count: 9).joined(separator: "+")) == nil)
    }
}
