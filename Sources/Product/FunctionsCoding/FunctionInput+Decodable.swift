import FoundationEssentials
public import FunctionsRuntime
import JSONCoding

extension FunctionInput {
    /// The value as a type of yours.
    ///
    /// - Throws: `DecodingError` that names the place.
    public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(encoded))
    }
}
