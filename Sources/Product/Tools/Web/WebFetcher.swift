public import HTTPClient
import HTTPMessages

/// Reads public web pages and nothing else: each address is resolved once, checked, and connected to as checked, so that
/// a name that means another host a moment later leads nowhere new; redirects are checked in the same way.
public struct WebFetcher: Sendable {
    /// What came.
    struct Page: Sendable {
        let address: WebAddress
        let mediaType: String
        let body: [UInt8]
    }

    private static let maximumBytes = 2 << 20
    private static let maximumRedirects = 5
    private static let maximumTime = Duration.seconds(10)

    private let client: HTTPSession
    private let lookup: HostResolver.Lookup
    private let allowed: Set<String>

    /// A fetcher.
    ///
    /// - Parameters:
    ///   - client: One that is used for nothing else: it remembers addresses of names.
    ///   - lookup: Finds the addresses of a name.
    ///   - allowed: `host:port` of servers that may be read although their addresses are not public.
    public init(client: HTTPSession, lookup: @escaping HostResolver.Lookup, allowed: Set<String>) {
        self.client = client
        self.lookup = lookup
        self.allowed = allowed
    }

    /// Whether the operator has allowed the host although it may not be public.
    func isInside(_ address: WebAddress) -> Bool { allowed.contains(address.authority) }

    /// Reads a page.
    ///
    /// - Throws: `ToolFailure`.
    func page(_ start: WebAddress) async throws -> Page {
        try await withThrowingTaskGroup(of: Page.self) { group in
            group.addTask { try await follow(start) }
            group.addTask {
                try await Task.sleep(for: Self.maximumTime)
                throw ToolFailure("The page did not arrive within \(Self.maximumTime.components.seconds) seconds.")
            }
            defer { group.cancelAll() }
            guard let page = try await group.next() else { throw CancellationError() }
            return page
        }
    }

    private func follow(_ start: WebAddress) async throws -> Page {
        var address = start
        for _ in 0...Self.maximumRedirects {
            let response = try await open(address)
            if [301, 302, 303, 307, 308].contains(response.status.rawValue), let location = response.fields["location"]
            {
                address = try address.following(location)
                continue
            }
            guard response.status.isSuccess else {
                throw ToolFailure("The server answered with status \(response.status.rawValue).")
            }
            return try await read(response, address)
        }
        throw ToolFailure("The address redirects more than \(Self.maximumRedirects) times.")
    }

    private func open(_ address: WebAddress) async throws -> HTTPSession.Response {
        var request = HTTPSession.Request(
            .get, address.description,
            fields: [
                "Accept": "text/html, text/plain;q=0.9", "Accept-Encoding": "identity",
                "User-Agent": "Apus (document chat)",
            ])
        request.connectsTo = .init(
            host: address.host, port: address.port, address: try await checkedAddress(address).description)
        request.continuesTrace = false
        request.headTimeout = Self.maximumTime
        request.idleTimeout = Self.maximumTime
        do {
            return try await client.send(request)
        } catch let error as HTTPClientError {
            throw ToolFailure("The page cannot be read: \(error).")
        }
    }

    /// An address to connect to. A name with even one address inside is refused: nobody can say which one is meant.
    private func checkedAddress(_ address: WebAddress) async throws -> IPAddress {
        let addresses = await lookup(address.host)
        guard let first = addresses.first else { throw ToolFailure("There is no host \(address.host).") }
        guard allowed.contains(address.authority) || addresses.allSatisfy(\.isPublic) else {
            throw ToolFailure("\(address.host) is not on the public Internet; such addresses are not read.")
        }
        return first
    }

    private func read(_ response: HTTPSession.Response, _ address: WebAddress) async throws -> Page {
        let type = (response.fields["content-type"] ?? "text/html").split(separator: ";").first.map {
            $0.lowercased().filter { $0 != " " }
        }
        guard let type, type.hasPrefix("text/") || Self.readable.contains(type) else {
            throw ToolFailure("The address leads to \(type ?? "something"), not to a page that can be read.")
        }
        if let coding = response.fields["content-encoding"], coding.lowercased() != "identity" {
            throw ToolFailure("The server sent the page compressed although that was not asked for.")
        }
        do {
            return Page(address: address, mediaType: type, body: try await response.collect(limit: Self.maximumBytes))
        } catch is HTTPBodyTooLarge {
            throw ToolFailure("The page has more than \(Self.maximumBytes >> 20) MiB.")
        } catch let error as HTTPClientError {
            throw ToolFailure("The page cannot be read: \(error).")
        }
    }

    private static let readable: Set = ["application/xhtml+xml", "application/json", "application/xml"]
}
