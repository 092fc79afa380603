import Digests
public import HTTPMessages

/// How a blob is written.
public struct BlobWrite: Sendable {
    public var contentType: String
    public var metadata: [String: String] = [:]
    public var conditions = BlobConditions()
    /// Bytes of a block; shorter contents go in one request.
    public var blockBytes = 2 << 20
    /// Whether a container that is not there is made, and what failed for want of it done again.
    public var makesContainer = false
    /// Blocks on their way at once; memory is this number of blocks and one more.
    public var concurrency = 2

    /// The usual way, with a content type.
    public init(contentType: String) { self.contentType = contentType }

    func fields() -> HTTPFields {
        var fields: HTTPFields = ["x-ms-blob-content-type": contentType]
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) { fields.append("x-ms-meta-\(name)", value) }
        conditions.add(to: &fields)
        return fields
    }
}

/// A blob whose content has been sent and that is not there yet.
public struct StagedBlob: Sendable {
    enum Content: Sendable {
        case whole([UInt8])
        case blocks([String])
    }

    let container: String
    let name: String
    let write: BlobWrite
    let content: Content
    /// Bytes of the whole content.
    public let bytes: Int
}

extension BlobClient {
    /// Writes a whole blob in one request. Returns its entity tag.
    @discardableResult
    public func put(_ bytes: [UInt8], to container: String, _ name: String, contentType: String) async throws -> String
    {
        try await put(bytes, to: container, name, BlobWrite(contentType: contentType))
    }

    /// Writes a whole blob in one request. Returns its entity tag.
    @discardableResult
    public func put(_ bytes: [UInt8], to container: String, _ name: String, _ write: BlobWrite) async throws -> String {
        var call = try call("Put Blob", .put, container, name, expected: [201])
        for field in write.fields().all { call.fields.append(field.name, field.value) }
        call.fields["x-ms-blob-type"] = "BlockBlob"
        let hasher = MD5Hasher()
        hasher.update(bytes)
        let checksum = Base64.encode(hasher.finalize())
        call.fields["Content-MD5"] = checksum
        call.body = bytes
        do {
            return try await send(call, to: container, write).fields["etag"] ?? ""
        } catch let error as StorageError where error.isConflict && write.conditions.ifNoneMatch == "*" {
            // Our own first try may have been carried out although its answer was lost.
            guard let there = try await properties(container, name), there.contentMD5 == checksum,
                there.length == bytes.count
            else { throw error }
            return there.etag
        }
    }

    /// Writes a blob from a source of unknown length, block by block in parallel. The blob appears when it is complete,
    /// or not at all; a block that fails is sent again by itself.
    ///
    /// - Returns: The number of bytes.
    @discardableResult
    public func upload(
        _ source: any HTTPBodySource, to container: String, _ name: String, contentType: String
    ) async throws -> Int {
        try await upload(source, to: container, name, BlobWrite(contentType: contentType)).bytes
    }

    /// Writes a blob from a source of unknown length.
    @discardableResult
    public func upload(
        _ source: any HTTPBodySource, to container: String, _ name: String, _ write: BlobWrite
    ) async throws -> (bytes: Int, etag: String) {
        let staged = try await stage(source, for: container, name, write)
        return (staged.bytes, try await commit(staged))
    }

    /// Sends what a blob is to be made of; there is no blob before `commit`, which takes little time.
    public func stage(
        _ source: any HTTPBodySource, for container: String, _ name: String, _ write: BlobWrite
    ) async throws -> StagedBlob {
        func staged(_ content: StagedBlob.Content, bytes: Int) -> StagedBlob {
            StagedBlob(container: container, name: name, write: write, content: content, bytes: bytes)
        }
        var cutter = BlockCutter(source: source, size: write.blockBytes)
        guard let first = try await cutter.next() else { return staged(.whole([]), bytes: 0) }
        // Only the last block can be shorter.
        guard first.count == write.blockBytes else { return staged(.whole(first), bytes: first.count) }
        // Two writers of one name must not take each other's blocks for their own.
        let mark = Digest.hex(Digest.randomBytes(8))
        var ids: [String] = []
        var total = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            var block: [UInt8]? = first
            var running = 0
            while let bytes = block {
                let id = Self.blockID(mark, ids.count)
                ids.append(id)
                total += bytes.count
                group.addTask { try await self.putBlock(bytes, id, container, name, write) }
                running += 1
                block = nil
                if running >= write.concurrency {
                    try await group.next()
                    running -= 1
                }
                block = try await cutter.next()
            }
            try await group.waitForAll()
        }
        return staged(.blocks(ids), bytes: total)
    }

    /// Makes the blob of what was sent. Returns its entity tag.
    @discardableResult
    public func commit(_ staged: StagedBlob) async throws -> String {
        switch staged.content {
        case .whole(let bytes): try await put(bytes, to: staged.container, staged.name, staged.write)
        case .blocks(let ids): try await commit(ids, staged.container, staged.name, staged.write)
        }
    }

    /// Ids of one blob have to be of one length.
    private static func blockID(_ mark: String, _ number: Int) -> String {
        let digits = String(number)
        return Base64.encode((mark + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits).bytes)
    }

    func putBlock(
        _ bytes: [UInt8], _ id: String, _ container: String, _ name: String, _ write: BlobWrite
    ) async throws {
        var call = try call(
            "Put Block", .put, container, name, conditions: BlobConditions(leaseID: write.conditions.leaseID),
            expected: [201])
        call.query = [("comp", "block"), ("blockid", id)]
        var checksum = CRC64()
        checksum.update(bytes)
        call.fields["x-ms-content-crc64"] = checksum.base64
        call.body = bytes
        _ = try await send(call, to: container, write)
    }

    private func send(_ call: StorageTransport.Call, to container: String, _ write: BlobWrite) async throws
        -> (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
    {
        do {
            return try await transport.call(call)
        } catch let error as StorageError where error.code == "ContainerNotFound" && write.makesContainer {
            try await createContainer(container)
            return try await transport.call(call)
        }
    }

    func commit(
        _ ids: [String], _ container: String, _ name: String, _ write: BlobWrite
    ) async throws -> String {
        var call = try call("Put Block List", .put, container, name, expected: [201])
        call.query = [("comp", "blocklist")]
        for field in write.fields().all { call.fields.append(field.name, field.value) }
        call.fields["Content-Type"] = "application/xml"
        let list = ids.map { "<Latest>\($0)</Latest>" }.joined()
        call.body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(list)</BlockList>".bytes
        return try await transport.call(call).fields["etag"] ?? ""
    }
}

/// Cuts a source into blocks of one size; the last one is shorter or, at a border, missing.
private struct BlockCutter {
    let source: any HTTPBodySource
    let size: Int
    private var rest: [UInt8] = []
    private var isOver = false

    init(source: any HTTPBodySource, size: Int) {
        self.source = source
        self.size = size
    }

    mutating func next() async throws -> [UInt8]? {
        var block = rest
        rest = []
        block.reserveCapacity(size)
        while block.count < size, !isOver {
            guard let piece = try await source.next() else {
                isOver = true
                break
            }
            let room = size - block.count
            block += piece.prefix(room)
            if piece.count > room { rest = Array(piece.dropFirst(room)) }
        }
        return block.isEmpty ? nil : block
    }
}
