import Catalog
import Digests
import Testing

@Suite struct IngestMessageTests {
    @Test func aMessageComesBackAsItWent() {
        let id = UUIDv7.make()
        let message = IngestMessage(text: IngestMessage(documentId: id, workspace: "sales").text)
        #expect(message?.documentId == id && message?.workspace == "sales" && message?.cause == nil)
        #expect(message?.postponement?.message.workspace == "sales")
    }

    @Test func aMessageWithoutAWorkspaceIsTheFirstOnes() {
        #expect(IngestMessage(text: "{\"documentId\":\"\(UUIDv7.make())\"}")?.workspace == "default")
    }

    @Test(arguments: ["1", "\"\"", "\"../x\"", "\"a/b\"", "null", "\"-a-\""])
    func aWorkspaceThatIsNoneIsNoneOfOurs(workspace: String) {
        #expect(IngestMessage(text: "{\"documentId\":\"\(UUIDv7.make())\",\"workspace\":\(workspace)}") == nil)
    }

    @Test(arguments: ["", "x", "{}", "{\"documentId\":1}", "{\"documentId\":\"x\"}", "[\"documentId\"]"])
    func othersAreNoneOfOurs(text: String) { #expect(IngestMessage(text: text) == nil) }

    /// At first a little, then half a minute each time, eight and a half minutes together.
    @Test func aMessageIsPutOffForLongerEachTime() throws {
        var message = IngestMessage(documentId: UUIDv7.make(), workspace: "default")
        var seconds: [Int64] = []
        while let later = message.postponement {
            seconds.append(later.delay.components.seconds)
            message = try #require(IngestMessage(text: later.message.text))
        }
        #expect(seconds == [2, 4, 8, 16] + [Int64](repeating: 30, count: 16))
    }

    @Test(arguments: ["-1", "1e300", "\"2\"", "null", "9223372036854775807"])
    func aCountThatIsNoneDoesNoHarm(postponed: String) throws {
        let text = "{\"documentId\":\"\(UUIDv7.make())\",\"postponed\":\(postponed)}"
        let message = try #require(IngestMessage(text: text))
        #expect(message.postponement.map { $0.delay <= .seconds(30) } ?? true)
    }

    @Test func aBadTraceIsNoReasonToLoseADocument() {
        let id = UUIDv7.make()
        let text = "{\"documentId\":\"\(id)\",\"traceparent\":\"nonsense\"}"
        #expect(IngestMessage(text: text)?.documentId == id)
    }

    @Test func pathsSayWhoseABlobIs() {
        let path = BlobPaths.original(workspace: "w", document: "d")
        #expect(path == "w/d/original" && BlobPaths.text(workspace: "w", document: "d") == "w/d/text.json")
        #expect(BlobPaths.document(of: path) == "d" && BlobPaths.document(of: "w/d") == nil)
        #expect(path.hasPrefix(BlobPaths.prefix(workspace: "w")))
    }

    @Test func identifiersSayWhenTheyWereMade() {
        let id = UUIDv7.make(milliseconds: 1_767_225_600_123, random: Digest.randomBytes(10))
        #expect(UUIDv7.milliseconds(of: id) == 1_767_225_600_123 && UUIDv7.isValid(id))
        #expect(UUIDv7.milliseconds(of: UUIDv7.derived(from: id, purpose: "x")) == 1_767_225_600_123)
        #expect(UUIDv7.milliseconds(of: "nonsense") == 0)
    }
}
