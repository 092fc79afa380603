public import ProgramSupport
import Settings

extension Emulator {
    /// What the program says of itself.
    public static let summary = """
        Azure's Blob and Queue Storage, Cosmos DB for NoSQL, Key Vault secrets and identities for one machine.

        Every port speaks http and https. The accounts are devstoreaccount1 and Cosmos DB's local one with the emulators'
        well-known public keys, unless APUS_EMULATOR_STORAGE_KEY and APUS_EMULATOR_COSMOS_KEY are set. https is signed by
        an authority of the data folder's own: trust ca.pem. Tests find faults, a reset and a list of everything held
        under /_emulator/ on every port, with the token of the file admin-token. The first log line names both files.

        Emulated, operation by operation (docs/parts/azure-emulator.md has the details):
          blob      containers, block blobs, blocks, ranges, metadata, tags, conditions, leases, snapshots, copies, batches,
                    listings, shared access signatures of all kinds, stored policies, rules for other origins
          queue     queues, messages, metadata, stored policies, shared access signatures
          cosmos    databases, containers, items, patch, transactional batch, queries, change feed, time to live, unique
                    keys, hierarchical partition keys, throughput, partition key ranges and query plans
          vault     secrets with versions, soft delete, recovery, purge, backup and restore
          identity  /msi/token of Functions, /metadata/identity/oauth2/token of virtual machines,
                    /TENANT/oauth2/v2.0/token for client secrets (apus-local-client-secret) and workload identities
        Refused with the services' own errors: page and append blobs, soft-deleted blobs and blob versions, customer's
        encryption keys, tables and files, stored procedures, triggers, functions, Key Vault's keys and certificates.
        """

    /// The program's command line.
    public static let options: [ProgramOptions.Option] = [
        .init("data", "DIR", "Folder of the data (default .apus/azure)."),
        .init(
            "address", "IP",
            "IPv4 address to listen on (default 127.0.0.1; its keys are public unless you set others, so beware)."),
        .init("blob-port", "PORT", "Port of Blob Storage (default 10000; 0 lets the system choose)."),
        .init("queue-port", "PORT", "Port of Queue Storage (default 10001)."),
        .init("cosmos-port", "PORT", "Port of Cosmos DB (default 8081)."),
        .init("vault-port", "PORT", "Port of Key Vault (default 8443)."),
        .init("identity-port", "PORT", "Port of the identity endpoints (default 8444)."),
        .init(
            "identity-header", "TEXT",
            "What IDENTITY_HEADER has to be (default apus-local-identity, or APUS_EMULATOR_IDENTITY_HEADER)."),
        .init("identity", "NAME[:CLIENT_ID]", "A user-assigned identity; may be repeated."),
        .init("account", "NAME:KEY[:KEY2]", "A further storage account; may be repeated."),
        .init("strict", nil, "Cosmos DB with 4 partition key ranges, as demanding as the real gateway."),
    ]
}

extension Emulator.Configuration {
    /// What the command line asks for; ends the program where it cannot be understood.
    ///
    /// - Parameter keys: Those of the environment.
    public init(_ options: ProgramOptions, keys: EmulatorKeys = .wellKnown) {
        self.init()
        self.keys = keys
        dataDirectory = options.value("data") ?? dataDirectory
        address = options.value("address") ?? address
        blobPort = options.port("blob-port", default: blobPort)
        queuePort = options.port("queue-port", default: queuePort)
        cosmosPort = options.port("cosmos-port", default: cosmosPort)
        vaultPort = options.port("vault-port", default: vaultPort)
        identityPort = options.port("identity-port", default: identityPort)
        if let header = options.value("identity-header") { self.keys.identityHeader = Secret(header) }
        partitionRanges = options.flag("strict") ? 4 : 1
        for identity in options.all("identity") {
            let parts = identity.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(parts.count), UserIdentities.isName(parts[0]),
                parts.count == 1 || UserIdentities.isID(parts[1])
            else { options.fail("--identity has to be NAME or NAME:CLIENT_ID, whose client id is a UUID") }
            identities.append((parts[0], parts.count == 2 ? parts[1] : nil))
        }
        for account in options.all("account") {
            let parts = account.split(separator: ":").map(String.init)
            guard (2...3).contains(parts.count) else { options.fail("--account has to be NAME:KEY or NAME:KEY1:KEY2") }
            accounts.append((parts[0], Array(parts.dropFirst())))
        }
    }
}
