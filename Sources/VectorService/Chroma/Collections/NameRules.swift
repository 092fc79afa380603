import Glibc
import TextSearch

/// What collections and databases may be called (docs/reference/chroma.md, 3.1).
enum NameRules {
    /// What is wrong with a name, `nil` when it is fine.
    static func problem(_ name: String) -> String? {
        if let plain = plainProblem(name) {
            // "topology+name": both sides are names by themselves.
            let parts = name.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, name.utf8.count <= 512, parts.allSatisfy({ plainProblem($0) == nil }) else {
                return plain
            }
        }
        return nil
    }

    private static func plainProblem(_ name: String) -> String? {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let bytes = Array(name.utf8)
        let isPlain =
            (3...512).contains(bytes.count) && bytes.allSatisfy { isAlphanumeric($0) || [45, 46, 95].contains($0) }
        guard isPlain, let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last)
        else {
            return "Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a "
                + "character in [a-zA-Z0-9]. Got: \(name)"
        }
        if name.contains("..") {
            return "Expected a name that does not contains two consecutive periods (..). Got \(name)"
        }
        var address = in_addr()
        if inet_pton(AF_INET, name, &address) == 1 {
            return "Expected a name that is not a valid ip address. Got \(name)"
        }
        return nil
    }
}
