import Glibc
import HTTPClient
import HTTPMessages
import HTTPServing
import Synchronization
import TestSupport
import Testing

/// RFC 9110 and RFC 9112 from the client's side: what it makes of bytes that a server sends.
@Suite struct AnswerTests {
    private func fetch(_ answer: String, _ method: HTTPMethod = .get) async throws -> (HTTPStatus, HTTPFields, String) {
        let server = try RawListener(answering: answer)
        let (status, fields, body) = try await HTTPSession().fetch(patient(server.url, method))
        return (status, fields, String(decoding: body, as: UTF8.self))
    }

    private func failure(_ answer: String) async -> HTTPClientError.Code? {
        do {
            let server = try RawListener { connection in
                _ = try connection.readMessage()
                connection.send(answer)
            }
            _ = try await HTTPSession().fetch(patient(server.url))
            return nil
        } catch { return (error as? HTTPClientError)?.code }
    }

    @Test func fieldsAreReadWithTheirRepetitionsAndWithoutSpaces() async throws {
        let (status, fields, body) = try await fetch(
            "HTTP/1.1 200 OK\r\nX-A:1\r\nX-B:  two words\t\r\nX-A: 3\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok")
        #expect(status == .ok && body == "ok")
        #expect(fields.values("x-a") == ["1", "3"])
        #expect(fields["x-b"]?.hasPrefix("two words") == true)
        #expect(fields["x-empty"] == "")
    }

    /// RFC 9112, section 4: the reason phrase may be missing; 15: any three digits are a status.
    @Test(arguments: [("200 OK", 200), ("299", 299), ("404 Nicht gefunden", 404), ("599 ", 599)])
    func statusLinesAreRead(line: String, code: Int) async throws {
        #expect(try await fetch("HTTP/1.1 \(line)\r\nContent-Length: 0\r\n\r\n").0.rawValue == code)
    }

    /// RFC 9112, section 7.1: chunks, extensions and trailers.
    @Test func chunkedBodiesAreJoined() async throws {
        let (_, fields, body) = try await fetch(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n"
        )
        #expect(body == "abc0123456789")
        // What comes behind the body is no field of the head.
        #expect(fields["x-trailer"] == nil)
    }

    /// RFC 9110, section 15.2: interim answers come before the answer and are not it.
    @Test func interimAnswersArePassedOver() async throws {
        let (status, fields, body) = try await fetch(
            "HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(status == .ok && body == "ok" && fields["x-hint"] == nil)
    }

    /// RFC 9112, section 6.3, rule 8: without a length the body ends with the connection.
    @Test func aBodyWithoutALengthEndsWithTheConnection() async throws {
        let server = try RawListener { connection in
            _ = try connection.readMessage()
            connection.send("HTTP/1.1 200 OK\r\n\r\nall of it")
        }
        #expect(try await HTTPSession().fetch(patient(server.url)).body == "all of it".bytes)
    }

    /// RFC 9110, section 15.4: following is the caller's decision, and here nobody follows.
    @Test(arguments: [301, 302, 303, 307, 308]) func redirectionsAreNotFollowed(code: Int) async throws {
        let server = try RawListener(
            answering: "HTTP/1.1 \(code) Moved\r\nLocation: http://127.0.0.1:1/secret\r\nContent-Length: 0\r\n\r\n")
        let (status, fields, _) = try await HTTPSession().fetch(patient(server.url))
        #expect(status.rawValue == code && fields["location"] == "http://127.0.0.1:1/secret")
    }

    /// RFC 9112, section 8: an incomplete message is an error, never a short body.
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP",
        "",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    ])
    func whatIsCutOrNoHTTPIsAnError(answer: String) async { #expect(await failure(answer) == .cut) }

    @Test func anotherProtocolIsAnError() async { #expect(await failure("SSH-2.0-OpenSSH_9.2\r\n") != nil) }

    @Test func aHeadWithoutEndIsGivenUp() async {
        #expect(await failure("HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 2_000_000))\r\n\r\n") == .cut)
    }

    @Test func aBodyBeyondTheCallersLimitIsNotCollected() async throws {
        let server = try RawListener(
            answering: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 100))
        await #expect(throws: HTTPBodyTooLarge.self) {
            try await HTTPSession().fetch(patient(server.url), limit: 99)
        }
        #expect(try await HTTPSession().fetch(patient(server.url), limit: 100).body.count == 100)
    }

    // MARK: Requests

    /// What the server reads of a request.
    private func sent(_ change: (inout HTTPSession.Request) -> Void) async throws -> RawMessage {
        let seen = Mutex<RawMessage?>(nil)
        let server = try RawListener { connection in
            let message = try connection.readMessage()
            seen.withLock { $0 = message }
            connection.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        var request = patient(server.url + "/a/../b%2F?x=1&y=%20")
        change(&request)
        _ = try await HTTPSession().fetch(request)
        return try #require(seen.withLock { $0 })
    }

    @Test func theTargetAndTheFieldsAreSentAsTheyAre() async throws {
        let message = try await sent { request in
            request.fields = ["X-One": "1", "X-Empty": "", "Authorization": "Bearer t"]
        }
        #expect(message.head.hasPrefix("GET /a/../b%2F?x=1&y=%20 HTTP/1.1\r\n"))
        #expect(
            message.field("x-one") == "1" && message.field("x-empty") == ""
                && message.field("authorization") == "Bearer t")
        #expect(message.field("host")?.hasPrefix("127.0.0.1:") == true)
        // What libcurl would say by itself is left unsaid.
        #expect(message.field("accept") == nil && message.field("content-length") == nil)
    }

    @Test(arguments: [HTTPMethod.post, .put, .patch]) func anEmptyBodySaysThatItIsEmpty(method: HTTPMethod) async throws
    {
        let message = try await sent { $0.method = method }
        #expect(message.head.hasPrefix("\(method) /a"))
        #expect(message.field("content-length") == "0" && message.field("content-type") == nil)
    }

    @Test(arguments: [1, 16 * 1024, 16 * 1024 + 1, 1_000_000]) func bodiesAreSentWhole(count: Int) async throws {
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let message = try await sent {
            $0.method = .post
            $0.body = .bytes(body)
            $0.fields["Content-Type"] = "application/x-test"
        }
        #expect(message.body == body)
        #expect(
            message.field("content-length") == String(count) && message.field("content-type") == "application/x-test")
        #expect(message.field("expect") == nil)
    }

    @Test func aSourceGoesOutInChunksOrWithItsLength() async throws {
        final class Pieces: HTTPBodySource {
            let left = Mutex(5)
            func next() async throws -> [UInt8]? {
                left.withLock { left in
                    left -= 1
                    return left >= 0 ? [UInt8](repeating: 7, count: 1000) : nil
                }
            }
        }
        let chunked = try await sent {
            $0.method = .put
            $0.body = .source(Pieces())
        }
        #expect(chunked.field("transfer-encoding") == "chunked" && chunked.body.count == 5000)
        let counted = try await sent {
            $0.method = .put
            $0.body = .source(Pieces())
            $0.bodyLength = 5000
        }
        #expect(counted.field("content-length") == "5000" && counted.body.count == 5000)
    }

    @Test func aSourceThatFailsCutsTheRequest() async throws {
        struct Failing: HTTPBodySource {
            func next() async throws -> [UInt8]? { throw TestFailure("the disk is gone") }
        }
        let server = try RawListener { connection in _ = try connection.readMessage() }
        var request = patient(server.url, .put)
        request.body = .source(Failing())
        await #expect(throws: HTTPClientError.self) { try await HTTPSession().fetch(request) }
    }

    /// W3C Trace Context, section 4.2: unless it is not the other side's business.
    @Test func theTraceGoesAlongWhereItMay() async throws {
        #expect(try await sent { _ in }.field("traceparent")?.hasPrefix("00-") == true)
        #expect(try await sent { $0.continuesTrace = false }.field("traceparent") == nil)
    }

    @Test(arguments: ["", "nonsense", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://127.0.0.1:99999/"])
    func addressesThatAreNoneAreRefused(url: String) async {
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPSession().fetch(.init(.get, url)) }
        #expect(error?.code == .badRequest || error?.code == .connection)
    }

    // MARK: Connections

    @Test func aConnectionIsUsedAgain() async throws {
        let server = try RawListener(answering: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let client = HTTPSession()
        for _ in 0..<10 { #expect(try await client.fetch(patient(server.url)).body == "ok".bytes) }
        #expect(server.connections == 1)
    }

    /// RFC 9112, section 9.3.1: a connection that the server closed meanwhile is no failure of a request that may be repeated.
    @Test func aConnectionThatWasClosedMeanwhileIsReplaced() async throws {
        let server = try RawListener { connection in
            _ = try connection.readMessage()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            // And closes, without having said so.
        }
        let client = HTTPSession()
        for _ in 0..<5 { #expect(try await client.fetch(patient(server.url)).body == "ok".bytes) }
        #expect(server.connections == 5)
    }

    @Test func requestsAreInParallelOnConnectionsOfTheirOwn() async throws {
        let together = Tally()
        let server = try RawListener { connection in
            _ = try connection.readMessage()
            together.add()
            // Answers when all are there.
            let end = ContinuousClock.now + RawConnection.limit
            while together.value < 8, ContinuousClock.now < end { usleep(1000) }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        let client = HTTPSession()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await client.fetch(patient(server.url)).status.rawValue } }
            for try await code in group { #expect(code == 200) }
        }
    }

    @Test func aNameCanBeBoundToAnAddress() async throws {
        let server = try RawListener(answering: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        var request = patient("http://service.invalid:\(server.port)/")
        request.connectsTo = .init(host: "service.invalid", port: Int(server.port), address: "127.0.0.1")
        #expect(try await HTTPSession().fetch(request).body == "ok".bytes)
        // RFC 2606, section 2: without that, the name is nobody's.
        request.connectsTo = nil
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPSession().fetch(request) }
        #expect(error?.code == .connection || error?.code == .timeout)
    }

    @Test func aProxyOfTheEnvironmentIsNotForThisMachine() async {
        await #expect(processExitsWith: .success) {
            let proxied = Tally()
            let proxy = try RawListener { connection in
                proxied.add()
                _ = try connection.readMessage()
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")
            }
            setenv("http_proxy", proxy.url, 1)
            let server = try RawListener(answering: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ndirect")
            for host in ["127.0.0.1", "localhost"] {
                let (_, _, body) = try await HTTPSession().fetch(patient("http://\(host):\(server.port)/"))
                #expect(body == "direct".bytes)
            }
            #expect(proxied.value == 0)
            // And for the world outside it is.
            let (_, _, body) = try await HTTPSession().fetch(patient("http://service.invalid/"))
            #expect(body == "proxy".bytes && proxied.value == 1)
        }
    }

    @Test func aBodyThatNobodyReadsHoldsItsSenderBack() async throws {
        let sent = Tally()
        let server = try RawListener { connection in
            _ = try connection.readMessage()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for _ in 0..<1000 {
                connection.send([UInt8](repeating: 1, count: 100_000))
                sent.add(100_000)
            }
        }
        let response = try await HTTPSession().send(patient(server.url))
        var before = 0
        let isStill = try await eventually {
            before = sent.value
            try await Task.sleep(for: .milliseconds(300))
            return before > 0 && sent.value == before
        }
        #expect(isStill && before < 30_000_000)
        #expect(try await response.collect(limit: 100_000_000).count == 100_000_000)
    }

    // MARK: Relaying

    @Test func aRequestIsPassedOnWithoutWhatBelongsToItsConnection() throws {
        let request = HTTPRequest(
            method: .put, target: HTTPTarget("/a?b=c"),
            fields: [
                "Connection": "close, X-Hop", "X-Hop": "1", "X-Keep": "2", "Content-Length": "3",
                "Transfer-Encoding": "x",
            ], body: .bytes([1, 2, 3]), id: "r-9")
        let relayed = HTTPSession.Request(relaying: request, to: "http://other:1")
        #expect(relayed.url == "http://other:1/a?b=c" && relayed.method == .put)
        #expect(
            relayed.fields["x-keep"] == "2" && relayed.fields["x-hop"] == nil && relayed.fields["connection"] == nil)
        #expect(relayed.fields["x-request-id"] == "r-9" && relayed.bodyLength == 3)
        let empty = HTTPRequest(
            method: .get, target: HTTPTarget("/"), fields: ["Content-Length": "0"], body: .bytes([]), id: "r")
        #expect(!HTTPSession.Request(relaying: empty, to: "http://other").hasStreamedBody)
    }

    @Test func anAnswerIsPassedOnAsItArrives() async throws {
        let behind = try RawListener(
            answering:
                "HTTP/1.1 206 Partial\r\nX-Keep: 1\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n\r\nhello")
        let client = HTTPSession()
        let front = try HTTPServer(HTTPServer.Configuration()) { request in
            do { return try await client.send(HTTPSession.Request(relaying: request, to: behind.url)).relayed } catch {
                return HTTPResponse(.badGateway)
            }
        }
        let connection = try RawConnection(port: front.port)
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try await connection.readResponse()
        #expect(answer.status == 206 && answer.text == "hello" && answer.field("x-keep") == "1")
        #expect(answer.field("x-hop") == nil && answer.fields("date").count == 1)
        await front.shutDown(grace: .zero)
    }
}

/// A request that waits as long as a busy machine may take.
private func patient(_ url: String, _ method: HTTPMethod = .get) -> HTTPSession.Request {
    var request = HTTPSession.Request(method, url)
    request.headTimeout = RawConnection.limit
    request.idleTimeout = RawConnection.limit
    return request
}
