public import HTTPMessages

extension HTTPSession.Request {
    /// A server's request, to be sent on to another server: fields of the connection are left out, the body streams.
    ///
    /// - Parameter base: Scheme, host and port of the other server.
    public init(relaying request: HTTPRequest, to base: String) {
        self.init(request.method, base + request.target.text, fields: request.fields)
        fields.removeHopByHop()
        // How the body is framed, and whether it is asked for first, is between each two.
        fields["content-length"] = nil
        fields["expect"] = nil
        fields["x-request-id"] = request.id
        let length = request.fields["content-length"].flatMap { Int($0) }
        if length.map({ $0 > 0 }) ?? (request.fields["transfer-encoding"] != nil) {
            body = request.body
            bodyLength = length
        }
    }

    /// Whether the body can be sent only once.
    public var hasStreamedBody: Bool { if case .source = body { true } else { false } }
}

extension HTTPSession.Response {
    /// The response as a server's own, its body passed on as it arrives.
    public var relayed: HTTPResponse {
        var fields = self.fields
        let length = fields["content-length"].flatMap { Int($0) }
        fields.removeHopByHop()
        fields["date"] = nil
        let body = self.body
        return HTTPResponse(
            status, fields: fields,
            body: .stream(length: length) { writer in
                while let piece = try await body.next() { try await writer.write(piece) }
            })
    }
}
