import HTTPMessages
import Settings
import Testing

@testable import RequestGuards

/// The names under which a server may be asked.
@Suite struct HostTests {
    @Test(arguments: [
        // Names that cannot lead anywhere else.
        ("localhost", true), ("LOCALHOST:8080", true), ("localhost.", true), ("a.localhost", true),
        ("team.vault.localhost:8443", true), ("devstoreaccount1.blob.localhost:10000", true),
        ("localhost:", true), ("127.0.0.1", true), ("127.0.0.1:65535", true), ("127.9.8.7", true), ("[::1]", true),
        ("[::1]:8080", true),
        // Names of others, and what only looks like ours.
        ("evil.example", false), ("evil.example:8080", false), ("localhost.evil.example", false),
        ("127.0.0.1.evil.example", false), ("127.evil", false), ("notlocalhost", false), (".localhost.evil", false),
        ("128.0.0.1", false), ("192.0.2.7", false), ("198.51.100.1:8080", false), ("0.0.0.0", false),
        ("[2001:db8::1]", false), ("[::]", false), ("2130706433", false), ("0x7f000001", false), ("0177.0.0.1", false),
        // What is no host at all.
        ("", false), (":8080", false), ("localhost:x", false), ("localhost:99999", false),
        ("localhost:80:80", false), ("[::1", false), ("[::1]x", false), ("[localhost]", false), ("[]", false),
        ("a@localhost", false), ("localhost/", false), ("localhost evil.example", false), ("http://localhost", false),
        ("localhost,evil.example", false), ("lo\u{430}lhost", false), ("[fe80::1%25eth0]", false),
        (String(repeating: "a", count: 300) + ".localhost", false),
    ])
    func thisMachinesNamesAreAdmittedAndNoOthers(host: String, isAdmitted: Bool) {
        #expect(AllowedHosts().admits(host) == isAdmitted)
    }

    private func hosts(_ value: String) throws -> AllowedHosts {
        var settings = SettingsReader([AllowedHosts.setting: value])
        let hosts = AllowedHosts(&settings)
        try settings.finish()
        return hosts
    }

    @Test(arguments: [
        ("docs.example.org", "docs.example.org", true), ("docs.example.org", "DOCS.EXAMPLE.ORG.:443", true),
        ("docs.example.org", "a.docs.example.org", false), ("docs.example.org", "example.org", false),
        ("docs.example.org", "localhost", true), (" a.example , b.example,", "b.example", true),
        ("*.example.org", "a.example.org", true), ("*.example.org", "a.b.example.org:8080", true),
        ("*.example.org", "example.org", false), ("*.example.org", "evilexample.org", false),
        ("*.example.org", "example.org.evil", false), ("vm", "vm:8000", true), ("my_service", "my_service", true),
        ("198.51.100.1", "198.51.100.1:80", true), ("*", "anything.example", true), ("*", "192.0.2.7", true),
        ("[2001:db8::1]", "[2001:DB8::1]:80", true), ("", "docs.example.org", false),
    ])
    func namedOnesAreAdmitted(setting: String, host: String, isAdmitted: Bool) throws {
        #expect(try hosts(setting).admits(host) == isAdmitted)
    }

    @Test(arguments: [
        "https://docs.example.org", "docs.example.org:443", "a b.example/x", "*example.org", "a.*.org", "**",
    ])
    func whatIsNoNameIsAProblemOfTheSetting(value: String) throws {
        let error = #expect(throws: SettingsError.self) { try hosts("good.example," + value) }
        #expect(error?.problems.count == 1 && error?.problems.first?.contains(AllowedHosts.setting) == true)
    }

    @Test func addressesOfThisMachineAreItsOwn() {
        #expect(
            LocalAddress.isOurs("127.0.0.1") && LocalAddress.isOurs("127.255.255.254") && LocalAddress.isOurs("::1"))
        for other in ["192.0.2.1", "0.0.0.0", "::", "2001:db8::1", "256.0.0.1", "1.2.3", "", "x", "1.2.3.4.5"] {
            #expect(!LocalAddress.isOurs(other), "\(other)")
        }
    }
}
