import FoundationEssentials
import JSONCoding
import Testing

@testable import CosmosQuery

/// The tables of docs/parts/azure-emulator.md say of every clause and function whether it is there. They are right, and nothing
/// is left out.
@Suite struct LanguageListTests {
    /// The rows of the table whose head begins with a word: the cells of each.
    private static func table(_ head: String) throws -> [[String]] {
        let path = #filePath.split(separator: "/Tests/")[0] + "/docs/parts/azure-emulator.md"
        let data = try #require(FileManager.default.contents(atPath: String(path)))
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("| \(head) |") })
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            // A bar within a cell is written `\|`.
            line.replacing("\\|", with: "\u{0}").split(separator: "|", omittingEmptySubsequences: false).dropFirst()
                .map { cell in
                    String(cell.replacing("\u{0}", with: "|")).trimmed
                }
        }
    }

    private static func names(_ cell: String) -> [String] {
        cell.split(separator: " ").map { String($0.filter { $0 != "`" }) }
    }

    /// The functions of the service's documentation: "System functions", "Full text search functions", "Aggregation
    /// functions" (November 2026).
    private static let documented = """
        ABS ACOS AGO ARRAY_AVG ARRAY_CONCAT ARRAY_CONTAINS ARRAY_CONTAINS_ALL ARRAY_CONTAINS_ANY ARRAY_LENGTH ARRAY_MAX
        ARRAY_MEDIAN ARRAY_MIN ARRAY_SLICE ARRAY_SUM ASIN ATAN ATN2 AVG CEILING CHOOSE CONCAT CONTAINS CONTAINS_ALL_CI
        CONTAINS_ALL_CS CONTAINS_ANY_CI CONTAINS_ANY_CS COS COT COUNT DATETIMEADD DATETIMEBIN DATETIMEDIFF DATETIMEFORMAT
        DATETIMEFROMPARTS DATETIMEPART DATETIMETOTICKS DATETIMETOTIMESTAMP DAY DEGREES DOCUMENTID ENDSWITH EXP FLOOR
        FULLTEXTCONTAINS FULLTEXTCONTAINSALL FULLTEXTCONTAINSANY FULLTEXTSCORE GETCURRENTDATETIME
        GETCURRENTDATETIMESTATIC GETCURRENTTICKS GETCURRENTTICKSSTATIC GETCURRENTTIMESTAMP GETCURRENTTIMESTAMPSTATIC IIF
        INDEX_OF INTADD INTBITAND INTBITLEFTSHIFT INTBITNOT INTBITOR INTBITRIGHTSHIFT INTBITXOR INTDIV INTMOD INTMUL
        INTSUB IS_ARRAY IS_BOOL IS_DATETIME IS_DEFINED IS_FINITE_NUMBER IS_INTEGER IS_NULL IS_NUMBER IS_OBJECT
        IS_PRIMITIVE IS_STRING LASTINDEXOF LEFT LENGTH LOG LOG10 LOWER LTRIM MAX MIN MONTH NOW NUMBERBIN OBJECTTOARRAY PI
        POWER RADIANS RAND REGEXMATCH REPLACE REPLICATE REVERSE RIGHT ROUND RRF RTRIM SETDIFFERENCE SETEQUAL SETINTERSECT
        SETUNION SIGN SIN SQRT SQUARE STARTSWITH STRINGEQUALS STRINGJOIN STRINGSPLIT STRINGTOARRAY STRINGTOBOOLEAN
        STRINGTONULL STRINGTONUMBER STRINGTOOBJECT ST_AREA ST_DISTANCE ST_INTERSECTS ST_ISVALID ST_ISVALIDDETAILED
        ST_WITHIN SUBSTRING SUM TAN TICKSTODATETIME TIMESTAMPTODATETIME TOSTRING TRIM TRUNC UPPER VECTORDISTANCE YEAR
        """.split { $0 == " " || $0 == "\n" }.map(String.init)

    @Test func everyFunctionIsListedWithItsState() throws {
        var present: [String] = []
        var absent: [String] = []
        for row in try Self.table("Functions") {
            present += Self.names(row[1])
            absent += Self.names(row[2])
        }
        #expect(Set(present).count == present.count && Set(absent).count == absent.count)
        #expect(Set(present) == Functions.names.union(Expression.aggregateNames))
        let missing = Set(Self.documented).subtracting(present).subtracting(absent)
        #expect(missing.isEmpty, "\(missing.sorted())")
        for name in absent {
            let error = QueryFixture.error("SELECT VALUE \(name)(c.a) FROM c")
            #expect(error?.code == "SC2005", "\(name)")
        }
    }

    @Test func everyClauseIsListedWithItsState() throws {
        let rows = try Self.table("Clause")
        #expect(rows.count > 25)
        for row in rows {
            let query = row[2].filter { $0 != "`" }
            let error = QueryFixture.error(query, over: [["a": 1, "n": 2, "tags": [["n": 2]]]], ["@n": 1])
            #expect((error == nil) == (row[1] == "✓"), "\(query): \(error?.message ?? "runs")")
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
