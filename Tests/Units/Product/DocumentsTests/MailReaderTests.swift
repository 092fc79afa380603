import DocumentReading
import Documents
import Testing

/// Messages, and pages saved as one.
@Suite struct MailReaderTests {
    private func text(_ message: String) async throws -> String {
        let lines = message.replacing("\n", with: "\r\n")
        return try await DocumentReader().read(Array(lines.utf8), .mail).pages.map(\.text).joined()
    }

    @Test func headersAndBodyAreRead() async throws {
        let found = try await text(
            """
            Received: from x
            MIME-Version: 1.0
            From: =?iso-8859-1?Q?Andr=E9?= <a@example.org>
            To: b@example.org
            Subject: =?utf-8?B?R3LDtsOfZQ==?= =?utf-8?B?biAyMDI2?=
            Content-Type: text/plain; charset=windows-1252
            Content-Transfer-Encoding: quoted-printable

            The price is =8049 =96 it=92s a very long line that goes=
             on.
            """)
        #expect(found.contains("Subject: Größen 2026") && found.contains("From: André <a@example.org>"))
        #expect(
            found.hasSuffix("The price is €49 – it’s a very long line that goes on.") && !found.contains("Received"))
    }

    @Test func ofSeveralFormsThePlainOneIsRead() async throws {
        let found = try await text(
            """
            MIME-Version: 1.0
            From: a@example.org
            Content-Type: multipart/mixed; boundary="out"

            preamble
            --out
            Content-Type: multipart/alternative; boundary=in

            --in
            Content-Type: text/plain

            Plain words.
            --in
            Content-Type: text/html

            <p>Marked words.</p>
            --in--
            --out
            Content-Type: application/pdf
            Content-Disposition: attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.pdf
            Content-Transfer-Encoding: base64

            JVBERi0xLjQK
            --out--
            epilogue
            """)
        #expect(found.contains("Plain words.") && !found.contains("Marked") && !found.contains("JVBER"))
        #expect(found.contains("Attachments: größe.pdf") && !found.contains("epilogue"))
    }

    @Test func aSavedPageIsRead() async throws {
        let found = try await text(
            """
            From: <Saved by a browser>
            Subject: Page
            MIME-Version: 1.0
            Content-Type: multipart/related; boundary="b"; type="text/html"

            --b
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: base64

            PHA+RGVwb3NpdDogMzAwIGV1cm9zLjwvcD48cCBoaWRkZW4+eDwvcD4=
            --b
            Content-Type: image/png
            Content-ID: <1>

            abc
            --b--
            """)
        #expect(found.hasSuffix("Deposit: 300 euros.") && !found.contains("Attachments"))
    }

    @Test func aMessageWithinAMessageIsRead() async throws {
        let found = try await text(
            "MIME-Version: 1.0\nFrom: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
                + "From: inner@example.org\nSubject: Inner\n\nInner words.\n--b--\n")
        #expect(found.contains("From: inner@example.org") && found.contains("Inner words."))
    }

    @Test func partsHaveALimit() async {
        var message = ""
        for level in 0..<50 { message += "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n" }
        await #expect(throws: ExtractionError.self) { try await text("MIME-Version: 1.0\nFrom: a\n" + message) }
        let many = String(repeating: "--b\n\nx\n", count: 5000)
        _ = try? await text("MIME-Version: 1.0\nFrom: a\nContent-Type: multipart/mixed; boundary=b\n\n" + many)
    }

    @Test(arguments: [
        "From", "Content-Type: multipart/mixed; boundary=\n\n--\n", "Content-Type: text/plain; charset=\"\n\nx",
    ])
    func brokenMessagesNeverTrap(message: String) async { _ = try? await text(message) }
}
