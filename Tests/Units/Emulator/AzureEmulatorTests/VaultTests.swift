import HTTPMessages
import JSONCoding
import Testing

@testable import AzureEmulator

/// Key Vault's secrets: versions, attributes, lists, deletion and recovery, backups, who may read.
@Suite struct VaultTests {
    private let services: Services

    init() throws { services = try Services() }

    private func set(_ name: String, _ value: String) async throws -> String {
        let answer = try await services.vault(.put, "/secrets/\(name)", ["value": .string(value)])
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["id"]?.string?.split(separator: "/").last.map(String.init) ?? ""
    }

    private func names(_ answer: Answer) -> [String] {
        (answer.json["value"]?.array ?? []).compactMap { $0["id"]?.string?.split(separator: "/").last.map(String.init) }
    }

    @Test func theNewestVersionIsTheSecret() async throws {
        let first = try await set("Name", "one")
        let second = try await set("Name", "one")
        #expect(first != second && first.utf8.count == 32)
        let got = try await services.vault(.get, "/secrets/Name").json
        #expect(got["value"] == "one" && got["id"]?.string == "http://127.0.0.1/secrets/Name/" + second)
        _ = try await set("Name", "two")
        #expect(try await services.vault(.get, "/secrets/Name/").json["value"] == "two")
        #expect(try await services.vault(.get, "/secrets/Name/" + first).json["value"] == "one")
        #expect(try await services.vault(.get, "/secrets/Name/" + String(repeating: "0", count: 32)).status == 404)
        // Names compare without case, and keep their first spelling.
        #expect(try await services.vault(.get, "/secrets/nAME").json["value"] == "two")
        _ = try await set("NAME", "three")
        #expect(names(try await services.vault(.get, "/secrets")) == ["Name"])
        #expect(try await services.vault(.get, "/secrets/name/versions").json["value"]?.array?.count == 4)
    }

    @Test func attributesAreSetAndChanged() async throws {
        let made = try await services.vault(
            .put, "/secrets/a",
            [
                "value": "v", "contentType": "text/plain", "tags": ["k": "v"],
                "attributes": ["enabled": true, "nbf": 1_700_000_000, "exp": 1_800_000_000],
            ]
        ).json
        #expect(made["contentType"] == "text/plain" && made["tags"] == ["k": "v"])
        let attributes = try #require(made["attributes"])
        #expect(attributes["nbf"] == 1_700_000_000 && attributes["exp"] == 1_800_000_000)
        #expect(attributes["recoveryLevel"] == "Recoverable+Purgeable" && attributes["recoverableDays"] == 90)
        #expect(attributes["created"] == attributes["updated"] && attributes["created"]?.int != nil)
        services.clock.advance(milliseconds: 5_000)
        let changed = try await services.vault(.patch, "/secrets/a/", ["contentType": "x/y"]).json
        #expect(changed["value"] == nil && changed["contentType"] == "x/y" && changed["tags"] == ["k": "v"])
        #expect((changed["attributes"]?["updated"]?.int ?? 0) > (attributes["updated"]?.int ?? .max))
        // Times are kept and not enforced.
        #expect(try await services.vault(.get, "/secrets/a").json["value"] == "v")
        #expect(try await services.vault(.patch, "/secrets/none", ["contentType": "x"]).outcome == "404 SecretNotFound")
    }

    @Test func disabledSecretsAreNotRead() async throws {
        _ = try await set("a", "v")
        _ = try await services.vault(.patch, "/secrets/a", ["attributes": ["enabled": false]])
        let refused = try await services.vault(.get, "/secrets/a")
        #expect(refused.outcome == "403 Forbidden")
        #expect(refused.json["error"]?["innererror"]?["code"] == "SecretDisabled")
        #expect(names(try await services.vault(.get, "/secrets")) == ["a"])
    }

    private static let bad: [(String, JSONObject)] = [
        ("a_b", ["value": "v"]), ("a.b", ["value": "v"]), (String(repeating: "n", count: 128), ["value": "v"]),
        ("a", [:]), ("a", ["value": 1]), ("a", ["value": .string(String(repeating: "v", count: 25_601))]),
        ("a", ["value": "v", "contentType": .string(String(repeating: "c", count: 256))]),
        ("a", ["value": "v", "tags": .object(["k": .string(String(repeating: "t", count: 513))])]),
        ("a", ["value": "v", "tags": .array([1])]),
    ]

    @Test(arguments: bad)
    func secretsThatCannotBe(name: String, body: JSONObject) async throws {
        #expect(try await services.vault(.put, "/secrets/" + name, .object(body)).outcome == "400 BadParameter")
        #expect(names(try await services.vault(.get, "/secrets")).isEmpty)
    }

    @Test func valuesOf25KilobytesAreTheLargest() async throws {
        _ = try await set("a", String(repeating: "v", count: 25_600))
        _ = try await set(String(repeating: "n", count: 127), "")
    }

    @Test func listsComeInPagesAtTheAddressThatWasAsked() async throws {
        for number in 0..<30 { _ = try await set("s\(number)", "v") }
        let first = try await services.vault(.get, "/secrets")
        #expect(names(first).count == 25 && first.json["value"]?[0]?["value"] == nil)
        var all = names(first)
        var next = first.json["nextLink"]?.string
        while let link = next {
            #expect(link.hasPrefix("http://127.0.0.1/secrets?"))
            let token = try await services.token("https://vault.azure.net")
            let page = await services.send(
                .vault, .get, HTTPTarget(url: link).text, ["Authorization": "Bearer \(token)"])
            all += names(page)
            next = page.json["nextLink"]?.string
        }
        #expect(Set(all) == Set((0..<30).map { "s\($0)" }) && all.count == 30)
        #expect(names(try await services.vault(.get, "/secrets?maxresults=3")).count == 3)
        for size in ["0", "26", "x"] {
            #expect(try await services.vault(.get, "/secrets?maxresults=\(size)").outcome == "400 BadParameter")
        }
    }

    @Test func deletedSecretsCanBeRecovered() async throws {
        _ = try await set("a", "one")
        _ = try await set("a", "two")
        let deleted = try await services.vault(.delete, "/secrets/a").json
        let date = try #require(deleted["deletedDate"]?.int)
        #expect(deleted["scheduledPurgeDate"]?.int == date + 90 * 86_400)
        #expect(deleted["recoveryId"] == "http://127.0.0.1/deletedsecrets/a")
        #expect(try await services.vault(.get, "/secrets/a").outcome == "404 SecretNotFound")
        #expect(names(try await services.vault(.get, "/secrets")).isEmpty)
        #expect(names(try await services.vault(.get, "/deletedsecrets")) == ["a"])
        let taken = try await services.vault(.put, "/secrets/a", ["value": "new"])
        #expect(taken.outcome == "409 Conflict")
        #expect(taken.json["error"]?["innererror"]?["code"] == "ObjectIsDeletedButRecoverable")
        #expect(try await services.vault(.delete, "/secrets/a").status == 404)
        #expect(try await services.vault(.post, "/deletedsecrets/a/recover").status == 200)
        #expect(try await services.vault(.get, "/secrets/a").json["value"] == "two")
        #expect(try await services.vault(.get, "/secrets/a/versions").json["value"]?.array?.count == 2)
        #expect(try await services.vault(.post, "/deletedsecrets/a/recover").outcome == "404 SecretNotFound")
    }

    @Test func purgedSecretsAreGone() async throws {
        _ = try await set("a", "one")
        #expect(try await services.vault(.delete, "/deletedsecrets/a").status == 404)
        _ = try await services.vault(.delete, "/secrets/a")
        #expect(try await services.vault(.delete, "/deletedsecrets/a").status == 204)
        #expect(try await services.vault(.get, "/deletedsecrets/a").status == 404)
        _ = try await set("a", "new")
        #expect(try await services.vault(.get, "/secrets/a/versions").json["value"]?.array?.count == 1)
    }

    @Test func backupsHoldEveryVersion() async throws {
        _ = try await set("a", "one")
        _ = try await set("a", "two")
        let backup = try await services.vault(.post, "/secrets/a/backup").json
        #expect(try await services.vault(.post, "/secrets/restore", backup).outcome == "409 Conflict")
        _ = try await services.vault(.delete, "/secrets/a")
        _ = try await services.vault(.delete, "/deletedsecrets/a")
        #expect(try await services.vault(.post, "/secrets/restore", backup).status == 200)
        #expect(try await services.vault(.get, "/secrets/a").json["value"] == "two")
        #expect(try await services.vault(.get, "/secrets/a/versions").json["value"]?.array?.count == 2)
        #expect(try await services.vault(.post, "/secrets/restore", ["value": "x"]).outcome == "400 BadParameter")
    }

    @Test func withoutATokenThereIsAChallengeAndNothingElse() async throws {
        for method in [HTTPMethod.get, .put, .delete] {
            let answer = await services.send(.vault, method, "/secrets/a?api-version=7.4")
            #expect(answer.outcome == "401 Unauthorized")
            #expect(
                answer.fields["www-authenticate"]
                    == "Bearer authorization=\"https://login.microsoftonline.com/\(TokenAuthority.tenant)\", resource=\"https://vault.azure.net\""
            )
        }
        let other = try await services.token("https://storage.azure.com/")
        let refused = await services.send(
            .vault, .get, "/secrets?api-version=7.4", ["Authorization": "Bearer \(other)"])
        #expect(refused.status == 401)
        #expect(refused.fields["www-authenticate"]?.contains("error=\"invalid_token\"") == true)
        #expect(refused.text.contains("AKV10022"))
    }

    @Test(
        arguments: [
            ("7.4", 200), ("7.6", 200), ("2026-04-01", 200), ("2025-06-01-preview", 200), ("", 400), ("new", 400),
            ("8.0", 400),
        ] as [(String, Int)])
    func versionsOfTheInterface(version: String, status: Int) async throws {
        let token = try await services.token("https://vault.azure.net")
        let answer = await services.send(
            .vault, .get, "/secrets?api-version=" + version, ["Authorization": "Bearer \(token)"])
        #expect(answer.status == status)
    }

    @Test(arguments: ["/keys", "/certificates", "/secrets/a/b/c"] as [String])
    func whatIsNotThereSaysSo(path: String) async throws {
        #expect(try await services.vault(.get, path).outcome == "501 NotImplemented")
    }
}
