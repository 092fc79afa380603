/// The name and the keys that every Azure emulator uses. They are public and protect nothing.
///
/// Source: "Use the Azurite emulator" and "Develop locally with the Azure Cosmos DB emulator", well-known accounts.
public enum DevelopmentAccount {
    /// The storage account's name.
    public static let storageName = "devstoreaccount1"
    /// The storage account's key, in base64.
    public static let storageKey =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    /// The Cosmos DB account's master key, in base64.
    public static let cosmosKey =
        "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
}
