extension HTTPResponse {
    /// Says to browsers and caches what holds for every answer of an API: it is not kept, and it is nothing but what
    /// its type says. What a route has said itself stays.
    public mutating func addAPIFields() {
        if fields["cache-control"] == nil { fields.append("Cache-Control", "no-store") }
        if fields["x-content-type-options"] == nil { fields.append("X-Content-Type-Options", "nosniff") }
    }
}
