import Settings
import Telemetry
import Testing

@Suite struct SettingsReaderTests {
    @Test func whatIsSetIsRead() throws {
        var settings = SettingsReader([
            "TEXT": "a", "EMPTY": "", "URL": "https://h:1/v1/", "NUMBER": "42", "APUS_LOG": "warning", "SECRET": "s",
        ])
        #expect(settings.optional("TEXT") == "a")
        #expect(settings.optional("EMPTY") == nil && settings.optional("ABSENT") == nil)
        #expect(settings.required("TEXT", "a text") == "a")
        #expect(settings.url("URL") == "https://h:1/v1")
        #expect(settings.url("ABSENT", default: "http://127.0.0.1:8000") == "http://127.0.0.1:8000")
        #expect(settings.int("NUMBER", default: 1, in: 1...42) == 42)
        #expect(settings.int("ABSENT", default: 7, in: 1...42) == 7)
        #expect(settings.logLevel() == .warning)
        #expect(settings.secret("SECRET")?.value == "s" && settings.secret("EMPTY") == nil)
        try settings.finish()
    }

    @Test func everyProblemIsReportedAtOnceAndByName() {
        var settings = SettingsReader([
            "A_URL": "ftp://x", "A_NUMBER": "many", "TOO_MUCH": "43", "APUS_LOG": "loud",
            "A_KEY": "@Microsoft.KeyVault(SecretUri=https://v/secrets/k)",
        ])
        _ = settings.required("MISSING", "the address of the database")
        _ = settings.url("A_URL")
        _ = settings.url("NO_URL")
        #expect(settings.int("A_NUMBER", default: 5, in: 1...42) == 5)
        #expect(settings.int("TOO_MUCH", default: 5, in: 1...42) == 5)
        #expect(settings.logLevel() == .info)
        settings.add("OWN", "is wrong in its own way")
        let error = #expect(throws: SettingsError.self) { try settings.finish() }
        let problems = error?.problems ?? []
        let names = ["MISSING", "A_URL", "NO_URL", "A_NUMBER", "TOO_MUCH", "APUS_LOG", "A_KEY", "OWN"]
        #expect(problems.count == names.count)
        for name in names {
            #expect(problems.count { $0.hasPrefix(name + " ") } == 1, "\(name)")
            #expect(error?.description.contains("  * \(name) ") == true)
        }
        // What is wrong is said with the bound or the meaning, so that it can be put right.
        #expect(problems.contains { $0.contains("the address of the database") })
        #expect(problems.contains { $0.contains("1 to 42") })
    }

    @Test(arguments: ["4 2", "4.2", "0x2A", "", "99999999999999999999", "-1", "４２"])
    func numbersAreWholeAndWithinBounds(text: String) {
        var settings = SettingsReader(["N": text])
        #expect(settings.int("N", default: 3, in: 0...100) == 3)
        // Empty is as good as missing; anything else is a problem.
        if text.isEmpty {
            #expect(throws: Never.self) { try settings.finish() }
        } else {
            #expect(throws: SettingsError.self) { try settings.finish() }
        }
    }

    @Test func aReferenceThatWasNotResolvedIsAProblemWhoeverReadsIt() {
        let settings = SettingsReader(["UNUSED": "@Microsoft.KeyVault(VaultName=v;SecretName=s)"])
        let error = #expect(throws: SettingsError.self) { try settings.finish() }
        #expect(error?.problems.first?.contains("Key Vault") == true)
    }

    @Test func aSecretIsNeverShown() {
        let secret = Secret("hunter2")
        #expect("\(secret)" == "***")
        #expect(String(reflecting: secret) == "***")
        #expect("\([secret])" == "[***]")
        #expect(secret.value == "hunter2")
    }

    @Test func problemsDoNotRepeatValues() {
        var settings = SettingsReader(["A_URL": "hunter2", "A_NUMBER": "hunter2", "APUS_LOG": "hunter2"])
        _ = settings.url("A_URL")
        _ = settings.int("A_NUMBER", default: 1, in: 1...2)
        _ = settings.logLevel()
        let error = #expect(throws: SettingsError.self) { try settings.finish() }
        #expect(error?.description.contains("hunter2") == false)
    }
}
