import HTTPMessages
import JSONCoding
import TestSupport
import Testing

/// Tenants and databases.
@Suite struct TenantTests {
    private static let tenants = "/api/v2/tenants"

    @Test func makesATenantOnce() async throws {
        try await APIFixture.with { fixture in
            #expect(try await fixture.call(.post, Self.tenants, ["name": "acme"]).json == [:])
            let again = try await fixture.call(.post, Self.tenants, ["name": "acme"])
            #expect(again.status == 409 && again.error == "ChromaError")
            #expect(again.message == "Tenant [acme] already exists")
            let read = try await fixture.call(.get, Self.tenants + "/acme")
            #expect(read.json == ["name": "acme", "resource_name": nil])
            let missing = try await fixture.call(.get, Self.tenants + "/none")
            #expect(missing.status == 404 && missing.error == "NotFoundError")
            #expect(missing.message == "Tenant [none] not found")
        }
    }

    @Test(arguments: [
        ("{\"name\":\"ab\"}", 400), ("{\"name\":5}", 422), ("{}", 422), ("{\"name\":null}", 422),
        ("{\"name\":\"äb\"}", 200), ("{\"name\":\"a b/c\"}", 200), ("{\"name\":\"acme\",\"more\":1}", 200),
    ])
    func namesOfTenants(body: String, status: Int) async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.post, Self.tenants, bytes: Array(body.utf8))
            #expect(answer.status == status)
            if status == 400 { #expect(answer.message.hasPrefix("Validation error: name: ")) }
            if status == 422 {
                #expect(answer.message.hasPrefix("Failed to deserialize the JSON body into the target type: name"))
            }
        }
    }

    @Test func aResourceNameAddressesATenantsCollections() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection("docs")
            #expect(
                try await fixture.call(.patch, Self.tenants + "/default_tenant", ["resource_name": "outside"]).json
                    == [:])
            #expect(
                try await fixture.call(.get, Self.tenants + "/default_tenant").json["resource_name"] == "outside")
            // Nothing is said about a tenant that is not there.
            #expect(try await fixture.call(.patch, Self.tenants + "/none", ["resource_name": "x"]).status == 200)
            #expect(try await fixture.call(.patch, Self.tenants + "/default_tenant", [:]).status == 422)
            for tenant in ["outside", "default_tenant"] {
                let found = try await fixture.call(.get, "/api/v2/collections/\(tenant):default_database:docs")
                #expect(found.status == 200 && path.hasSuffix(found.json["id"]?.string ?? "?"))
            }
            #expect(try await fixture.call(.get, "/api/v2/collections/outside:default_database:none").status == 404)
        }
    }

    @Test(arguments: ["a", "a:b", "a:b:c:d", "::", "a::c"])
    func refusesMalformedResourceNames(crn: String) async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.get, "/api/v2/collections/" + crn)
            #expect(
                answer.status == 400 && answer.message.hasPrefix("Validation error: crn: CRN must be in the format"))
        }
    }

    @Test func databasesAreListedByName() async throws {
        try await APIFixture.with { fixture in
            let path = Self.tenants + "/default_tenant/databases"
            for name in ["zoo", "abc", "mid.dle"] {
                #expect(try await fixture.call(.post, path, ["name": .string(name)]).json == [:])
            }
            func names(_ query: String) async throws -> [String] {
                let list = try await fixture.call(.get, path + query).json.array ?? []
                return list.compactMap { $0["name"]?.string }
            }
            #expect(try await names("") == ["abc", "default_database", "mid.dle", "zoo"])
            #expect(try await names("?limit=2&offset=1") == ["default_database", "mid.dle"])
            #expect(try await names("?limit=0").isEmpty)
            #expect(try await names("?offset=9").isEmpty)
            for query in ["?limit=-1", "?limit=", "?offset=x", "?limit=4294967296"] {
                let answer = try await fixture.call(.get, path + query)
                #expect(answer.status == 400)
                #expect(answer.message.hasPrefix("Failed to deserialize query string: "))
            }
            #expect(try await fixture.call(.get, Self.tenants + "/nobody/databases").json == [])
        }
    }

    @Test func aDatabaseIsReadByItsName() async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.get, APIFixture.database)
            #expect(
                answer.json == [
                    "id": "00000000-0000-0000-0000-000000000000", "name": "default_database",
                    "tenant": "default_tenant",
                ])
            let missing = try await fixture.call(.get, Self.tenants + "/default_tenant/databases/none")
            #expect(missing.status == 404 && missing.message == "Database [none] not found. Are you sure it exists?")
            let short = try await fixture.call(.get, Self.tenants + "/default_tenant/databases/no")
            #expect(short.status == 400 && short.message == "database name must be at least 3 characters")
        }
    }

    @Test func namesOfDatabasesAreUniqueInTheirTenant() async throws {
        try await APIFixture.with { fixture in
            let first = Self.tenants + "/default_tenant/databases"
            let second = Self.tenants + "/elsewhere/databases"
            #expect(try await fixture.call(.post, first, ["name": "books"]).status == 200)
            let again = try await fixture.call(.post, first, ["name": "books"])
            #expect(again.status == 409 && again.message == "Database [books] already exists")
            // A tenant that nobody made is no error.
            #expect(try await fixture.call(.post, second, ["name": "books"]).status == 200)
            let bad = try await fixture.call(.post, first, ["name": "a"])
            #expect(bad.status == 400 && bad.message.hasPrefix("Expected a name containing 3-512 characters"))
        }
    }

    @Test func aDatabaseTakesItsCollectionsAlong() async throws {
        try await APIFixture.with { fixture in
            let databases = Self.tenants + "/default_tenant/databases"
            _ = try await fixture.call(.post, databases, ["name": "books"])
            let made = try await fixture.call(.post, databases + "/books/collections", ["name": "docs"])
            let id = try #require(made.json["id"]?.string)
            #expect(try await fixture.call(.delete, databases + "/books").json == [:])
            let gone = try await fixture.call(.delete, databases + "/books")
            #expect(gone.status == 404 && gone.message == "Database [books] not found")
            let record = try await fixture.call(.post, databases + "/books/collections/\(id)/get", [:])
            #expect(record.status == 404 && record.message == "Collection [\(id)] does not exist.")
            #expect(try await fixture.call(.get, databases + "/books/collections_count").json == 0)
        }
    }

    @Test func nobodyListsOrDeletesTenants() async throws {
        try await APIFixture.with { (fixture) async throws in
            #expect(try await fixture.call(.get, Self.tenants).status == 405)
            #expect(try await fixture.call(.delete, Self.tenants + "/default_tenant").status == 405)
        }
    }
}
