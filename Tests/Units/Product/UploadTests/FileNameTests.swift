import JSONCoding
import Testing

@testable import Upload

@Suite struct FileNameTests {
    @Test(arguments: [
        "a.txt", "Übersicht 2026 (final).pdf", "報告.docx", ".hidden", "a\u{200D}b", "👩‍👩‍👧.md", "...",
        "می\u{200C}خواهم.pdf", "क्\u{200C}ष.txt", "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}.txt",
    ])
    func takesNamesThatPeopleGive(name: String) throws { #expect(try FileName.checked(name) == name) }

    @Test(arguments: [
        nil, "", "   ", "a/b", "a\\b", "..", ".", "a\u{0}b", "a\nb", "a\u{202E}fdp.exe", "a\u{200B}b", "a\u{2028}b",
        "a\u{E000}b", "a\u{E0041}b", "🏴\u{E0067}a\u{E0067}.txt", "a\u{2066}b", "a\u{FEFF}b",
        String(repeating: "x", count: 256),
    ])
    func refusesNamesThatMisleadOrDoHarm(name: String?) {
        do {
            _ = try FileName.checked(name)
            Issue.record("\(name ?? "nil") was taken")
        } catch let error as InvalidFields {
            #expect(error.problems.map(\.field) == ["name"])
        } catch {
            Issue.record(error)
        }
    }

    @Test func countsCharactersAndNotBytes() throws {
        let name = String(repeating: "語", count: 255)
        #expect(try FileName.checked(name) == name)
    }

    @Test(arguments: [
        ("form-data; name=\"a\"; filename=\"b;c.txt\"", "filename", "b;c.txt"),
        ("form-data; name=a; filename=b.txt", "filename", "b.txt"),
        ("form-data; filename=\"a%22b.txt\"", "filename", "a\"b.txt"),
        ("form-data; NAME=\"x\"", "name", "x"), ("multipart/form-data; boundary=abc; charset=utf-8", "boundary", "abc"),
    ])
    func readsParametersOfAField(field: String, name: String, value: String) {
        #expect(MultipartReader.parameter(name, of: field) == value)
    }

    @Test func aParameterThatIsNotThereIsNone() {
        #expect(MultipartReader.parameter("filename", of: "form-data; name=\"x\"") == nil)
        #expect(MultipartReader.parameter("filename", of: "form-data; broken") == nil)
    }
}
