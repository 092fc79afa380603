import Testing

@testable import ProductStack

/// Libraries that are older than they should be.
struct KnownHolesTests {
    /// deb-version(7), and pairs of Debian's own archive.
    @Test(arguments: [
        ("1.0", "1.1"), ("1.9", "1.10"), ("1.0~rc1", "1.0"), ("1.0~rc1", "1.0~rc2"), ("1.0", "1.0+deb12u1"),
        ("1.0-1", "1.0-1.1"),
        ("1.0-1~deb12u1", "1.0-1"), ("7.88.1-10", "7.88.1-10+deb12u4"), ("7.88.1-10+deb12u9", "7.88.1-10+deb12u10"),
        ("2.9.14+dfsg-1.3~deb12u1", "2.9.14+dfsg-1.3~deb12u5"), ("3.0.9-1", "3.0.19-1~deb12u2"), ("9.9", "1:0.1"),
        ("1.0a", "1.0b"), ("1.0a", "1.0+"), ("1.0", "1.0a"), ("7.88.1-10+deb12u15", "8.14.1-2"), ("1.2-3", "1.2.1-1"),
        ("", "0.1"),
    ])
    func versionsAreOrderedAsDebianOrdersThem(older: String, newer: String) {
        #expect(DebianVersion(older) < DebianVersion(newer) && !(DebianVersion(newer) < DebianVersion(older)))
        #expect(DebianVersion(older) != DebianVersion(newer))
    }

    @Test(arguments: [("1.0", "1.00"), ("0:1.0", "1.0"), ("1.0-0", "1.0"), ("1.01", "1.1")])
    func someAreTheSameInOtherWords(one: String, other: String) {
        #expect(DebianVersion(one) == DebianVersion(other))
    }

    private func entry(_ package: String, _ version: String, _ status: String = "install ok installed") -> String {
        "Package: \(package)\nStatus: \(status)\nPriority: optional\nVersion: \(version)\nDescription: x\n Version: 0\n"
    }

    @Test func whatIsTooOldIsNamedWithTheReason() {
        let status = [
            entry("libcurl4", "7.88.1-10+deb12u5"), entry("libxml2", "2.9.14+dfsg-1.3~deb12u5"),
            entry("unknown", "0.1"),
            entry("libssl3", "3.0.8-1", "deinstall ok config-files"), entry("libc6", "2.41-12"),
        ].joined(separator: "\n")
        let old = KnownHoles.old(in: status)
        #expect(old.count == 1)
        #expect(old.first?.contains("libcurl4 7.88.1-10+deb12u5 is older than 7.88.1-10+deb12u15") == true)
        #expect(old.first?.contains("CVE-") == true)
        #expect(KnownHoles.old(in: "").isEmpty)
    }

    @Test func everyEntryNamesItsHoleOnce() {
        #expect(Set(KnownHoles.all.map(\.package)).count == KnownHoles.all.count)
        for known in KnownHoles.all {
            #expect(known.hole.hasPrefix("CVE-"))
            let old = KnownHoles.old(in: entry(known.package, "0"))
            #expect(old.count == 1 && KnownHoles.old(in: entry(known.package, known.fixedIn)).isEmpty)
        }
    }
}
