/// How the bytes of an upload become blocks of one length, however they come: values alone.
///
/// What is too little for a block is kept as pieces elsewhere, and the next block begins with them.
struct BlockCutting {
    /// A block that is full.
    struct Block: Equatable {
        /// Where in the file it begins, with the pieces that belong in front of `bytes`.
        let start: Int
        /// Whether all pieces that were kept belong in front.
        let takesPieces: Bool
        let bytes: [UInt8]

        /// Where in the file it ends, given how long blocks are.
        func end(_ length: Int) -> Int { start + length }
    }

    let length: Int
    /// Where in the file the next block begins.
    private(set) var blocked: Int
    /// Bytes that are kept as pieces from before.
    private var kept: Int
    /// What has come and is in no block.
    private(set) var rest: [UInt8] = []

    /// Goes on with an upload.
    ///
    /// - Parameters:
    ///   - blocked: Bytes that are in blocks.
    ///   - received: Those, and the pieces'.
    init(length: Int, blocked: Int, received: Int) {
        self.length = length
        self.blocked = blocked
        kept = received - blocked
    }

    /// Where in the file the bytes end that have come.
    var end: Int { blocked + kept + rest.count }

    /// Takes bytes.
    mutating func add(_ bytes: [UInt8]) { rest += bytes }

    /// The next block, when there are enough bytes for it.
    mutating func next() -> Block? {
        let missing = length - kept
        guard rest.count >= missing else { return nil }
        let block = Block(start: blocked, takesPieces: kept > 0, bytes: Array(rest.prefix(missing)))
        rest.removeFirst(missing)
        blocked += length
        kept = 0
        return block
    }
}
