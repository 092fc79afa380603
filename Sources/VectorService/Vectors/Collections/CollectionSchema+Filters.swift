import Chroma
import JSONCoding

extension CollectionSchema {
    /// Refuses a filter that needs an index which is switched off.
    func admit(_ filter: WhereFilter) throws(VectorError) {
        if filter.needsDocument {
            let index = json["keys"]?["#document"]?["string"]?["fts_index"] ?? json["defaults"]?["string"]?["fts_index"]
            guard index?["enabled"]?.bool != false else {
                throw .documentsNotIndexed
            }
        }
        let indexes = [
            "string": ("string_inverted_index", "Str"), "int": ("int_inverted_index", "Int"),
            "float": ("float_inverted_index", "Float"), "bool": ("bool_inverted_index", "Bool"),
        ]
        for (key, value) in filter.operands {
            guard let type = Self.valueType(value), let (index, name) = indexes[type] else { continue }
            let found = json["keys"]?[key]?[type]?[index] ?? json["defaults"]?[type]?[index]
            guard found?["enabled"]?.bool != false else {
                throw .keyNotIndexed(key: key, type: name)
            }
        }
    }
}
