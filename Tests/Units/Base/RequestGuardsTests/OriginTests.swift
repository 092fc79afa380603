import RequestGuards
import Settings
import Testing

/// Other web sites whose pages may use a server.
@Suite struct OriginTests {
    private func origins(_ value: String) throws -> [String] {
        var settings = SettingsReader([AllowedOrigins.setting: value])
        let origins = AllowedOrigins(&settings)
        try settings.finish()
        return origins.all
    }

    @Test(arguments: [
        ("", []), ("https://a.example", ["https://a.example"]), ("HTTPS://A.example", ["https://a.example"]),
        ("https://a.example:443, http://b.example:80", ["https://a.example", "http://b.example"]),
        ("http://localhost:5173,http://localhost:5173", ["http://localhost:5173"]),
        ("http://[::1]:8000", ["http://[::1]:8000"]),
    ])
    func originsAreReadAsBrowsersWriteThem(value: String, expected: [String]) throws {
        #expect(try origins(value) == expected)
    }

    @Test(arguments: [
        "*", "null", "a.example", "https://a.example/", "https://a.example/page", "https://*.a.example",
        "ftp://a.example",
        "https://", "https://a.example:99999", "https://u@a.example", "https://a.example?x",
    ])
    func whatIsNoOriginIsAProblemOfTheSetting(value: String) throws {
        let error = #expect(throws: SettingsError.self) { try origins("https://good.example," + value) }
        #expect(error?.problems.count == 1 && error?.problems.first?.contains(AllowedOrigins.setting) == true)
    }

    @Test func aListHasALimit() {
        let many = (0...100).map { "https://a\($0).example" }.joined(separator: ",")
        #expect(throws: SettingsError.self) { try origins(many) }
    }
}
