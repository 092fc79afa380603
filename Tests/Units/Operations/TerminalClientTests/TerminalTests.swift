import Glibc
import JSONCoding
import Testing

@testable import TerminalClient

/// What a terminal is given, and what it gives.
@Suite struct TerminalTests {
    @Test func citationsAreFootnotes() {
        let quote = String(repeating: "word ", count: 100)
        let answer: JSONValue = [
            "citations": [
                ["n": 1, "name": "a.pdf", "page": 3, "quote": "Two\n weeks.", "support": "supported"],
                ["n": 1, "name": "a.pdf", "page": 3, "quote": "Two\n weeks.", "support": "supported"],
                ["n": 2, "name": "b.txt", "page": 1, "quote": .string(quote), "support": "unsupported"],
                ["n": 3, "name": "Web", "url": "https://example.com/", "quote": ""],
                ["n": "four"], 5,
            ]
        ]
        let notes = AnswerText.footnotes(answer)
        #expect(notes.count == 3)
        #expect(notes[0] == "[1] a.pdf, page 3: “Two weeks.”")
        #expect(notes[1].hasSuffix("…” (does not bear the sentence out)") && notes[1].count < 320)
        #expect(notes[2] == "[3] Web, https://example.com/")
        #expect(AnswerText.footnotes(.null).isEmpty)
    }

    /// A document may hold what commands a terminal: titles, colours, a cleared screen.
    @Test func nothingCommandsTheTerminal() throws {
        #expect(AnswerText.printable("a\u{1B}[2J\u{7}\u{9B}b\r\n\tc\u{0}") == "a[2Jb\n\tc")
        let json: JSONValue = ["text": "a\u{9B}2J\u{1B}[2J\u{7F}é"]
        let line = AnswerText.line(json)
        #expect(line == #"{"text":"a\u009b2J\u001b[2J\u007fé"}"# + "\n")
        #expect(try JSONParser.parse(line) == json)
        let notes = AnswerText.footnotes(["citations": [["n": 1, "name": "a\u{1B}]0;x\u{7}", "page": 1, "quote": "q"]]])
        #expect(notes == ["[1] a]0;x, page 1: “q”"])
    }

    @Test(
        arguments: [
            ("", []), ("one", ["one"]), ("one\ntwo\r\n\nlast", ["one", "two", "", "last"]), ("\n", [""]),
        ] as [(String, [String])])
    func linesAreReadHoweverTheyEnd(text: String, lines: [String]) async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        _ = text.withCString { write(ends[1], $0, strlen($0)) }
        close(ends[1])
        let reader = LineReader(ends[0])
        var read: [String] = []
        while let line = try await reader.next() { read.append(line) }
        #expect(read == lines)
        #expect(try await reader.next() == nil)
    }
}
