import Catalog
import Digests
import Postgres
import ProductFixture
import Testing

/// People, their links, sessions and failures, on a real server with writers side by side.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct PeopleFeatureTests {
    private func login(_ text: String) throws -> LoginName { try #require(LoginName(text)) }

    /// Somebody who has a password; returns their id.
    private func added(
        _ name: String, isAdministrator: Bool = false, in memberships: [CatalogDatabase.Membership] = [],
        _ catalog: CatalogDatabase
    ) async throws -> String {
        let person = try await catalog.addPerson(
            UUIDv7.make(), login: try login(name), name: name, isAdministrator: isAdministrator,
            memberships: memberships, digest: name)
        #expect(try await catalog.accept(name, person: person.id, name: nil, password: "hash"))
        return person.id
    }

    private func session(of person: String, refresh: String, _ catalog: CatalogDatabase) async throws -> String {
        let id = UUIDv7.make()
        #expect(
            try await catalog.addSession(
                id, of: person, by: .password("hash"), refresh: refresh, userAgent: "a", address: "b"))
        return id
    }

    @Test func loginsAreTheSameHoweverTheyAreWritten() throws {
        #expect(try login(" Ann@Example.org\t").text == "Ann@Example.org")
        #expect(try login("ANN@example.ORG").key == login("ann@Example.org").key)
        // One letter, or a letter and its accent.
        #expect(try login("Zo\u{EB}").key == login("zoe\u{308}").key)
        #expect(try login(String(repeating: "x", count: 200)).text.count == 200)
        for text in [
            "", "  ", "a\0b", "a\u{7}b", "a\nb", "a\u{200B}b", "a\u{202E}b", String(repeating: "x", count: 201),
        ] {
            #expect(LoginName(text) == nil, "\(text.debugDescription)")
        }
    }

    /// A program may start just when somebody opens the link that another one has printed.
    @Test func programsThatStartOfferTheSameFirstLinkUntilItEnds() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            let ends = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<6 { group.addTask { try await catalog.offerFirstLink { "link until \($0)" } } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(ends).count == 1)
            let end = try #require(ends.first ?? nil)
            #expect(try await catalog.link("link until \(end)")?.kind == .first)
            try await product.sql.query("UPDATE sign_in_links SET expires_at = now() - interval '1 second'")
            let next = try #require(try await catalog.offerFirstLink { "link until \($0)" })
            #expect(try await catalog.link("link until \(next)")?.kind == .first)
            // With another key to sign with, the same end gives another link.
            let other = try #require(try await catalog.offerFirstLink { "other until \($0)" })
            #expect(try await catalog.link("link until \(next)") == nil)
            #expect(try await catalog.link("other until \(other)")?.kind == .first)
        }
    }

    @Test func ofSeveralThatUseALinkItIsForOne() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            #expect(try await catalog.offerFirstLink { _ in "old" } != nil)
            #expect(try await catalog.offerFirstLink { _ in "first" } != nil)
            #expect(try await catalog.link("old") == nil)
            #expect(try await catalog.link("first")?.kind == .first)
            let firsts = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<6 {
                    let name = try login("admin\(number)")
                    group.addTask {
                        try await catalog.acceptFirst(
                            "first", person: UUIDv7.make(), login: name, name: "A", password: "hash")
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(firsts == 1)
            #expect(try await catalog.people(limit: 10, after: nil).map(\.isAdministrator) == [true])
            #expect(try await catalog.offerFirstLink { _ in "again" } == nil)
            #expect(try await catalog.members(of: "default", limit: 10, after: nil).map(\.role) == ["owner"])
            let person = try await catalog.addPerson(
                UUIDv7.make(), login: try login("bob"), name: "Bob", isAdministrator: false,
                memberships: [.init(workspace: "default", role: "reader")], digest: "invitation")
            let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        try await catalog.accept(
                            "invitation", person: person.id, name: nil, password: "hash\(number)")
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(accepted == 1)
            // A link of one is none of another; an old one is none at all.
            #expect(try await catalog.offerReset(to: person.id, "reset") == .reset)
            #expect(try await catalog.accept("reset", person: UUIDv7.make(), name: nil, password: "x") == false)
            try await product.sql.query("UPDATE sign_in_links SET expires_at = now()")
            #expect(try await catalog.link("reset") == nil)
            #expect(try await catalog.accept("reset", person: person.id, name: nil, password: "x") == false)
        }
    }

    @Test func aResetEndsSessionsAndTheOldPasswordBeginsNoMore() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            let ann = try await added("ann", catalog)
            let session = try await session(of: ann, refresh: "r", catalog)
            #expect(try await catalog.offerReset(to: ann, "reset") == .reset)
            #expect(try await catalog.standing(ofSession: session)?.person == ann)
            #expect(try await catalog.accept("reset", person: ann, name: "Ann", password: "new"))
            #expect(try await catalog.standing(ofSession: session) == nil)
            #expect(try await catalog.person(ann)?.name == "Ann")
            // Verified before, and begun after.
            let late = try await catalog.addSession(
                UUIDv7.make(), of: ann, by: .password("hash"), refresh: "x", userAgent: "", address: "")
            #expect(late == false)
            #expect(try await catalog.sessions(of: ann).isEmpty)
        }
    }

    private func later(_ digest: String) -> Bool { true }
    private func never(_ digest: String) -> Bool { false }

    @Test func twoRefreshesSideBySideGetTheSameSuccessor() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            let ann = try await added("ann", catalog)
            let session = try await session(of: ann, refresh: "r0", catalog)
            let outcomes = try await withThrowingTaskGroup(of: CatalogDatabase.Rotation.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await catalog.rotate(session, given: "r0", successors: ["r1", "other"], cameBefore: later)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == [CatalogDatabase.Rotation](repeating: .done(person: ann, refresh: "r1"), count: 8))
            #expect(
                try await catalog.rotate(session, given: "r1", successors: ["r2"], cameBefore: later)
                    == .done(person: ann, refresh: "r2"))
            // The one before the last: somebody else has it.
            #expect(
                try await catalog.rotate(session, given: "never", successors: ["r1"], cameBefore: never)
                    == .refused(ended: nil))
            #expect(try await catalog.sessions(of: ann).count == 1)
            #expect(
                try await catalog.rotate(session, given: "r0", successors: ["r1"], cameBefore: later)
                    == .refused(ended: ann))
            #expect(
                try await catalog.rotate(session, given: "r2", successors: ["r3"], cameBefore: later)
                    == .refused(ended: nil))
            #expect(try await catalog.sessions(of: ann).isEmpty)
        }
    }

    @Test func anOldRefreshTokenEndsTheSessionAfterHalfAMinute() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            let ann = try await added("ann", catalog)
            let session = try await session(of: ann, refresh: "r0", catalog)
            #expect(
                try await catalog.rotate(session, given: "r0", successors: ["r1"], cameBefore: later)
                    == .done(person: ann, refresh: "r1"))
            #expect(
                try await catalog.rotate(session, given: "r0", successors: ["r1"], cameBefore: later)
                    == .done(person: ann, refresh: "r1"))
            try await product.sql.query("UPDATE sessions SET previous_until = now()")
            #expect(
                try await catalog.rotate(session, given: "r0", successors: ["r1"], cameBefore: later)
                    == .refused(ended: ann))
            #expect(try await catalog.sessions(of: ann).isEmpty)
            #expect(
                try await catalog.rotate("no id", given: "r0", successors: ["r1"], cameBefore: later)
                    == .refused(ended: nil))
        }
    }

    @Test func theLastAdministratorStays() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            let ann = try await added("ann", isAdministrator: true, catalog)
            let off = try await added("off", isAdministrator: true, catalog)
            #expect(try await catalog.changePerson(off, isActive: false)?.isActive == false)
            await #expect(throws: PeopleRefusal.lastAdministrator) { try await catalog.deletePerson(ann) }
            await #expect(throws: PeopleRefusal.lastAdministrator) {
                try await catalog.changePerson(ann, isAdministrator: false)
            }
            await #expect(throws: PeopleRefusal.lastAdministrator) {
                try await catalog.changePerson(ann, isActive: false)
            }
            #expect(try await catalog.changePerson(ann, name: "A", isAdministrator: true)?.name == "A")
            #expect(try await catalog.deletePerson(off))
            // Of several who go at the same time one is left.
            var administrators = [ann]
            for number in 0..<5 {
                administrators.append(try await added("b\(number)", isAdministrator: true, catalog))
            }
            let refused = await withTaskGroup(of: Bool.self) { group in
                for (index, person) in administrators.enumerated() {
                    group.addTask {
                        do {
                            switch index % 3 {
                            case 0: _ = try await catalog.deletePerson(person)
                            case 1: _ = try await catalog.changePerson(person, isAdministrator: false)
                            default: _ = try await catalog.changePerson(person, isActive: false)
                            }
                            return false
                        } catch { return error as? PeopleRefusal == .lastAdministrator }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(refused == 1)
            let left = try await catalog.people(limit: 10, after: nil).filter { $0.isAdministrator && $0.isActive }
            #expect(left.count == 1)
        }
    }

    @Test func theLastOwnerStaysUnlessAnAdministratorSaysSo() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            var owners: [String] = []
            for number in 0..<4 {
                owners.append(
                    try await added("o\(number)", in: [.init(workspace: "default", role: "owner")], catalog))
            }
            let refused = await withTaskGroup(of: Bool.self) { group in
                for (index, person) in owners.enumerated() {
                    group.addTask {
                        do {
                            if index % 2 == 0 {
                                _ = try await catalog.removeMember(person, from: "default", leavesOwnerless: false)
                            } else {
                                _ = try await catalog.setMember(
                                    person, .init(workspace: "default", role: "editor"), leavesOwnerless: false)
                            }
                            return false
                        } catch { return error as? PeopleRefusal == .lastOwner }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(refused == 1)
            let members = try await catalog.members(of: "default", limit: 10, after: nil)
            let last = try #require(members.first { $0.role == "owner" })
            #expect(members.filter { $0.role == "owner" }.count == 1)
            #expect(try await catalog.removeMember(last.person, from: "default", leavesOwnerless: true))
            #expect(try await catalog.removeMember(last.person, from: "default", leavesOwnerless: true) == false)
            let nobody = try await catalog.setMember(
                UUIDv7.make(), .init(workspace: "default", role: "owner"), leavesOwnerless: true)
            #expect(nobody == nil)
        }
    }

    @Test func attemptsAreCountedHoweverManyComeSideBySide() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            let name = try login("ann")
            let waits = try await withThrowingTaskGroup(of: Int?.self) { group in
                for _ in 0..<20 { group.addTask { try await catalog.beginSignIn(name) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(waits.filter { $0 == nil }.count == 5)
            #expect(waits.compactMap { $0 }.allSatisfy { (1...2).contains($0) })
            #expect(try await catalog.beginSignIn(try login("bob")) == nil)
            // Each failure more doubles the time, up to a quarter of an hour.
            var last: [Int] = []
            for _ in 0..<10 {
                try await product.sql.query("UPDATE sign_in_failures SET locked_until = now()")
                #expect(try await catalog.beginSignIn(name) == nil)
                last.append(try await catalog.beginSignIn(name) ?? 0)
            }
            #expect(last == [4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
            try await catalog.endSignIn(name)
            #expect(try await catalog.beginSignIn(name) == nil)
            // No name is readable there.
            #expect(try await product.sql.query("SELECT 1 FROM sign_in_failures WHERE login LIKE '%ann%'").isEmpty)
            try await product.sql.query("UPDATE sign_in_failures SET updated_at = now() - interval '7 hours'")
            #expect(try await catalog.beginSignIn(name) == nil)
            #expect(try await product.sql.query("SELECT 1 FROM sign_in_failures").count == 1)
        }
    }

    @Test func namesAreTakenOnceAndWorkspacesHaveToBeThere() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            _ = try await added("Ann", catalog)
            await #expect(throws: PeopleRefusal.loginTaken) { try await added("ANN", catalog) }
            await #expect(throws: PeopleRefusal.noWorkspace("nowhere")) {
                try await added("bob", in: [.init(workspace: "nowhere", role: "owner")], catalog)
            }
            #expect(try await catalog.people(limit: 10, after: nil).count == 1)
            let owner = try await added("owner", catalog)
            #expect(try await catalog.addWorkspace("team", name: "Team", owner: owner).role == "owner")
            await #expect(throws: PeopleRefusal.workspaceTaken("team")) {
                try await catalog.addWorkspace("team", name: "T", owner: owner)
            }
            #expect(try await catalog.workspaces(of: owner, isAdministrator: false).map(\.id) == ["team"])
            #expect(try await catalog.workspaces(of: owner, isAdministrator: true).map(\.id) == ["default", "team"])
            #expect(try await catalog.workspaces(of: nil, isAdministrator: true).first?.name == "First workspace")
        }
    }

    @Test func aPersonHasOnlySoManySessionsAndKeys() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog.index
            let ann = try await added("ann", catalog)
            let first = try await session(of: ann, refresh: "r", catalog)
            try await product.sql.query("UPDATE sessions SET last_used_at = now() - interval '1 hour'")
            for _ in 0..<100 { _ = try await session(of: ann, refresh: "r", catalog) }
            #expect(try await catalog.sessions(of: ann).count == 100)
            #expect(try await catalog.standing(ofSession: first) == nil)
            for number in 0..<100 {
                _ = try await catalog.addKey(
                    "k\(number)", secret: "s", of: ann, workspace: "default", name: "k", scopes: ["read"], days: nil)
            }
            await #expect(throws: PeopleRefusal.full(what: "keys of yours", limit: 100)) {
                try await catalog.addKey(
                    "more", secret: "s", of: ann, workspace: "default", name: "k", scopes: ["read"], days: nil)
            }
            #expect(try await catalog.deleteKey("k7", of: UUIDv7.make()) == false)
            #expect(try await catalog.deleteKey("k7", of: ann))
            #expect(try await catalog.deletePerson(ann))
            #expect(try await product.sql.query("SELECT 1 FROM sessions").isEmpty)
            #expect(try await product.sql.query("SELECT 1 FROM api_keys").isEmpty)
        }
    }
}
