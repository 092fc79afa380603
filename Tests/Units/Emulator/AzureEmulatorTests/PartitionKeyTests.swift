import JSONCoding
import Testing

@testable import AzureEmulator

@Suite struct PartitionKeyTests {
    @Test(arguments: [
        (JSONValue.string(""), "32E9366E637A71B4E710384B2F4970A0"), ("u2", "0D9BEA828BEFF90C9273C04B6C3A8002"),
        ("user-1", "17F831A32B85ABC84A1B2E0576A4641C"), ("ünï", "37D1742E5E4FEB586EBD12C0D62B2B66"),
        (.null, "378867E4430E67857ACE5C908374FE16"), (true, "0E711127C5B5A8E4726AC6DD306A3E59"),
        (false, "2FE1BE91E90A3439635E0E9E37361EF2"), (0, "155B95BEDAC4B1E9EC1CDC9BB0DDDE58"),
        (1, "20CD98B339BA78A5D0CF6953B87070B0"), (-1, "19938E7A936C1C5B9E3AE842BBC16839"),
        (1.5, "35C5DDEB6C795D16A9963C73C54E97BC"), (12.5, "07DF764FB9F920170F575121799C6829"),
    ])
    func hashesAsTheServiceDoes(value: JSONValue, expected: String) {
        #expect(PartitionKey([value]).effective == expected)
    }

    @Test func hashesUndefinedAndHierarchies() {
        #expect(PartitionKey([nil]).effective == "11622DAA78F835834610ABE56EFF5CB5")
        #expect(
            PartitionKey(["t", "u", "s"]).effective
                == "3B310042FC8EA24E4CB78FD8BFEDBAA7" + "29E7D08B5A25B26B4FB56A0F9A7E5DFD"
                + "301928A9CC667CC96854CF504941EA5E")
    }

    @Test func spellingsOfAKeyAreOneKey() throws {
        #expect(try PartitionKey(header: "[1.0]") == PartitionKey(header: "[1]"))
        #expect(try PartitionKey(header: "[\"\\u00fc\"]") == PartitionKey(header: "[\"ü\"]"))
        #expect(try PartitionKey(header: "[{}]") == PartitionKey([nil]))
        #expect(PartitionKey([nil]).text != PartitionKey([.null]).text)
        #expect(throws: CosmosFailure.self) { try PartitionKey(header: "1") }
        #expect(try PartitionKey(header: "[-9223372036854775808]") == PartitionKey([.double(-0x1p63)]))
    }

    @Test(arguments: [1, 2, 4])
    func rangesCoverEverythingOnce(count: Int) {
        let ranges = PartitionRanges(count: count).ranges
        #expect(ranges.count == count && ranges.first?.minimum == "" && ranges.last?.maximum == "FF")
        for (one, next) in zip(ranges, ranges.dropFirst()) { #expect(one.maximum == next.minimum) }
    }
}
