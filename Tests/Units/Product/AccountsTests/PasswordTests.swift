import AccessControl
import Digests
import HTTPMessages
import Problems
import Testing

@testable import Accounts

/// How passwords and refresh tokens are kept.
@Suite struct PasswordTests {
    @Test func aPasswordIsKeptAsScryptMakesOfIt() throws {
        let hash = try #require(PasswordHash("pass phrase", cost: .init(n: 1024, r: 8, p: 1)))
        #expect(hash.stored.hasPrefix("scrypt$1024$8$1$"))
        #expect(!hash.stored.contains("pass phrase"))
        let read = try #require(PasswordHash(stored: hash.stored))
        #expect(read == hash)
        #expect(read.matches("pass phrase"))
        #expect(!read.matches("pass phrase "))
        #expect(!read.matches(""))
        #expect(PasswordHash("pass phrase", cost: .init(n: 1024, r: 8, p: 1)) != hash)
        #expect(!PasswordHash.nobodys.matches("pass phrase"))
        #expect(PasswordHash.nobodys.cost == PasswordHash.cost)
    }

    @Test func whatIsNoHashOrCostsTooMuchIsNotTried() throws {
        let stored = try #require(PasswordHash("p", cost: .init(n: 1024, r: 8, p: 1))?.stored)
        for text in [
            "", "scrypt", stored + "$", String(stored.dropLast(4)), "bcrypt" + stored.dropFirst(6),
            stored.replacing("$1024$", with: "$1099511627776$"), stored.replacing("$8$", with: "$-8$"),
            stored.replacing("$8$", with: "$99999$"), "scrypt$1024$8$1$$", "scrypt$1024$8$1$!$!",
        ] { #expect(PasswordHash(stored: text) == nil, "\(text)") }
    }

    /// Two at a time and 32 who wait; whoever comes then is told to come again.
    @Test func tooManyAtOnceAreToldToComeAgain() async throws {
        let passwords = Passwords()
        let hash = try #require(PasswordHash("p", cost: .init(n: 1 << 14, r: 8, p: 1)))
        let outcomes = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    do { return try await passwords.verify("p", hash) ? 200 : 401 } catch let problem as Problem {
                        return problem.headers["retry-after"] == nil ? 0 : problem.status.rawValue
                    }
                }
            }
            return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(Set(outcomes.keys) == [200, 503])
        #expect(outcomes[200] ?? 0 >= 34)
        #expect(try await passwords.verify("p", hash))
        try passwords.requireRoom()
    }

    @Test func aRefreshTokenComesBackAndHasOneSuccessorForEachKey() throws {
        let session = UUIDv7.make()
        let token = RefreshToken(session: session)
        #expect(RefreshToken(token.text) == token)
        #expect(token.text.utf8.count == 80)
        #expect(RefreshToken(session: session) != token)
        let old = SigningKeys([("k1", [UInt8](repeating: 1, count: 32))])
        let both = SigningKeys([
            ("k2", [UInt8](repeating: 2, count: 32)), ("k1", [UInt8](repeating: 1, count: 32)),
        ])
        #expect(token.successors(old) == token.successors(old))
        #expect(token.successors(both).count == 2)
        #expect(token.successors(both)[1] == token.successors(old)[0])
        #expect(token.successors(old)[0].session == session)
        #expect(token.successors(old)[0] != token)
        #expect(!token.digest.contains(token.text.suffix(43)))
        for text in [
            "", ".", session, session + ".", token.text + "A", String(token.text.dropLast()), token.text + "=",
            " " + token.text,
            token.text.replacing(session, with: session.uppercased()),
        ] { #expect(RefreshToken(text) == nil, "\(text)") }
    }
}
