import FoundationEssentials
import HTTPMessages
import JSONCoding
import TestSupport
import Testing
import VectorServer

/// The web page's files.
@Suite struct SiteTests {
    private func with(_ body: (StaticSite, (String, HTTPFields) throws -> APIFixture.Answer) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/web/vendor", withIntermediateDirectories: true)
        for sub in ["css", "samples"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/web/\(sub)", withIntermediateDirectories: true)
        }
        for (name, content) in [
            ("index.html", "<!doctype html>"), ("docs.html", "<!doctype html>"), ("app.mjs", "export {}"),
            ("vendor/marked.js", "x"),
            (".secret.js", "no"),
            ("notes.exe", "no"), ("samples/report.html", "<p>Report"),
            ("css/app.css", String(repeating: ".message { color: var(--text); }\n", count: 100)),
        ] {
            try content.write(toFile: folder + "/web/" + name, atomically: true, encoding: .utf8)
        }
        try "outside".write(toFile: folder + "/outside.txt", atomically: true, encoding: .utf8)
        let site = StaticSite(directory: folder + "/web")
        try body(site) { path, fields in
            let request = HTTPRequest(
                method: .get, target: HTTPTarget(path), fields: fields, body: .bytes([]), id: "1")
            return try APIFixture.read(site.answer(request))
        }
    }

    @Test(arguments: [
        ("/", "text/html; charset=utf-8"), ("/index.html", "text/html; charset=utf-8"),
        ("/c/0190-chat", "text/html; charset=utf-8"), ("/documents", "text/html; charset=utf-8"),
        ("/settings", "text/html; charset=utf-8"), ("/docs", "text/html; charset=utf-8"),
        ("/docs/", "text/html; charset=utf-8"), ("/app.mjs", "text/javascript; charset=utf-8"),
        ("/vendor/marked.js", "text/javascript; charset=utf-8"), ("/app.mjs?v=1", "text/javascript; charset=utf-8"),
    ])
    func servesFilesAndViews(path: String, type: String) throws {
        try with { _, get in
            let answer = try get(path, [:])
            #expect(answer.status == 200 && answer.fields["content-type"] == type)
            #expect(answer.fields["x-content-type-options"] == "nosniff")
            #expect(answer.fields["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(answer.fields["x-frame-options"] == "DENY")
            // A file that is no page can do nothing by itself, and is told so in a few words.
            #expect(answer.fields["content-security-policy"]?.contains("script-src") == type.hasPrefix("text/html"))
            #expect((answer.fields["permissions-policy"] != nil) == type.hasPrefix("text/html"))
            #expect((answer.fields["cross-origin-opener-policy"] != nil) == type.hasPrefix("text/html"))
        }
    }

    @Test(arguments: [
        ("/none.html", 404), ("/app", 404), ("/docs/none", 404), ("/notes.exe", 404), ("/vendor", 404),
        ("/.secret.js", 400),
        ("/../outside.txt", 400), ("/%2e%2e/outside.txt", 400), ("/vendor/..%2F..%2Foutside.txt", 400),
        ("/a%00.html", 400), ("/a%5Cb.html", 400), ("/%FF.html", 400),
    ])
    func servesNothingElse(path: String, status: Int) throws {
        try with { _, get in
            let answer = try get(path, [:])
            #expect(answer.status == status)
        }
    }

    @Test func whoLooksAtAnAddressThatIsNoneGetsThePage() throws {
        try with { _, get in
            for path in ["/none", "/docs/none", "/c-none/more"] {
                let answer = try get(path, ["accept": "text/html,application/xhtml+xml;q=0.9"])
                #expect(answer.status == 404 && answer.fields["content-type"] == "text/html; charset=utf-8")
                #expect(answer.fields["content-security-policy"] != nil && answer.fields["cache-control"] == "no-store")
            }
            // Files, and programs, are told in the form of problems.
            for (path, accept) in [("/none.js", "text/html"), ("/none", "*/*")] {
                let answer = try get(path, ["accept": accept])
                #expect(answer.status == 404 && answer.fields["content-type"] == "application/problem+json")
            }
        }
    }

    @Test func browsersAskWhetherTheirCopyIsCurrent() throws {
        try with { _, get in
            let first = try get("/app.mjs", [:])
            let tag = try #require(first.fields["etag"])
            #expect(first.fields["cache-control"] == "no-cache")
            let again = try get("/app.mjs", ["if-none-match": tag])
            #expect(again.status == 304 && again.bytes.isEmpty && again.fields["etag"] == tag)
            #expect(try get("/app.mjs", ["if-none-match": "\"other\""]).status == 200)
            #expect(try get("/vendor/marked.js", [:]).fields["cache-control"] == "public, max-age=86400")
        }
    }

    @Test func whoTakesGzipGetsTextInIt() throws {
        try with { _, get in
            let plain = try get("/css/app.css", [:])
            #expect(plain.fields["content-encoding"] == nil && plain.fields["vary"] == "Accept-Encoding")
            for field in ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5"] {
                let small = try get("/css/app.css", ["accept-encoding": field])
                #expect(small.fields["content-encoding"] == "gzip" && small.bytes.count < plain.bytes.count / 4)
                let tag = try #require(small.fields["etag"])
                #expect(tag != plain.fields["etag"])
                let again = try get("/css/app.css", ["accept-encoding": field, "if-none-match": tag])
                #expect(again.status == 304 && again.bytes.isEmpty && again.fields["content-encoding"] == nil)
            }
            for field in ["", "br", "gzip;q=0", "xgzip"] {
                let answer = try get("/css/app.css", ["accept-encoding": field])
                #expect(answer.fields["content-encoding"] == nil && answer.bytes == plain.bytes)
            }
            // So little gets no smaller.
            #expect(try get("/vendor/marked.js", ["accept-encoding": "gzip"]).fields["content-encoding"] == nil)
        }
    }

    @Test func samplesAreBytesToBeFetchedAndNothingToLookAt() throws {
        try with { _, get in
            let answer = try get("/samples/report.html", ["accept-encoding": "gzip"])
            #expect(answer.status == 200 && answer.fields["content-type"] == "application/octet-stream")
            #expect(answer.fields["content-disposition"] == "attachment")
            #expect(answer.fields["content-encoding"] == nil)
        }
    }

    @Test func theFilesOfAnEditionAreThoseThatAreServed() throws {
        try with { _, get in
            let answer = try get("/shell.json", [:])
            #expect(answer.status == 200 && answer.fields["content-type"] == "application/json")
            let files = try #require(answer.json["files"]?.object)
            #expect(files.members.map(\.name) == ["/", "/css/app.css", "/vendor/marked.js"])
            for (path, digest) in files.members {
                #expect(try get(path, [:]).fields["etag"] == "\"\(digest.string ?? "")\"")
            }
            let tag = try #require(answer.fields["etag"])
            #expect(try get("/shell.json", ["if-none-match": tag]).status == 304)
        }
    }

    @Test func anotherFileMakesAnotherEdition() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/js/docs", withIntermediateDirectories: true)
        let site = StaticSite(directory: folder)
        func version() throws -> JSONValue? {
            let request = HTTPRequest(
                method: .get, target: HTTPTarget("/shell.json"), fields: [:], body: .bytes([]), id: "1")
            return try APIFixture.read(site.answer(request)).json["version"]
        }
        func write(_ text: String, _ name: String) throws {
            try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        }
        try write("1", "js/main.js")
        let first = try version()
        #expect(first?.string?.count == 24)
        #expect(try version() == first)
        // What only another page needs is no part of it.
        try write("1", "js/docs/main.js")
        try write("1", "notes.txt")
        #expect(try version() == first)
        try write("2", "js/main.js")
        let second = try version()
        #expect(second != first)
        try write("1", "js/more.js")
        #expect(try version() != second)
    }

    @Test func onlyReadingIsPossible() throws {
        try with { site, _ in
            for (method, status) in [(HTTPMethod.head, 200), (.post, 405), (.put, 405), (.delete, 405)] {
                let request = HTTPRequest(
                    method: method, target: HTTPTarget("/"), fields: [:], body: .bytes([]), id: "1")
                #expect(site.answer(request).status.rawValue == status)
            }
        }
    }
}
