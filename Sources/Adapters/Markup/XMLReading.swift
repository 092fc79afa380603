import CXML
import TextSearch

/// Events of a document in order, the form in which large documents are read.
public enum MarkupEvent: Sendable, Equatable {
    /// Local name, and attributes by local name. Of two with one local name, such as `id` and `r:id`, the one with a prefix
    /// is under `:id`.
    case start(String, [String: String])
    case end(String)
    case text(String)
}

/// Reads XML and HTML with libxml2. Network access, external entities and expansion of huge input are off, so a
/// hostile document can neither fetch nor inflate anything.
public enum MarkupReader {
    /// Elements may be nested this deep.
    public static let maximumDepth = 256

    /// Reads a small document as a tree.
    ///
    /// - Throws: `XMLParseError`.
    public static func tree(_ bytes: [UInt8]) throws -> XMLNode {
        var builder = XMLTreeBuilder()
        var root: XMLNode?
        try events(bytes) { event in
            if let node = builder.take(event) { root = node }
        }
        guard let root else { throw XMLParseError(reason: "no element") }
        return root
    }

    /// Reads a document of any size, event by event.
    ///
    /// - Throws: `XMLParseError`, and what the visitor throws.
    public static func events(_ bytes: [UInt8], _ visit: (MarkupEvent) throws -> Void) throws {
        guard bytes.count < Int32.max else { throw XMLParseError(reason: "document too large") }
        try AttributeLimit.check(bytes, isHTML: false)
        apus_xml_initialise()
        let options = Int32(
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
                | XML_PARSE_NOCDATA.rawValue | XML_PARSE_COMPACT.rawValue)
        try bytes.withUnsafeBytes { raw in
            let start = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let reader = xmlReaderForMemory(start, Int32(raw.count), nil, nil, options) else {
                throw XMLParseError(reason: "out of memory")
            }
            defer { xmlFreeTextReader(reader) }
            while true {
                switch xmlTextReaderRead(reader) {
                case 1: try visitNode(reader, visit)
                case 0: return
                default: throw failure()
                }
            }
        }
    }

    /// The library stops by itself at its own bounds of depth and size, and says so in words only.
    private static func failure() -> XMLParseError {
        guard let message = xmlGetLastError()?.pointee.message.map({ String(cString: $0).lowercased() }) else {
            return XMLParseError(reason: "not well-formed")
        }
        let isExcessive = message.contains("excessive depth") || message.contains("huge") || message.contains("loop")
        return XMLParseError(reason: isExcessive ? "beyond the limits" : "not well-formed", isExcessive: isExcessive)
    }

    private static func visitNode(_ reader: xmlTextReaderPtr, _ visit: (MarkupEvent) throws -> Void) throws {
        switch xmlTextReaderNodeType(reader) {
        case Int32(XML_READER_TYPE_ELEMENT.rawValue):
            guard xmlTextReaderDepth(reader) < maximumDepth else {
                throw XMLParseError(reason: "elements nested more than \(maximumDepth) deep", isExcessive: true)
            }
            let name = string(xmlTextReaderConstLocalName(reader))
            let isEmpty = xmlTextReaderIsEmptyElement(reader) == 1
            var attributes: [String: String] = [:]
            while xmlTextReaderMoveToNextAttribute(reader) == 1 {
                let name = string(xmlTextReaderConstLocalName(reader))
                let value = string(xmlTextReaderConstValue(reader))
                if let other = attributes[name] {
                    let hasPrefix = xmlTextReaderConstPrefix(reader) != nil
                    attributes[":" + name] = hasPrefix ? value : other
                    if hasPrefix { continue }
                }
                attributes[name] = value
            }
            try visit(.start(name, attributes))
            if isEmpty { try visit(.end(name)) }
        case Int32(XML_READER_TYPE_END_ELEMENT.rawValue):
            try visit(.end(string(xmlTextReaderConstLocalName(reader))))
        case Int32(XML_READER_TYPE_TEXT.rawValue), Int32(XML_READER_TYPE_CDATA.rawValue),
            Int32(XML_READER_TYPE_SIGNIFICANT_WHITESPACE.rawValue), Int32(XML_READER_TYPE_WHITESPACE.rawValue):
            try visit(.text(string(xmlTextReaderConstValue(reader))))
        default: break
        }
    }

    private static func string(_ pointer: UnsafePointer<xmlChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    /// Reads HTML as browsers meet it: nothing is an error, missing tags are supplied.
    ///
    /// - Throws: `XMLParseError` when the document cannot be read at all or is nested too deep.
    public static func htmlEvents(_ bytes: [UInt8], _ visit: (MarkupEvent) throws -> Void) throws {
        guard bytes.count < Int32.max else { throw XMLParseError(reason: "document too large") }
        try AttributeLimit.check(bytes, isHTML: true)
        apus_xml_initialise()
        let options = Int32(
            HTML_PARSE_NONET.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
                | HTML_PARSE_RECOVER.rawValue | HTML_PARSE_COMPACT.rawValue)
        let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
        let document = bytes.withUnsafeBytes { raw in
            htmlReadMemory(
                raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), nil, isUTF8 ? "UTF-8" : nil,
                options)
        }
        guard let document else { throw XMLParseError(reason: "not HTML") }
        defer { xmlFreeDoc(document) }
        // A walk with parent pointers: recursion would let a deep document exhaust the stack.
        var node = xmlDocGetRootElement(document)
        var depth = 0
        while let current = node {
            let kind = current.pointee.type
            if kind == XML_ELEMENT_NODE {
                guard depth < maximumDepth else {
                    throw XMLParseError(reason: "elements nested more than \(maximumDepth) deep", isExcessive: true)
                }
                try visit(.start(string(current.pointee.name), attributes(current)))
                if let child = current.pointee.children {
                    node = child
                    depth += 1
                    continue
                }
                try visit(.end(string(current.pointee.name)))
            } else if kind == XML_TEXT_NODE || kind == XML_CDATA_SECTION_NODE, let content = current.pointee.content {
                try visit(.text(string(content)))
            }
            var next = current
            while next.pointee.next == nil {
                guard let parent = next.pointee.parent, parent.pointee.type == XML_ELEMENT_NODE else { return }
                depth -= 1
                try visit(.end(string(parent.pointee.name)))
                next = parent
            }
            node = next.pointee.next
        }
    }

    private static func attributes(_ node: xmlNodePtr) -> [String: String] {
        var result: [String: String] = [:]
        var attribute = node.pointee.properties
        while let current = attribute {
            // Not by name, for which the library looks through all of them.
            let value = xmlNodeListGetString(current.pointee.doc, current.pointee.children, 1)
            result[string(current.pointee.name)] = string(value)
            if let value { apus_xml_free(value) }
            attribute = current.pointee.next
        }
        return result
    }
}
