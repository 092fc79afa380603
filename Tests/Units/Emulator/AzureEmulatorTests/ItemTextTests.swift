import JSONCoding
import Testing

@testable import AzureEmulator

/// Items of which only some members are read are in these as they would be in the whole.
@Suite struct ItemTextTests {
    private func read(_ text: String, _ members: Set<String>?) throws -> JSONValue {
        try Array(text.utf8).withUnsafeBytes { bytes in
            try ItemText.parse(bytes, members: members.map { ItemText.Members($0) })
        }
    }

    @Test(
        arguments: [
            #"{"a":1,"b":"x","c":[1,{"a":"}"}],"d":{"e":"]"},"f":null,"g":true,"h":-1.5e3}"#,
            #"{"a":"\"","b":"\\","c":"\\\"","d":"a\\\\","e":"{[,:]}"}"#, #"{"a":{},"b":[],"c":"","":1}"#, "{}",
            #"{"ü😀":"\u00fc","b":"\ud83d\ude00"}"#, #"{"a\"b":1,"c":2}"#, #"{ "a" : 1 , "b" : [ 2 ] }"#,
            #"{"deep":[[[[[[{"x":[["\"]"]]}]]]]]],"after":1}"#,
        ] as [String])
    func membersAreThoseOfTheWhole(text: String) throws {
        let whole = try #require(try read(text, nil).object)
        for name in whole.names {
            #expect(try read(text, [name])[name] == whole[name], "\(name)")
            #expect(try read(text, [name, "none"])["none"] == nil)
        }
        #expect(try read(text, Set(whole.names)).object?.members.count == whole.members.count)
        #expect(try read(text, []) == [:])
    }

    @Test(arguments: ["", "[1", "{", #"{"a"}"#, #"{"a":1"#, #"{"a":1}x"#, #"{"a":"x}"#, #"{"a":"\"}"#] as [String])
    func otherTextIsAnError(text: String) {
        #expect(throws: JSONSyntaxError.self, "\(text)") { try read(text, ["a", "b"]) }
    }
}
