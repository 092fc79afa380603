import EventLoop
import HTTPMessages
import HTTPRelay
import HTTPServing
import HTTPWire
import TestSupport
import Testing

/// Uploads that end before their time: refused by the server behind, cut by the caller, or too slow for the answer.
@Suite struct UploadEndTests {
    private enum End: CaseIterable, Sendable { case refused, cut, slow, answeredEarly }

    /// A server behind the relay that answers before it has read the body.
    @NetworkActor
    private final class Impatient {
        private var listener: Listener?

        init() throws {
            listener = try Listener("127.0.0.1", 0) { socket in NetworkActor.task { await Self.serve(socket) } }
        }

        var port: UInt16 { listener?.port ?? 0 }
        func close() { listener?.close() }

        private static func serve(_ socket: Socket) async {
            defer { socket.close() }
            do {
                var head = ""
                while !head.contains("\r\n\r\n") {
                    guard try await socket.fill() else { return }
                    head += String(decoding: socket.take(.max), as: UTF8.self)
                }
                let closes = head.contains("/refused")
                try await socket.write(
                    Array(
                        "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\(closes ? "Connection: close\r\n" : "")\r\nno".utf8))
                // What still comes is not read, so that whoever sends it has to wait.
                if !closes { try? await Task.sleep(for: .milliseconds(20)) }
            } catch {}
        }
    }

    /// A relay as the functions host is one: the body goes on while the answer is waited for.
    @NetworkActor
    private static func pass(_ exchange: ServerExchange, _ upstream: Upstream) async {
        do {
            let request = Upstream.Request(
                exchange.request.method.rawValue, exchange.request.target.text, ["Host": "h"],
                exchange.body.isComplete ? .none : .source(exchange.body))
            let answer = try await upstream.send(request, deadline: .now + .seconds(60)) { answer in
                answer.onProgress = { [weak answer, weak exchange] in
                    answer?.deadline = .now + .seconds(60)
                    exchange?.deadline = .now + .seconds(60)
                }
                exchange.onPeerGone = { [weak answer] in answer?.cancel(.peerGone) }
            }
            do {
                try await exchange.start(answer.status, [:], length: answer.body.length)
                while let piece = try await answer.body.next() { try await exchange.write(piece) }
                try await exchange.finish()
                answer.end()
            } catch {
                answer.cancel()
                throw error
            }
        } catch {
            if exchange.sentStatus == nil, !exchange.isPeerGone {
                try? await exchange.send(HTTPResponse(.badGateway))
            } else {
                exchange.abort()
            }
        }
    }

    @NetworkActor
    private static func upload(_ end: End, to port: UInt16) async {
        guard let socket = try? await Socket.connect("127.0.0.1", port, deadline: .now + .seconds(60)) else { return }
        defer { socket.close() }
        let target = end == .refused ? "/refused" : "/"
        let head = "POST \(target) HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n"
        guard (try? await socket.write(Array(head.utf8), [1])) != nil else { return }
        switch end {
        case .cut:
            try? await socket.write([UInt8](repeating: 2, count: 10_000))
        case .answeredEarly:
            socket.deadline = .now + .seconds(60)
            while socket.available < 12, (try? await socket.fill()) == true {}
        case .refused, .slow:
            // Byte by byte until the connection ends, so that reading and answering meet in every way.
            for _ in 0..<200 {
                guard (try? await socket.write([3])) != nil else { return }
                await Task.yield()
            }
            socket.deadline = .now + .seconds(60)
            while socket.available < 12, (try? await socket.fill()) == true {}
        }
    }

    @NetworkActor
    @Test func noUploadLeavesADescriptorBehind() async throws {
        let behind = try Impatient()
        let upstream = Upstream(address: "127.0.0.1", port: behind.port)
        let server = try ExchangeServer(address: "127.0.0.1", port: 0) { await Self.pass($0, upstream) }
        let (port, ports) = (server.port, Set([server.port, behind.port]))
        let before = OpenSockets.count(of: ports)
        #expect(before == 2)
        for _ in 0..<10 {
            await withTaskGroup { group in
                for number in 0..<40 {
                    let end = End.allCases[number % End.allCases.count]
                    group.addTask { await Self.upload(end, to: port) }
                }
            }
        }
        #expect(await eventually { server.connectionCount == 0 })
        upstream.closeIdle()
        #expect(await eventually { OpenSockets.count(of: ports) == before })
        await server.shutDown(grace: .zero)
        behind.close()
        #expect(await eventually { OpenSockets.count(of: ports) == 0 })
    }

    /// The answer is there, the caller has sent a byte and sends no more: the relay's wait for the body ends with the
    /// exchange, and the connection with the time that is left to a caller to stop sending.
    @NetworkActor
    @Test func aCallerThatStopsInTheMiddleIsNotWaitedForForEver() async throws {
        let behind = try Impatient()
        let upstream = Upstream(address: "127.0.0.1", port: behind.port)
        let server = try ExchangeServer(address: "127.0.0.1", port: 0) { await Self.pass($0, upstream) }
        let socket = try await Socket.connect("127.0.0.1", server.port, deadline: .now + .seconds(60))
        try await socket.write(Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nx".utf8))
        socket.deadline = .now + .seconds(120)
        while try await socket.fill() {}
        #expect(String(decoding: socket.take(.max), as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
        socket.close()
        #expect(await eventually { server.connectionCount == 0 })
        upstream.closeIdle()
        await server.shutDown(grace: .zero)
        behind.close()
    }
}
