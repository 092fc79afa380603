package import AccessControl
import AppSetup
import Catalog
public import FunctionsRuntime
import Settings
public import Telemetry
import TelemetryExport

/// The account app's functions: who is who, and who may what.
public enum AccountFunctions {
    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        try await guarded(environment: environment, log: log).functions
    }

    /// The same, with the table of what each route asks of its caller.
    package static func guarded(environment: [String: String], log: Log) async throws -> GuardedRoutes {
        var setup = try await AppServices(
            [CatalogDatabase.self, AccessGuard.self, TelemetryExporter.self],
            secretNames: ProviderSettings.secretNames(environment), environment: environment)
        let wanted = setup.make(CatalogDatabase.self)
        let guarding = AccessGuard(&setup.settings, catalog: wanted)
        let isKnown = setup.settings.optional("APUS_PAGE_URL") != nil
        let page = isKnown ? setup.settings.url("APUS_PAGE_URL") : ""
        let known = ProviderSettings.all(&setup.settings, page: page)
        _ = setup.reportTelemetry(as: "apus-account", log: log)
        let (catalog, gate) = try setup.finish(wanted, guarding)
        var services: AccountServices?
        if let keys = gate.keys, let trail = gate.trail(log) {
            let links = SignInLinks(page: page, catalog: catalog, keys: keys)
            services = AccountServices(
                catalog: catalog, gate: gate, trail: trail, keys: keys, links: links,
                providers: known.map { OpenIDProvider($0, client: setup.client) }, log: log)
            Task { await links.printFirst(log) }
        }
        var routes = routes(gate, catalog, services)
        routes.functions.check("postgres") { try await catalog.probe() }
        return routes
    }

    /// The routes with what each asks of its caller.
    static func routes(_ gate: AccessGuard, _ catalog: CatalogDatabase, _ services: AccountServices?) -> GuardedRoutes {
        var table = AccountTable(gate, services)
        // What there is where nobody signs in, too.
        let providers = services?.providers.map(\.settings) ?? []
        table.routes.open(.get, "account/sign-in") { _ in try await SignInRoute.ways(gate, catalog, providers) }
        table.routes.personal(.get, "account/me", takesKeys: true) { request, _ in
            try await MeRoute.me(request, gate, catalog)
        }
        table.routes.personal(.get, "account/workspaces", takesKeys: true) {
            try await WorkspaceRoutes.list($0, $1, gate, catalog)
        }
        table.routes.http(.get, "account/quotas", for: .read) {
            try await QuotaRoutes(catalog: catalog.view(for: $1)).list($0, $1)
        }
        table.routes.http(.put, "account/quotas", for: .manage) {
            try await QuotaRoutes(catalog: catalog.view(for: $1)).set($0, $1)
        }
        table.routes.http(.get, "account/usage", for: .read) {
            try await PeopleUsageRoute(catalog: catalog.view(for: $1)).answer($0, $1)
        }
        addOwn(to: &table)
        addShared(to: &table)
        return table.routes
    }

    /// What is about whoever asks.
    private static func addOwn(to table: inout AccountTable) {
        table.byPassword(.post, "sign-in") { try await SignInRoute(services: $0).signIn($1) }
        table.open(.get, "oidc/{provider}/start") { try await OpenIDRoutes(services: $0).start($1) }
        table.open(.get, "oidc/{provider}/callback") { try await OpenIDRoutes(services: $0).callback($1) }
        table.open(.get, "accept") { try await AcceptRoute(services: $0).show($1) }
        table.byPassword(.post, "accept") { try await AcceptRoute(services: $0).accept($1) }
        table.open(.post, "refresh") { try await SessionRoutes(services: $0).refresh($1) }
        table.open(.post, "sign-out") { try await SessionRoutes(services: $0).signOut($1) }
        table.personal(.patch, "me") { try await MeRoute(services: $0).change($1, $2) }
        table.personal(.get, "sessions") { try await SessionRoutes(services: $0).list($2) }
        table.personal(.delete, "sessions") { try await SessionRoutes(services: $0).endOthers($2) }
        table.personal(.delete, "sessions/{sessionId}") { try await SessionRoutes(services: $0).end($1, $2) }
        table.personal(.get, "keys") { try await KeyRoutes(services: $0).list($2) }
        table.personal(.post, "keys") { try await KeyRoutes(services: $0).add($1, $2) }
        table.personal(.delete, "keys/{keyId}") { try await KeyRoutes(services: $0).remove($1, $2) }
    }

    /// What is about others.
    private static func addShared(to table: inout AccountTable) {
        table.administer(.get, "people") { services, request, _ in
            try await PeopleRoutes(services: services).list(request)
        }
        table.administer(.post, "people") { services, request, _ in
            try await PeopleRoutes(services: services).add(request)
        }
        table.administer(.patch, "people/{personId}") { services, request, _ in
            try await PeopleRoutes(services: services).change(request)
        }
        table.administer(.delete, "people/{personId}") { services, request, _ in
            try await PeopleRoutes(services: services).remove(request)
        }
        table.administer(.post, "people/{personId}/reset") { services, request, _ in
            try await PeopleRoutes(services: services).reset(request)
        }
        table.administer(.get, "audit", audited: .soon) { services, request, _ in
            try await AuditRoutes(catalog: services.catalog).list(request, of: nil)
        }
        table.administer(.get, "audit/export", audited: .soon) { services, _, _ in
            try await AuditRoutes(catalog: services.catalog).export()
        }
        table.administer(.get, "audit/state") { services, _, _ in
            try await AuditRoutes(catalog: services.catalog).state()
        }
        table.workspace(.get, "/audit", for: .manage) {
            try await AuditRoutes(catalog: $0.catalog).list($1, of: $2.workspace)
        }
        table.administer(.post, "workspaces") { try await WorkspaceRoutes(services: $0).add($1, $2) }
        table.workspace(.patch, "", for: .manage) { try await WorkspaceRoutes(services: $0).change($1, $2) }
        table.workspace(.get, "/members", for: .read) { try await WorkspaceRoutes(services: $0).members($1, $2) }
        table.workspace(.put, "/members/{personId}", for: .manage) {
            try await WorkspaceRoutes(services: $0).setMember($1, $2)
        }
        table.workspace(.delete, "/members/{personId}", for: .manage) {
            try await WorkspaceRoutes(services: $0).removeMember($1, $2)
        }
    }
}
