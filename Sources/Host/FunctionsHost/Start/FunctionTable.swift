/// The list of an app's functions as `start` prints it (docs/reference/functions-custom-handlers.md, 8.3).
struct FunctionTable {
    let catalog: FunctionCatalog
    let port: UInt16
    let console: HostConsole

    var text: String {
        var text = "\n" + console.coloured("Functions:", 33) + "\n\n"
        for function in catalog.functions { text += "\t\(line(function))\n" }
        if catalog.functions.isEmpty, catalog.errors.isEmpty {
            text += "\tnone: a function is a folder with a function.json, and this app has no such folder\n"
        }
        for (name, detail) in catalog.errors {
            text += "\t" + console.coloured("\(name): left out: \(detail)", 31) + "\n"
        }
        return text + "\n"
    }

    private func line(_ function: FunctionDefinition) -> String {
        let name = console.coloured(function.name, 36)
        guard !function.isDisabled else { return "\(name): disabled" }
        guard case .http(let trigger) = function.trigger else { return "\(name): \(function.triggerName)" }
        let methods = trigger.methods.map { "[\($0.map { $0.uppercased() }.joined(separator: ","))] " } ?? ""
        return "\(name): \(methods)\(console.coloured("http://localhost:\(port)/\(trigger.template.text)", 32))"
    }
}
