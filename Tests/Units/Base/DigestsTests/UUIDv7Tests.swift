import Digests
import Testing

/// RFC 9562.
@Suite struct UUIDv7Tests {
    /// Appendix A.6: 22 February 2022, 19:22:22 UTC.
    @Test func theStandardsExample() {
        let random: [UInt8] = [0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F]
        #expect(
            UUIDv7.make(milliseconds: 0x017F_22E2_79B0, random: random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    /// Section 5.7: 48 bits of time, version 7, variant 10.
    @Test(arguments: [UInt64(0), 1, 1_700_000_000_000, 0xFFFF_FFFF_FFFF])
    func timeVersionAndVariantAreInTheirPlaces(time: UInt64) {
        for random in [[UInt8](repeating: 0, count: 10), [UInt8](repeating: 0xFF, count: 10)] {
            let id = UUIDv7.make(milliseconds: time, random: random)
            let digits = Array(id.filter { $0 != "-" })
            #expect(UInt64(String(digits[..<12]), radix: 16) == time)
            #expect(digits[12] == "7")
            #expect("89ab".contains(digits[16]))
            #expect(UUIDv7.isValid(id))
        }
    }

    @Test func laterOnesSortBehindEarlierOnes() {
        let random = [UInt8](repeating: 0xFF, count: 10)
        let none = [UInt8](repeating: 0, count: 10)
        #expect(UUIDv7.make(milliseconds: 5, random: random) < UUIDv7.make(milliseconds: 6, random: none))
        #expect(UUIDv7.make(milliseconds: 255, random: random) < UUIDv7.make(milliseconds: 256, random: none))
    }

    @Test func newOnesAreValidAndDiffer() {
        let ids = (0..<1000).map { _ in UUIDv7.make() }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { UUIDv7.isValid($0) })
        // The year 2020 and the year 2100 in milliseconds.
        let time = UInt64(ids[0].filter { $0 != "-" }.prefix(12), radix: 16) ?? 0
        #expect((1_577_836_800_000..<4_102_444_800_000).contains(time))
    }

    @Test func aDerivedOneIsAlwaysTheSameAndKeepsItsPlaceInTime() {
        let id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
        let answer = UUIDv7.derived(from: id, purpose: "answer")
        #expect(answer == UUIDv7.derived(from: id, purpose: "answer"))
        #expect(answer != UUIDv7.derived(from: id, purpose: "question"))
        #expect(answer != id)
        #expect(answer.hasPrefix("017f22e2-79b0-7"))
        #expect(UUIDv7.isValid(answer))
    }

    /// Section 5.4: version 4, variant 10.
    @Test func aRandomOneIsOfVersionFour() {
        for _ in 0..<50 {
            let digits = Array(UUIDv7.random())
            #expect(digits[14] == "4" && "89ab".contains(digits[19]))
        }
    }

    @Test(arguments: [
        "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "017f22e279b07cc398c4dc0c0c07398f----", "017f22e2-79b0-7cc3-98c4-dc0c0c0739\u{e9}",
    ])
    func anythingElseIsNone(text: String) { #expect(!UUIDv7.isValid(text)) }
}
