import FoundationEssentials
import HTTPClient
import HTTPMessages
import HTTPServing
import Problems
import TestSupport
import Testing

/// RFC 9110 and RFC 9112 from the outside: bytes in, bytes out.
@Suite struct RequestTests {
    /// Says what was asked: method, target, body.
    private let tell: HTTPServer.Handler = { request in
        let body =
            (try? await request.body.collect(limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? "cut"
        return HTTPResponse(.ok, text: "\(request.method) \(request.target.text) \(body)")
    }

    private func ask(
        _ request: String, hasBody: Bool = true, _ change: (inout HTTPServer.Configuration) -> Void = { _ in }
    )
        async throws -> RawMessage
    {
        var answer: RawMessage?
        try await withServer(change, tell) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(request)
            answer = try await connection.readResponse(hasBody: hasBody)
        }
        return try #require(answer)
    }

    // MARK: Connections

    /// RFC 9112, section 9.3: connections persist; 9.3.2: answers come in the order of the requests.
    @Test func requestsInOnePacketAreAnsweredInTheirOrder() async throws {
        try await withServer({ _ in }, tell) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                    + "PUT /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\n\r\n"
                    + "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n")
            for expected in ["GET /1 ", "POST /2 abc", "PUT /3 def", "GET /4 "] {
                #expect(try await connection.readResponse().text == expected)
            }
            // And it stays open.
            connection.send("DELETE /5 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.readResponse().text == "DELETE /5 ")
        }
    }

    /// Section 9.6: `close` is the last request of its connection.
    @Test func aConnectionThatIsToCloseIsClosed() async throws {
        try await withServer({ _ in }, tell) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answer = try await connection.readResponse()
            #expect(answer.field("connection")?.lowercased() == "close")
            #expect(try await connection.read() == "")
        }
    }

    /// Section 9.3: HTTP/1.0 does not persist unless it asks to.
    @Test func olderCallersAreAnsweredAndLeft() async throws {
        try await withServer({ _ in }, tell) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET /old HTTP/1.0\r\n\r\n")
            let text = try await connection.read()
            #expect(text.hasPrefix("HTTP/1.") && text.hasSuffix("GET /old "))
        }
    }

    @Test func aRequestMayComeByteByByte() async throws {
        try await withServer({ _ in }, tell) { server in
            let connection = try RawConnection(port: server.port)
            for byte in "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody".utf8 {
                connection.send([byte])
                await Task.yield()
            }
            #expect(try await connection.readResponse().text == "POST /slow body")
        }
    }

    @Test func silenceClosesTheConnection() async throws {
        try await withServer({ $0.idleTimeout = .seconds(1) }, tell) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost:")
            // Nothing more comes, so the server ends it.
            _ = try await connection.read()
        }
    }

    @Test func aConnectionThatIsCutInTheHeadHarmsNobody() async throws {
        try await withServer({ _ in }, tell) { server in
            for length in [0, 1, 5, 20, 30] {
                let connection = try RawConnection(port: server.port)
                connection.send(String("GET /x HTTP/1.1\r\nHost: x\r\nAccept".prefix(length)))
                connection.abort()
            }
            let connection = try RawConnection(port: server.port)
            connection.send("GET /y HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.readResponse().text == "GET /y ")
        }
    }

    /// Closing one's side says that nothing more will be sent, not that nobody reads.
    @Test func aCallerThatHasSaidEverythingIsAnswered() async throws {
        let handler: HTTPServer.Handler = { _ in
            await Task.yield()
            return HTTPResponse(.ok, text: Task.isCancelled ? "cancelled" : "answered")
        }
        // A busy machine takes its time with a handler.
        try await withServer({ $0.closedTime = .seconds(60) }, handler) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.endSending()
            #expect(try await connection.readResponse().text == "answered")
        }
    }

    @Test func aHandlerLearnsWhoAsks() async throws {
        try await withServer(
            { _ in }, { HTTPResponse(.ok, text: "\($0.connection.peer) \($0.connection.isEncrypted)") }
        ) {
            server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.readResponse().text == "127.0.0.1 false")
        }
    }

    /// RFC 9110, section 10.1.1: whoever waits for 100 before the body gets it.
    @Test func anExpectationIsAnsweredBeforeTheBody() async throws {
        try await withServer({ _ in }, tell) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await connection.readResponse(hasBody: false).status == 100)
            connection.send("abc")
            #expect(try await connection.readResponse().text == "POST / abc")
        }
    }

    // MARK: Messages

    /// RFC 9110, section 9.3.2: the fields of GET, and no content.
    @Test func headHasTheFieldsAndNoBody() async throws {
        try await withServer({ _ in }, { _ in HTTPResponse(.ok, text: "12345") }) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try await connection.readResponse(hasBody: false)
            #expect(head.field("content-length") == "5")
            // The next bytes are the next answer's head.
            #expect(try await connection.readResponse().text == "12345")
        }
    }

    /// RFC 9110, section 6.6.1: an origin server with a clock sends a date.
    @Test func anAnswerHasADateItsLengthAndItsId() async throws {
        let answer = try await ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.field("date")?.hasSuffix(" GMT") == true)
        #expect(answer.field("content-length") == "6")
        #expect(answer.field("x-request-id")?.count == 16)
        #expect(answer.fields("x-request-id").count == 1)
    }

    @Test(arguments: [
        ("abc-DEF_123", true), ("a b", false), ("é", false), (String(repeating: "x", count: 65), false), ("", false),
    ])
    func aCallersIdIsKeptWhenItIsPlain(id: String, isKept: Bool) async throws {
        let answer = try await ask("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: \(id)\r\n\r\n")
        #expect((answer.field("x-request-id") == id) == isKept)
        #expect(answer.field("x-request-id")?.isEmpty == false)
    }

    /// RFC 9110, section 15.3.5 and 15.4.5: these have no content.
    @Test(arguments: [HTTPStatus.noContent, .notModified]) func answersWithoutContentHaveNone(status: HTTPStatus)
        async throws
    {
        try await withServer(
            { _ in }, { $0.target.text == "/a" ? HTTPResponse(status) : HTTPResponse(.ok, text: "next") }
        ) {
            server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.readResponse(hasBody: false).status == status.rawValue)
            #expect(try await connection.readResponse().text == "next")
        }
    }

    @Test func fieldsOfAnAnswerAreSentAsTheyAreAndInjectNothing() async throws {
        var fields: HTTPFields = ["X-Evil": "a\r\nInjected: yes\r\n\r\nbody", "Content-Length": "99"]
        fields.append("Set-Cookie", "a=1")
        fields.append("Set-Cookie", "b=2")
        let sent = fields
        try await withServer({ _ in }, { _ in HTTPResponse(.ok, fields: sent, body: .bytes("ok".bytes)) }) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await connection.readResponse()
            #expect(answer.field("injected") == nil)
            #expect(answer.fields("set-cookie") == ["a=1", "b=2"])
            #expect(answer.fields("content-length") == ["2"] && answer.text == "ok")
        }
    }

    @Test func aStreamOfKnownLengthSaysSoAndOneOfUnknownIsChunked() async throws {
        let handler: HTTPServer.Handler = { request in
            let length = request.target.text == "/known" ? 6 : nil
            return HTTPResponse(
                .ok,
                body: .stream(length: length) { writer in
                    for piece in ["ab", "", "cd", "ef"] { try await writer.write(piece.bytes) }
                })
        }
        try await withServer({ _ in }, handler) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET /known HTTP/1.1\r\nHost: x\r\n\r\nGET /unknown HTTP/1.1\r\nHost: x\r\n\r\n")
            let known = try await connection.readResponse()
            #expect(known.field("content-length") == "6" && known.text == "abcdef")
            let unknown = try await connection.readResponse()
            #expect(unknown.field("transfer-encoding") == "chunked" && unknown.field("content-length") == nil)
            #expect(unknown.text == "abcdef")
        }
    }

    @Test func slicesOfFilesAreSentInPieces() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try Data(content).write(to: URL(fileURLWithPath: folder + "/f"))
        let handler: HTTPServer.Handler = { request in
            let ends = (request.target.parameter("range") ?? "").split(separator: "-").compactMap { Int($0) }
            guard ends.count == 2, let slice = FileSlice(path: folder + "/f", range: ends[0]..<ends[1]) else {
                return HTTPResponse(.notFound)
            }
            return HTTPResponse(.partialContent, body: .file(slice))
        }
        try await withServer({ _ in }, handler) { server in
            let connection = try RawConnection(port: server.port)
            for range in [0..<0, 0..<1, 5..<10, 0..<3_000_000, 1_000_001..<2_999_999, 2_999_999..<3_000_000] {
                connection.send("GET /?range=\(range.lowerBound)-\(range.upperBound) HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await connection.readResponse()
                #expect(answer.status == 206)
                #expect(answer.body == Array(content[range]))
            }
        }
    }

    @Test func theTargetReachesTheHandlerAsItWasSent() async throws {
        for target in [
            "/", "/%2e%2e/a", "/a//b", "/?", "/?a=%zz&b", "/é", "/a;b=c", "/" + String(repeating: "x", count: 8000),
        ] {
            #expect(try await ask("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n").text == "GET \(target) ")
        }
    }

    @Test func unknownMethodsReachTheHandler() async throws {
        #expect(try await ask("BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n").text == "BREW /pot ")
    }

    // MARK: What is refused

    @Test(arguments: [
        "GET\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n", "\0\0\0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func whatIsNoRequestIsNotAnsweredAsOne(request: String) async throws {
        try await withServer({ $0.idleTimeout = .seconds(2) }, tell) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(request)
            connection.endSending()
            let text = try await connection.read()
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 4") || text.hasPrefix("HTTP/1.1 5"), "\(text)")
        }
    }

    /// RFC 6585, section 5, and RFC 9110, section 15.5.15.
    @Test func aHeadThatIsTooLargeIsRefused() async throws {
        let long = String(repeating: "x", count: 200_000)
        for (request, status) in [
            ("GET / HTTP/1.1\r\nHost: x\r\nX: \(long)\r\n\r\n", 431), ("GET /\(long) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        ] {
            try await withServer({ _ in }, tell) { server in
                let connection = try RawConnection(port: server.port)
                connection.send(request)
                let answer = try await connection.readResponse()
                #expect(answer.status == status && answer.field("connection") == "close")
                #expect(answer.field("content-type") == "application/problem+json")
                #expect(answer.field("x-request-id")?.isEmpty == false)
            }
        }
    }

    @Test func aBodyBeyondTheLimitIsRefusedInEitherFraming() async throws {
        let body = String(repeating: "x", count: 2000)
        let chunked = "7d0\r\n\(body)\r\n0\r\n\r\n"
        for request in [
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n\(body)",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(chunked)",
        ] {
            try await withServer(
                { $0.maximumBodyBytes = 1000 },
                { request in
                    do { return HTTPResponse(.ok, body: .bytes(try await request.body.collect(limit: 1 << 20))) } catch
                    {
                        return Problem(error).response(requestID: request.id)
                    }
                }
            ) { server in
                let connection = try RawConnection(port: server.port)
                connection.send(request)
                let answer = try await connection.readResponse()
                #expect(answer.status == 413)
                #expect(answer.field("content-type") == "application/problem+json")
            }
        }
    }

    /// A body that is far too long is not read at all.
    @Test func aDeclaredLengthFarBeyondTheLimitIsRefusedAtOnce() async throws {
        let answer = try await ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n") {
            $0.maximumBodyBytes = 1000
        }
        #expect(answer.status == 413)
    }

    @Test func refusalsAreWordedByWhoeverServes() async throws {
        let answer = try await ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n") {
            $0.refusal = { problem, id in HTTPResponse(problem.status, text: "own words") }
        }
        #expect(answer.status == 400)
    }

    @Test func anAnswerThatIsNoneClosesTheConnection() async throws {
        try await withServer({ _ in }, { _ in HTTPResponse(.noAnswer) }) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.read() == "")
        }
    }

    // MARK: The end

    @Test func requestsUnderWayAreAnsweredWhenTheServerEnds() async throws {
        let began = Flag()
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            began.set()
            try? await Task.sleep(for: .milliseconds(200))
            return HTTPResponse(.ok, text: "done")
        }
        let connection = try RawConnection(port: server.port)
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(await eventually { began.isSet })
        async let end: Void = server.shutDown(grace: .seconds(600))
        #expect(try await connection.readResponse().text == "done")
        await end
        #expect(throws: TestFailure.self) { try RawConnection(port: server.port) }
    }
}
