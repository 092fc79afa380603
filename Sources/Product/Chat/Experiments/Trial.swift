import Catalog
import JSONCoding

/// The trial and the arm that an answer belongs to.
struct Trial: Sendable, Equatable {
    /// The experiment.
    let id: String
    let arm: SplitRecord.Arm

    init(id: String, arm: SplitRecord.Arm) {
        self.id = id
        self.arm = arm
    }

    /// Reads the wire form; `nil` when it is none.
    init?(_ json: JSONValue?) {
        guard let id = json?["id"]?.string, let arm = json?["arm"]?.string.flatMap(SplitRecord.Arm.init) else {
            return nil
        }
        self.init(id: id, arm: arm)
    }

    var json: JSONValue { ["id": .string(id), "arm": .string(arm.rawValue)] }
}
