import FoundationEssentials
public import FunctionsRuntime
import JSONCoding

extension FunctionOutput {
    /// A value of yours as JSON.
    ///
    /// - Throws: `EncodingError`.
    public static func encoded(_ value: some Encodable) throws -> FunctionOutput {
        .json(try JSONParser.parse(Array(try JSONEncoder().encode(value))))
    }
}
