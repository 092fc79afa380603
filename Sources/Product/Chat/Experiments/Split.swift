import Catalog
import Digests

/// A trial that runs: which arm answers a chat.
struct Split: Sendable {
    /// The experiment that it belongs to.
    let id: String
    let share: Double
    let variant: Variant

    /// The arm of a chat, the same on every instance and for as long as the trial runs: a share of all chats, drawn by their
    /// ids and anew for each trial.
    func arm(of chatId: String) -> SplitRecord.Arm {
        let digest = Digest.sha256(Array("\(id) \(chatId)".utf8))
        let drawn = digest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Double(drawn) < share * 0x1p32 ? .variant : .control
    }
}
