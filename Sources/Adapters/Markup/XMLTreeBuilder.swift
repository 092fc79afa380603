/// Makes a tree of the events of one element, for the small parts of a large document.
public struct XMLTreeBuilder: Sendable {
    private struct Open {
        var name: String
        var attributes: [String: String]
        var text = ""
        var children: [XMLNode] = []
    }

    private var stack: [Open] = []

    public init() {}

    /// Takes the next event. Returns the element once it has ended.
    public mutating func take(_ event: MarkupEvent) -> XMLNode? {
        switch event {
        case .start(let name, let attributes): stack.append(Open(name: name, attributes: attributes))
        case .text(let text): if !stack.isEmpty { stack[stack.count - 1].text += text }
        case .end:
            guard let open = stack.popLast() else { return nil }
            let node = XMLNode(name: open.name, attributes: open.attributes, text: open.text, children: open.children)
            if stack.isEmpty { return node }
            stack[stack.count - 1].children.append(node)
        }
        return nil
    }
}
