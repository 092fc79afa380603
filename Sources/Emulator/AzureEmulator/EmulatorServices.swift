import AzureSignatures
import HTTPMessages
import Problems
import RequestGuards
import Settings

/// The five services over one folder and one clock, with what tests ask of them; without sockets.
struct EmulatorServices: Sendable {
    enum Name: String, CaseIterable {
        case blob, queue, cosmos, vault, identity
    }

    let stores: EmulatorStores
    private let blobs: BlobService
    private let queues: QueueService
    private let cosmos: CosmosService
    private let vault: VaultService
    private let identity: IdentityService
    private let faults = FaultInjector()
    private let admin: AdminRoutes
    private let guarding: RequestGuard

    /// Opens the folder.
    ///
    /// - Parameters:
    ///   - certificate: The authority of the folder's certificates, which clients may ask for.
    ///   - token: Opens the emulator's own pages.
    init(_ configuration: Emulator.Configuration, clock: EmulatorClock, certificate: String, token: AdminToken) throws {
        let directory = configuration.dataDirectory
        let authority = try TokenAuthority(directory: directory, clock: clock)
        let accounts = try Self.accounts(configuration)
        func front(_ service: StorageFrontEnd.Service) -> StorageFrontEnd {
            StorageFrontEnd(service: service, accounts: accounts, authority: authority, clock: clock)
        }
        stores = try EmulatorStores(directory: directory, clock: clock)
        blobs = BlobService(store: stores.blobs, front: front(.blob))
        queues = QueueService(store: stores.queues, front: front(.queue))
        cosmos = CosmosService(
            store: stores.cosmos,
            keys: try Self.cosmosKeys(configuration), authority: authority,
            ranges: PartitionRanges(count: configuration.partitionRanges))
        vault = VaultService(store: stores.vault, authority: authority)
        let identities = try UserIdentities(directory: directory, assigned: configuration.identities)
        identity = IdentityService(
            authority: authority, identities: identities, faults: faults, keys: configuration.keys)
        admin = AdminRoutes(
            token: token, faults: faults, authority: authority, identities: identities, stores: stores,
            authorityCertificate: certificate)
        var hosts = configuration.hosts
        // The certificate is for it: a container's name for the machine that it runs on.
        hosts.add("host.docker.internal")
        guarding = RequestGuard(hosts: hosts)
    }

    private static func cosmosKeys(_ configuration: Emulator.Configuration) throws -> [CosmosMasterKey] {
        guard let key = CosmosMasterKey(base64Key: configuration.keys.cosmos.value) else {
            throw EmulatorError(description: "the key of Cosmos DB is not base64")
        }
        return [key]
    }

    private static func accounts(_ configuration: Emulator.Configuration) throws -> [String: SharedKeyVerifier] {
        var accounts: [String: SharedKeyVerifier] = [:]
        let standard = (name: DevelopmentAccount.storageName, keys: [configuration.keys.storage.value])
        for (name, keys) in configuration.accounts + [standard] {
            let parsed = keys.compactMap { SharedKey(account: name, base64Key: $0) }
            guard parsed.count == keys.count, !keys.isEmpty else {
                throw EmulatorError(description: "a key of the account \(name) is not base64")
            }
            accounts[name] = SharedKeyVerifier(keys: parsed)
        }
        return accounts
    }

    /// The largest body in bytes that is read for a service.
    static func bodyLimit(_ name: Name) -> Int {
        switch name {
        case .blob: BlobService.bodyLimit
        case .queue: QueueService.bodyLimit
        case .cosmos: CosmosService.bodyLimit
        case .vault: 8 << 20
        case .identity: 128 * 1024
        }
    }

    /// Answers a request to a service, with the fault that fits it, or one to the emulator itself.
    func answer(_ name: Name, _ request: HTTPRequest) async -> HTTPResponse {
        let isAdmin = request.target.rawPath.hasPrefix(AdminRoutes.prefix)
        // Storage accounts have rules for other origins, which the front end knows.
        let hasRules = !isAdmin && (name == .blob || name == .queue)
        if let problem = hasRules ? guarding.hostRefusal(of: request) : guarding.refusal(of: request) {
            return problem.response(requestID: request.id)
        }
        if isAdmin { return await admin.answer(request) }
        return await faults.answer(name.rawValue, request) { request in
            switch name {
            case .blob: await blobs.answer(request)
            case .queue: await queues.answer(request)
            case .cosmos: await cosmos.answer(request)
            case .vault: await vault.answer(request)
            case .identity: await identity.answer(request)
            }
        }
    }
}
