import HTTPMessages

/// Lets pages of given origins use a port (WHATWG Fetch, CORS protocol); none by default. They send keys and no cookies, so
/// nothing is said of credentials.
struct CrossOriginPolicy: Sendable {
    let origins: [String]
    /// Fields of an answer that a page may read beside those that any may.
    var exposed: [String] = []

    /// Fields of the API's answers that clients need.
    static let exposedByAPI = [
        "Allow", "Content-Disposition", "ETag", "Link", "Location", "Retry-After", "Tus-Checksum-Algorithm",
        "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version", "Upload-Concat", "Upload-Defer-Length",
        "Upload-Document-Id", "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset", "Upload-Outcome",
        "WWW-Authenticate", "X-Request-Id",
    ]

    /// The answer to a preflight request, `nil` when this is none or its origin is not allowed.
    func preflight(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.method == .options, request.fields["access-control-request-method"] != nil,
            let origin = allowed(request)
        else { return nil }
        return HTTPResponse(
            .ok,
            fields: [
                "Access-Control-Allow-Origin": origin, "Vary": "Origin",
                "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
                "Access-Control-Allow-Headers": request.fields["access-control-request-headers"] ?? "*",
                "Access-Control-Max-Age": "600",
            ])
    }

    /// Adds what lets the page read the response.
    func apply(to response: inout HTTPResponse, for request: HTTPRequest) {
        guard !origins.isEmpty else { return }
        // Whatever comes, it could have been another answer for another origin.
        let varying = response.fields.values("vary")
        if !varying.contains(where: { $0.lowercased().contains("origin") }) {
            response.fields["Vary"] = (varying + ["Origin"]).joined(separator: ", ")
        }
        guard let origin = allowed(request) else { return }
        response.fields["Access-Control-Allow-Origin"] = origin
        if !exposed.isEmpty { response.fields["Access-Control-Expose-Headers"] = exposed.joined(separator: ", ") }
    }

    /// A request without what browsers keep for this server's own page, where another site's page has sent it.
    func withoutCookies(_ request: HTTPRequest) -> HTTPRequest {
        guard allowed(request) != nil else { return request }
        var bare = request
        bare.fields["cookie"] = nil
        return bare
    }

    private func allowed(_ request: HTTPRequest) -> String? {
        guard let origin = request.fields["origin"] else { return nil }
        return origins.contains(origin) || origins.contains("*") ? origin : nil
    }
}
