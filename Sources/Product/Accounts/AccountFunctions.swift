import AccessControl
import AppSetup
import Catalog
public import FunctionsRuntime
import Problems
public import Telemetry
import TelemetryExport

/// The account app's functions: who is who, and who may what.
public enum AccountFunctions {
    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        var services = try await AppServices([CatalogDatabase.self, TelemetryExporter.self], environment: environment)
        let wanted = services.make(CatalogDatabase.self)
        _ = services.reportTelemetry(as: "apus-account", log: log)
        let catalog = try services.finish(wanted)
        var routes = GuardedRoutes(AccessGuard())
        routes.http(.get, "account/me", for: .read) { _, access in
            HTTPResponse(
                json: [
                    "person": .null, "workspace": .string(access.workspace), "role": .string(access.role.rawValue),
                    "administrator": .bool(access.isAdministrator),
                ])
        }
        routes.functions.check("postgres") { try await catalog.probe() }
        return routes.functions
    }
}
