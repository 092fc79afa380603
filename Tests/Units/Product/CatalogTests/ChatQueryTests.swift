import JSONCoding
import Testing

@testable import Catalog

/// What can be looked for.
@Suite struct ChatQueryTests {
    @Test(
        arguments: [
            nil, "", "   ", "!?", "…", String(repeating: "x", count: 301), String(repeating: "x", count: 65),
            String(repeating: "a ", count: 33), String(repeating: "水", count: 40),
        ] as [String?])
    func whatIsNoQueryIsRefusedByItsName(_ text: String?) {
        let error = #expect(throws: InvalidFields.self) { try ChatQuery(text) }
        #expect(error?.problems.map(\.field) == ["q"])
    }

    @Test(arguments: ["a", String(repeating: "x", count: 64), String(repeating: "a ", count: 32), "it's", "l'été"])
    func whatIsWithinTheLimitsIsOne(_ text: String) throws { #expect(try !ChatQuery(text).expression.isEmpty) }

    @Test func theExpressionSaysWhatBelongsTogether() throws {
        #expect(try ChatQuery("食堂は ").expression == "('食堂' <-> '堂は')")
        #expect(try ChatQuery("水").expression == "'水':*")
        #expect(try ChatQuery("договоры ").expression == "('договоры' | 'договор')")
    }

    @Test func placesAreOfTheTextAsWrittenAndNeverOverlap() throws {
        let query = try ChatQuery("食堂は pump")
        #expect(query.places(in: "e\u{301} 食堂は Pumps! 食堂") == [3..<6, 7..<12])
        #expect(query.places(in: "nothing").isEmpty)
        #expect(try ChatQuery("ab-1").places(in: "ab 2, ab-1; 1") == [6..<8, 9..<10])
    }

    @Test(arguments: ["", "1", "x_y_z_w", "0.1_2026-01-01T00:00:00.000Z_x_y", "nan_2026-01-01T00:00:00.000Z__"])
    func aPlaceThatIsNoneIsRefused(_ text: String) { #expect(ChatHit.Place(text) == nil) }
}
