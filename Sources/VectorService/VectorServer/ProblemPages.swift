import HTTPMessages
import JSONCoding
import Problems

/// `/problems` and `/problems/{name}`: what the member `type` of a problem leads to. For people a page, for whoever asks for JSON
/// an object.
enum ProblemPages {
    /// The answer to a request for a path below `/problems`; `nil` for every other.
    static func answer(_ request: HTTPRequest) -> HTTPResponse? {
        guard let segments = request.target.segments, segments.first == "problems", segments.count <= 2 else {
            return nil
        }
        guard request.method == .get || request.method == .head else {
            return Problem(.methodNotAllowed, "Only GET is possible here.", headers: ["Allow": "GET, HEAD"])
                .response(requestID: request.id)
        }
        let wantsJSON = request.fields["accept"].map { $0.contains("json") && !$0.contains("html") } ?? false
        guard segments.count == 2 else {
            return wantsJSON
                ? HTTPResponse(json: ["problems": .array(ProblemType.all.map(json))])
                : page("Problems", ProblemType.all.map(section).joined())
        }
        guard let type = ProblemType.named(segments[1]) else {
            return Problem(.notFound, "There is no such type of problem. /problems lists them.")
                .response(requestID: request.id)
        }
        return wantsJSON ? HTTPResponse(json: json(type)) : page(type.title, explained(type))
    }

    private static func json(_ type: ProblemType) -> JSONValue {
        [
            "type": .string(type.address), "title": .string(type.title), "status": .int(Int64(type.status.rawValue)),
            "meaning": .string(type.meaning), "remedy": .string(type.remedy),
        ]
    }

    private static func section(_ type: ProblemType) -> String {
        """
        <section id="\(type.name)"><h2><a href="\(type.address)">\(marked(type.title))</a></h2>
        \(explained(type))</section>

        """
    }

    private static func explained(_ type: ProblemType) -> String {
        """
        <p class="count">\(type.status.rawValue) \(marked(type.status.phrase))</p>
        <p>\(marked(type.meaning))</p>
        <p>\(marked(type.remedy))</p>

        """
    }

    private static func page(_ title: String, _ body: String) -> HTTPResponse {
        let text = """
            <!doctype html>
            <html lang="en" dir="ltr">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(marked(title)) – Apus</title>
            <link rel="icon" href="/icon.svg" type="image/svg+xml">
            <script src="/js/theme.js"></script>
            <link rel="stylesheet" href="/css/tokens.css">
            <link rel="stylesheet" href="/css/base.css">
            <link rel="stylesheet" href="/css/docs.css">
            </head>
            <body class="docs problems">
            <main>
            <p><a href="/problems">Problems</a> · <a href="/docs">The API</a></p>
            <h1>\(marked(title))</h1>
            \(body)</main>
            </body>
            </html>

            """
        var response = HTTPResponse(
            .ok, fields: ["Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "Vary": "Accept"],
            body: .bytes(Array(text.utf8)))
        for (name, value) in StaticSite.securityHeaders + StaticSite.pageHeaders { response.fields[name] = value }
        return response
    }

    /// A text as HTML; what stands between backticks is code.
    private static func marked(_ text: String) -> String {
        let safe = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return safe.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { $0.isMultiple(of: 2) ? String($1) : "<code>\($1)</code>" }.joined()
    }
}
