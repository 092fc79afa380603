import Models
import Synchronization

extension ChatModel {
    /// A few words on the side: a title, a summary. `nil` when the model fails, says nothing, or takes too long.
    func shortAnswer(_ messages: [ModelMessage], maximumTokens: Int, within limit: Duration) async -> String? {
        var request = ModelRequest(messages)
        request.temperature = settings.temperature == nil ? nil : 0
        request.maximumTokens = maximumTokens
        let prepared = request
        let text = Collected()
        let isDone = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await answer(prepared) { event in
                        if case .text(let part) = event { text.add(part) }
                    }
                    return true
                } catch {
                    return false
                }
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        let line = text.value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return isDone && !line.isEmpty ? line : nil
    }
}

private final class Collected: Sendable {
    private let text = Mutex("")
    var value: String { text.withLock { $0 } }
    func add(_ part: String) { text.withLock { $0 += part } }
}
