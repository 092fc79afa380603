import EventLoop
import Glibc
import TestSupport
import Testing

/// Connections over the network's thread.
@Suite struct SocketTests {
    /// A listener whose connections are kept, and one connection to it from each side.
    @NetworkActor
    private final class Pair {
        private(set) var accepted: [Socket] = []
        private(set) var listener: Listener?

        init() throws {
            listener = try Listener("127.0.0.1", 0) { [unowned self] in accepted.append($0) }
        }

        var port: UInt16 { listener?.port ?? 0 }

        func connect() async throws -> (client: Socket, server: Socket) {
            let before = accepted.count
            let client = try await Socket.connect("127.0.0.1", port, deadline: .now + .seconds(90))
            #expect(await eventually { accepted.count > before })
            return (client, accepted[before])
        }

        func close() {
            listener?.close()
            for socket in accepted { socket.close() }
        }
    }

    /// Why a wait for bytes ended; `nil` when something came.
    @NetworkActor
    private func failure(of socket: Socket) async -> SocketError? {
        do throws(SocketError) {
            _ = try await socket.fill()
            return nil
        } catch {
            return error
        }
    }

    @NetworkActor
    private func text(_ socket: Socket, _ count: Int) async throws -> String {
        while socket.available < count { guard try await socket.fill() else { break } }
        return String(decoding: socket.take(count), as: UTF8.self)
    }

    @NetworkActor
    @Test func bytesGoBothWays() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        try await client.write(Array("to the ".utf8), Array("server".utf8))
        #expect(try await text(server, 13) == "to the server")
        try await server.write(Array("and back".utf8))
        #expect(try await text(client, 8) == "and back")
        client.close()
    }

    @NetworkActor
    @Test func aSystemChosenPortIsToldAndTakenOnce() async throws {
        let pair = try Pair()
        defer { pair.close() }
        #expect(pair.port > 0)
        #expect(throws: SocketError.system(EADDRINUSE)) { try Listener("127.0.0.1", pair.port) { _ in } }
    }

    @NetworkActor
    @Test func nobodyListensAfterAClose() async throws {
        let pair = try Pair()
        let port = pair.port
        pair.close()
        pair.close()
        await #expect(throws: SocketError.system(ECONNREFUSED)) {
            try await Socket.connect("127.0.0.1", port, deadline: .now + .seconds(90))
        }
    }

    @NetworkActor
    @Test func whatWasReadIsConsumedFromTheFront() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        try await client.write(Array("abcdef".utf8))
        while server.available < 6 { _ = try await server.fill() }
        server.consume(2)
        #expect(server.withInput { Array($0) } == Array("cdef".utf8))
        #expect(server.take(1) == Array("c".utf8) && server.available == 3)
        server.consume(100)
        #expect(server.available == 0 && server.take(5).isEmpty)
        client.close()
    }

    @NetworkActor
    @Test func theEndOfTheStreamIsToldOnce() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        var times = 0
        server.onPeerGone = { times += 1 }
        try await client.write(Array("last".utf8))
        client.endWriting()
        #expect(try await text(server, 4) == "last")
        #expect(try await !server.fill() && server.isPeerGone)
        // The other direction still works.
        try await server.write(Array("answer".utf8))
        #expect(try await text(client, 6) == "answer")
        client.close()
        #expect(await eventually { times == 1 })
    }

    @NetworkActor
    @Test func whoeverWaitsIsWokenByAClose() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, _) = try await pair.connect()
        let reading = NetworkActor.task {
            let failure = await failure(of: client)
            #expect(failure == .closed)
        }
        await Task.yield()
        client.close()
        await reading.value
        client.close()
        #expect(client.failure == .closed)
        await #expect(throws: SocketError.closed) { try await client.write([1]) }
    }

    @NetworkActor
    @Test func theReadingCanBeTakenOverAndNoByteIsLost() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        let turn = server.readingTurn
        let first = NetworkActor.task {
            let failure = await failure(of: server)
            #expect(failure == .displaced)
        }
        await Task.yield()
        server.takeOverReading()
        let second = NetworkActor.task {
            let text = try? await text(server, 5)
            #expect(text == "bytes")
        }
        await first.value
        try await client.write(Array("bytes".utf8))
        await second.value
        // Whoever had the turn before cannot come back to it.
        await #expect(throws: SocketError.displaced) { try await server.fill(turn: turn) }
        client.close()
    }

    #if DEBUG
    /// Two tasks that wait for the same bytes: the first would wait for ever.
    @Test func aSecondReaderIsAMistakeOfTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let listener = try await Listener("127.0.0.1", 0) { _ in }
            let socket = try await Socket.connect("127.0.0.1", listener.port, deadline: nil)
            let readers = (0..<2).map { _ in NetworkActor.task { _ = try? await socket.fill() } }
            for reader in readers { await reader.value }
        }
    }
    #endif

    @NetworkActor
    @Test func aWaitEndsAtItsDeadline() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        server.deadline = .now + .milliseconds(50)
        #expect(await failure(of: server) == .timedOut)
        client.close()
    }

    @NetworkActor
    @Test func aWaitThatIsTooLongEndsAndNothingElse() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        server.readPace = Pace(bytes: 10, in: .milliseconds(100))
        #expect(await failure(of: server) == .timedOut)
        try await server.write(Array("late".utf8))
        #expect(try await text(client, 4) == "late")
        server.readPace = nil
        try await client.write(Array("here".utf8))
        #expect(try await text(server, 4) == "here")
        client.close()
    }

    /// Each byte ends a wait, and the next begins.
    @NetworkActor
    @Test func aDeadlineHoldsAgainstAPeerThatDrips() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        let dripping = NetworkActor.task {
            while (try? await client.write([1])) != nil { try? await Task.sleep(for: .milliseconds(10)) }
        }
        server.deadline = .now + .milliseconds(300)
        var failure: SocketError?
        while failure == nil { failure = await self.failure(of: server) }
        #expect(failure == .timedOut)
        client.close()
        await dripping.value
    }

    /// Bytes that come one by one count as little as they are.
    @NetworkActor
    @Test func aPeerThatDripsIsTooSlow() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        let dripping = NetworkActor.task {
            while (try? await client.write([1])) != nil { try? await Task.sleep(for: .milliseconds(20)) }
        }
        server.readPace = Pace(bytes: 10_000, in: .milliseconds(300))
        var failure: SocketError?
        while failure == nil {
            failure = await self.failure(of: server)
            server.consume(.max)
        }
        #expect(failure == .timedOut)
        client.close()
        await dripping.value
    }

    /// What the peer acknowledges counts, not what the system had room for.
    @NetworkActor
    @Test func aPeerThatReadsAtItsPaceIsWaitedFor() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        server.writePace = Pace(bytes: 1000, in: .seconds(2))
        let size = 16 << 20
        let writing = NetworkActor.task {
            do {
                try await server.write([UInt8](repeating: 7, count: size))
            } catch {
                Issue.record(error)
                // Or the client would wait for the rest.
                server.close()
            }
        }
        var count = 0
        while count < size {
            guard try await client.fill() else { break }
            count += client.available
            client.consume(.max)
            if count % (1 << 20) < 65_536 { try await Task.sleep(for: .milliseconds(200)) }
        }
        await writing.value
        #expect(count == size)
        client.close()
    }

    @NetworkActor
    @Test func aPeerThatDoesNotReadIsTooSlow() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        server.writePace = Pace(bytes: 1, in: .milliseconds(300))
        await #expect(throws: SocketError.timedOut) { try await server.write([UInt8](repeating: 7, count: 64 << 20)) }
        #expect(server.failure == .timedOut)
        client.close()
    }

    @NetworkActor
    @Test func theFirstByteCanBeLookedAt() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        let writing = NetworkActor.task { try? await client.write(Array("first".utf8)) }
        #expect(try await server.firstByte() == UInt8(ascii: "f"))
        #expect(try await server.firstByte() == UInt8(ascii: "f"))
        await writing.value
        #expect(try await text(server, 5) == "first")
        client.endWriting()
        #expect(try await server.firstByte() == nil)
        client.close()
    }

    @NetworkActor
    @Test func anAcceptedPeerHasAnAddress() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        #expect(server.peer.address == "127.0.0.1" && server.peer.network != 0)
        #expect(client.peer.address == "" && client.peer.network == 0)
        client.close()
    }

    @NetworkActor
    @Test func aDeadlineWithoutAWaitEndsNothing() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        server.deadline = .now
        // More than a tick of the loop, which looks at deadlines.
        try await Task.sleep(for: .milliseconds(600))
        try await client.write(Array("x".utf8))
        server.deadline = nil
        #expect(try await text(server, 1) == "x")
        client.close()
    }

    @NetworkActor
    @Test func muchMoreThanTheSystemBuffersArrivesWhole() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        let bytes = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let writing = NetworkActor.task {
            do { try await client.write(bytes) } catch { Issue.record(error) }
            client.endWriting()
        }
        var received: [UInt8] = []
        while try await server.fill() { received += server.take(.max) }
        await writing.value
        #expect(received == bytes)
        client.close()
    }

    @NetworkActor
    @Test func writingToWhoeverHasGoneFails() async throws {
        let pair = try Pair()
        defer { pair.close() }
        let (client, server) = try await pair.connect()
        server.close()
        var failure: (any Error)?
        for _ in 0..<200 where failure == nil {
            do { try await client.write([UInt8](repeating: 0, count: 65_536)) } catch { failure = error }
        }
        #expect(failure as? SocketError == .peerGone)
        client.close()
    }

    @NetworkActor
    @Test func manyConnectionsAreServedSideBySide() async throws {
        let pair = try Pair()
        defer { pair.close() }
        var clients: [Socket] = []
        for _ in 0..<100 {
            clients.append(try await Socket.connect("127.0.0.1", pair.port, deadline: .now + .seconds(90)))
        }
        #expect(await eventually { pair.accepted.count == 100 })
        for (index, client) in clients.enumerated() { try await client.write(Array("\(index);".utf8)) }
        var seen: Set<String> = []
        for socket in pair.accepted {
            while !socket.withInput({ $0.contains(UInt8(ascii: ";")) }) { _ = try await socket.fill() }
            seen.insert(String(decoding: socket.take(.max), as: UTF8.self))
        }
        #expect(seen == Set((0..<100).map { "\($0);" }))
        for client in clients { client.close() }
    }

    @Test(arguments: [
        (SocketError.peerGone, "the connection was closed by the other side"), (.closed, "the connection was closed"),
        (.displaced, "another task has taken over the connection"),
        (.timedOut, "nothing came in the time allowed"), (.system(ECONNREFUSED), "Connection refused"),
    ])
    func saysWhyAConnectionIsOfNoUse(error: SocketError, text: String) {
        #expect(error.description == text && error.isRefused == (text == "Connection refused"))
    }

    // MARK: - Time and jobs

    @Test func timesAddUpAndStopAtTheLast() {
        let time = MonotonicTime(milliseconds: 1000)
        #expect(time + .seconds(2) == MonotonicTime(milliseconds: 3000))
        #expect(time + .milliseconds(1500) == MonotonicTime(milliseconds: 2500))
        #expect(time + .microseconds(900) == time)
        #expect(time + .seconds(Int64.max) == MonotonicTime(milliseconds: .max))
        #expect(MonotonicTime(milliseconds: .max) + .seconds(1) == MonotonicTime(milliseconds: .max))
        #expect(time < time + .milliseconds(1) && MonotonicTime.now <= MonotonicTime.now)
    }

    @NetworkActor
    @Test func allWorkIsOnOneThread() async throws {
        let thread = pthread_self()
        for _ in 0..<20 {
            let same = await Task { @NetworkActor in pthread_equal(pthread_self(), thread) != 0 }.value
            #expect(same)
            await Task.yield()
        }
    }

    @NetworkActor
    @Test func jobsRunInTheOrderInWhichTheyCame() async {
        var order: [Int] = []
        let tasks = (0..<200).map { index in NetworkActor.task { order.append(index) } }
        for task in tasks { await task.value }
        #expect(order == Array(0..<200))
    }
}
