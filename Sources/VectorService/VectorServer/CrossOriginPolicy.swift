import HTTPMessages

/// Lets pages of given origins use the vectors port (WHATWG Fetch, CORS protocol); none by default.
struct CrossOriginPolicy: Sendable {
    let origins: [String]

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
        guard let origin = allowed(request) else { return }
        response.fields["Access-Control-Allow-Origin"] = origin
        response.fields["Vary"] = "Origin"
    }

    private func allowed(_ request: HTTPRequest) -> String? {
        guard let origin = request.fields["origin"] else { return nil }
        return origins.contains(origin) || origins.contains("*") ? origin : nil
    }
}
