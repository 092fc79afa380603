import CGraph
import Chroma
import JSONCoding
import LateInteraction
import SQLite

/// The database of one collection: everything about its records but the vectors.
///
/// `seq` numbers records in the order of insertion and never changes; `slot` is the vector's place in the vector
/// file and changes when the vector does. As long as no vector was changed and no slot used again both are the same,
/// so that only the exceptions (index `moved`) have to be known to search.
struct RecordDatabase: Sendable {
    let writer: SQLiteDatabase
    private let path: String

    static let fileName = "records.sqlite"
    /// Version of the schema below.
    static let formatVersion: Int64 = 1

    init(directory: String) throws {
        path = directory + "/" + Self.fileName
        writer = try SQLiteDatabase(path: path, schema: "", durability: .synchronise)
        let version = try writer.query("PRAGMA user_version").first?[0].int ?? 0
        guard version <= Self.formatVersion else {
            throw VectorStorageError(
                "\(directory) has format \(version), written by a newer version; this one reads up to "
                    + "\(Self.formatVersion)")
        }
        try writer.execute(Self.schema)
    }

    /// A connection for reading beside the writer.
    func makeReader() throws(SQLiteError) -> SQLiteDatabase {
        try SQLiteDatabase(path: path, schema: "", isReader: true)
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS records (
            seq INTEGER PRIMARY KEY, slot INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, document TEXT, uri TEXT,
            checksum INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS moved ON records (slot) WHERE slot <> seq;
        CREATE TABLE IF NOT EXISTS metadata (
            seq INTEGER PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS gone (seq INTEGER PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS dead (slot INTEGER PRIMARY KEY, free INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS keys (key TEXT, type TEXT, PRIMARY KEY (key, type)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS terms (
            key TEXT, term INTEGER, seq INTEGER, weight REAL NOT NULL, PRIMARY KEY (key, term, seq)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS tokens (seq INTEGER PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS fresh (slot INTEGER PRIMARY KEY, vector BLOB NOT NULL);
        PRAGMA user_version = 1;
        """

    /// A record as it is found by its id.
    struct Found {
        let seq: UInt32
        let slot: UInt32
    }

    static func find(_ id: String, _ access: borrowing SQLiteDatabase.Access) throws -> Found? {
        var found: Found?
        try access.scan("SELECT seq, slot FROM records WHERE id = ?", [.text(id)]) { row in
            found = Found(seq: UInt32(truncatingIfNeeded: row.int(0)), slot: UInt32(truncatingIfNeeded: row.int(1)))
            return false
        }
        return found
    }

    static func insert(
        _ seq: UInt32, slot: UInt32, id: String, document: String?, uri: String?,
        _ access: borrowing SQLiteDatabase.Access
    ) throws {
        try access.query(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)",
            [
                .integer(Int64(seq)), .integer(Int64(slot)), .text(id), .optional(document), .optional(uri),
                .integer(checksum(id, document, uri)),
            ])
    }

    /// Changes what is given; the checksum follows what is stored then.
    static func update(
        _ found: Found, id: String, document: String?, uri: String?, slot: UInt32?,
        _ access: borrowing SQLiteDatabase.Access
    ) throws {
        guard document != nil || uri != nil else {
            guard let slot else { return }
            try access.query(
                "UPDATE records SET slot = ? WHERE seq = ?", [.integer(Int64(slot)), .integer(Int64(found.seq))])
            return
        }
        let stored = try access.query("SELECT document, uri FROM records WHERE seq = ?", [.integer(Int64(found.seq))])
        let document = document ?? stored.first?[0].string
        let uri = uri ?? stored.first?[1].string
        try access.query(
            "UPDATE records SET document = ?, uri = ?, checksum = ?, slot = ? WHERE seq = ?",
            [
                .optional(document), .optional(uri), .integer(checksum(id, document, uri)),
                .integer(Int64(slot ?? found.slot)), .integer(Int64(found.seq)),
            ])
    }

    static func metadata(_ seq: UInt32, _ access: borrowing SQLiteDatabase.Access) throws -> JSONObject? {
        let row = try access.query("SELECT value FROM metadata WHERE seq = ?", [.integer(Int64(seq))]).first
        return try row?[0].string.flatMap { try JSONParser.parse($0).object }
    }

    /// - Parameter value: `nil` for none.
    static func setMetadata(_ seq: UInt32, _ value: JSONObject?, _ access: borrowing SQLiteDatabase.Access) throws {
        guard let value else {
            try access.query("DELETE FROM metadata WHERE seq = ?", [.integer(Int64(seq))])
            return
        }
        let text = JSONValue.object(value).text
        try access.query(
            "INSERT OR REPLACE INTO metadata VALUES (?, ?, ?)",
            [.integer(Int64(seq)), .text(text), .integer(checksum(text, nil, nil))])
    }

    static func remove(_ found: Found, _ access: borrowing SQLiteDatabase.Access) throws {
        let seq = SQLiteValue.integer(Int64(found.seq))
        try access.query("DELETE FROM records WHERE seq = ?", [seq])
        try access.query("DELETE FROM metadata WHERE seq = ?", [seq])
        try access.query("DELETE FROM tokens WHERE seq = ?", [seq])
        try access.query("INSERT INTO gone VALUES (?)", [seq])
        try access.query("INSERT INTO dead VALUES (?, 0)", [.integer(Int64(found.slot))])
    }

    /// - Parameter value: `nil` for none.
    static func setTokens(
        _ seq: UInt32, _ value: TokenEmbeddings?, _ access: borrowing SQLiteDatabase.Access
    ) throws {
        guard let value else {
            try access.query("DELETE FROM tokens WHERE seq = ?", [.integer(Int64(seq))])
            return
        }
        try access.query(
            "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)",
            [.integer(Int64(seq)), .blob(value.bytes), .integer(checksum(value.bytes))])
    }

    static func tokens(_ seq: UInt32, _ access: borrowing SQLiteDatabase.Access) throws -> TokenEmbeddings? {
        var found: TokenEmbeddings?
        try access.scan("SELECT value FROM tokens WHERE seq = ?", [.integer(Int64(seq))]) { row in
            found = row.withBytes(0) { $0.flatMap { TokenEmbeddings(bytes: Array($0)) } }
            return false
        }
        return found
    }

    /// Keeps a copy of a vector until the vector file is known to be on the disk, so that a small write has to wait
    /// for one file only.
    static func keep(_ slot: UInt32, _ vector: [Float], _ access: borrowing SQLiteDatabase.Access) throws {
        try access.query(
            "INSERT OR REPLACE INTO fresh VALUES (?, ?)",
            [.integer(Int64(slot)), .blob(vector.withUnsafeBytes { Array($0) })])
    }

    /// The vectors kept.
    static func kept(_ access: borrowing SQLiteDatabase.Access) throws -> [(slot: UInt32, vector: [Float])] {
        try access.query("SELECT slot, vector FROM fresh ORDER BY slot").map { row in
            let bytes = row[1].bytes ?? []
            let vector = bytes.withUnsafeBytes { raw in
                (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
            }
            return (UInt32(truncatingIfNeeded: row[0].int ?? 0), vector)
        }
    }

    static func setState(_ name: String, _ value: Int, _ access: borrowing SQLiteDatabase.Access) throws {
        try access.query("INSERT OR REPLACE INTO state VALUES (?, ?)", [.text(name), .integer(Int64(value))])
    }

    /// Replaces the postings of a record's sparse vector under a key.
    static func setTerms(
        _ seq: UInt32, key: String, old: SparseVector?, new: SparseVector?, _ access: borrowing SQLiteDatabase.Access
    ) throws {
        for term in old?.indices ?? [] {
            try access.query(
                "DELETE FROM terms WHERE key = ? AND term = ? AND seq = ?",
                [.text(key), .integer(Int64(term)), .integer(Int64(seq))])
        }
        guard let new else { return }
        for (term, weight) in zip(new.indices, new.values) {
            try access.query(
                "INSERT OR REPLACE INTO terms VALUES (?, ?, ?, ?)",
                [.text(key), .integer(Int64(term)), .integer(Int64(seq)), .real(Double(weight))])
        }
    }

    /// CRC-32C over bytes.
    static func checksum(_ bytes: [UInt8]) -> Int64 { Int64(apus_crc32c(0, bytes, bytes.count)) }

    /// CRC-32C over texts and their presence.
    static func checksum(_ first: String, _ second: String?, _ third: String?) -> Int64 {
        var sum: UInt32 = 0
        for text in [first, second, third] {
            var mark: UInt8 = text == nil ? 0 : 1
            sum = apus_crc32c(sum, &mark, 1)
            var bytes = text ?? ""
            sum = bytes.withUTF8 { bytes in
                bytes.baseAddress.map { apus_crc32c(sum, $0, bytes.count) } ?? sum
            }
        }
        return Int64(sum)
    }
}
