public import HTTPMessages
import TextSearch

/// A request's head that can be understood in one way only (RFC 9112).
public struct RequestHead: Sendable {
    public let method: HTTPMethod
    /// Path and query; also of a target that was a whole URL, whose host is the `Host` field then (section 3.2.2).
    public let target: HTTPTarget
    public let fields: HTTPFields
    public let framing: BodyFraming
    /// HTTP/1.0 has no chunks and no persistent connections unless they are asked for.
    public let isHTTP10: Bool
    /// Whether the connection may carry another request.
    public let keepsConnection: Bool
    /// Whether the caller holds its body back until it is asked for (RFC 9110, section 10.1.1).
    public let waitsForGoAhead: Bool

    /// Takes a head for a request.
    ///
    /// - Throws: `MessageError.malformed` for whatever two readers could understand differently.
    public init(_ head: MessageHead) throws(MessageError) {
        let (method, target, version) = head.start
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw .malformed("the protocol version is not HTTP/1.1")
        }
        guard method.utf8.allSatisfy(WireText.isTokenByte) else { throw .malformed("the method is no token") }
        self.method = HTTPMethod(rawValue: method)
        isHTTP10 = version == "HTTP/1.0"
        if let refusal = FramingGuard.refusal(method: self.method, fields: head.fields) { throw .malformed(refusal) }
        if isHTTP10, head.fields["transfer-encoding"] != nil { throw .malformed("HTTP/1.0 has no transfer codings") }
        var fields = head.fields
        if let host = fields["host"] {
            guard Authority(host) != nil else { throw .malformed("the Host field names no host") }
        } else if !isHTTP10 {
            throw .malformed("there is no Host field")
        }
        if target.utf8.first == UInt8(ascii: "/") {
            self.target = HTTPTarget(target)
        } else if target == "*" {
            self.target = HTTPTarget("/*")
        } else if let authority = Self.authority(ofURL: target) {
            guard Authority(authority) != nil else { throw .malformed("the request's target names no host") }
            self.target = HTTPTarget(url: target)
            fields["Host"] = authority
        } else {
            throw .malformed("the request's target is no path")
        }
        self.fields = fields
        framing = BodyFraming(request: fields)
        let options = fields.values("connection").flatMap { $0.split(separator: ",") }.map {
            $0.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
        keepsConnection = isHTTP10 ? options.contains("keep-alive") : !options.contains("close")
        waitsForGoAhead = !isHTTP10 && fields["expect"].map { equalIgnoringCase($0, "100-continue") } ?? false
    }

    /// What stands between the scheme and the path of a URL of HTTP.
    private static func authority(ofURL text: String) -> String? {
        guard let mark = text.firstRange(of: "://") else { return nil }
        guard ["http", "https"].contains(where: { equalIgnoringCase($0, String(text[..<mark.lowerBound])) }) else {
            return nil
        }
        let rest = text[mark.upperBound...]
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        return String(rest[..<end])
    }
}
