import AccessControl
import Catalog
import HTTPMessages

extension GrowingInputs {
    // MARK: - Who asks

    private static func cookies(_ lines: [String]) -> @Sendable () -> Void {
        var fields = HTTPFields()
        for line in lines { fields.append("Cookie", line) }
        let request = HTTPRequest(method: .get, target: HTTPTarget("/"), fields: fields, body: .bytes([]), id: "1")
        return { [request] in blackHole(Cookies.value(Cookies.token, in: request)) }
    }

    static let access: [GrowingInput] = [
        GrowingInput("Cookies: pairs") { size in
            cookies([text(size, { "c\($0)=\($0)" }, separator: "; ")])
        },
        GrowingInput("Cookies: spaces") { size in
            cookies([String(repeating: " ", count: size) + "\(Cookies.token)=1"])
        },
        GrowingInput("Cookies: beginnings of the name") { size in
            cookies([text(size, { _ in Cookies.token }, separator: ";")])
        },
        GrowingInput("Cookies: lines", most: 1 << 16) { size in cookies((0..<size).map { "c\($0)=1" }) },
        GrowingInput("Logins: spaces around") { size in
            let given = String(repeating: " ", count: size) + "a" + String(repeating: "\t", count: size)
            return { blackHole(LoginName(given)) }
        },
        GrowingInput("Logins: letters") { size in
            let given = String(repeating: "É", count: size)
            return { blackHole(LoginName(given)) }
        },
    ]
}
