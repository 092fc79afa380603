import AzureIdentity
import AzureSignatures
import AzureStorage
import CLinux
import FoundationEssentials
import Glibc
import HTTPClient
import HTTPMessages
import Synchronization

/// Sends 1 GB through our Blob client and back, and reports the process's highest memory.
enum AzureClientBench {
    private static let totalBytes = 1 << 30

    /// - Parameter endpoint: The emulator's Blob endpoint.
    /// - Returns: Megabytes that were resident at most.
    static func run(_ endpoint: String) async throws -> Double {
        // As every handler does.
        apus_allocator_prefers_small()
        let name = DevelopmentAccount.storageName
        let account = try StorageAccount(
            connectionString: "AccountName=\(name);AccountKey=\(DevelopmentAccount.storageKey);BlobEndpoint=\(endpoint)"
        )
        let blobs = BlobClient(account: account, identity: nil, client: HTTPSession())
        let sent = try await blobs.upload(
            SyntheticSource(totalBytes), to: "bench", "gigabyte", contentType: "application/octet-stream")
        let download = try await blobs.download("bench", "gigabyte")
        var received = 0
        while let piece = try await download.body.next() { received += piece.count }
        guard sent == totalBytes, received == totalBytes else {
            throw BenchError("\(sent) bytes went out and \(received) came back")
        }
        let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line.flatMap({ Double($0.filter(\.isNumber)) }) else {
            throw BenchError("the system does not tell the process's highest memory")
        }
        return kilobytes / 1024
    }

    private final class SyntheticSource: HTTPBodySource {
        private let left: Atomic<Int>

        init(_ count: Int) { left = Atomic(count) }

        func next() async throws -> [UInt8]? {
            let size = min(64 * 1024, left.load(ordering: .relaxed))
            guard size > 0 else { return nil }
            left.subtract(size, ordering: .relaxed)
            return [UInt8](repeating: 0x41, count: size)
        }
    }
}
