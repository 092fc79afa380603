import Glibc
import HTTPMessages
import HTTPServing
import Testing

@testable import ProductStack

struct PortsTests {
    @Test func theUsualPortsAreTheDocumentedOnes() {
        let ports = StackPorts(page: 8080, base: nil)
        #expect(
            [ports.page, ports.vectors, ports.chat, ports.upload, ports.history, ports.account]
                == [8080, 8000, 7071, 7072, 7073, 7074])
        #expect(
            [ports.blob, ports.queue, ports.cosmos, ports.vault, ports.identity] == [10000, 10001, 8081, 8443, 8444])
        #expect(ProductLayout.apps.map { ports.port(of: $0) } == [7071, 7072, 7073, 7074])
    }

    @Test func aBaseGivesTenConsecutivePorts() {
        let ports = StackPorts(page: 9000, base: 9100)
        let all = [
            ports.vectors, ports.chat, ports.upload, ports.history, ports.blob, ports.queue, ports.cosmos, ports.vault,
            ports.identity, ports.account,
        ]
        #expect(all == Array(9100...9109) && ports.page == 9000)
    }

    @Test func unusedPortsAreFree() throws {
        let ports = try #require(StackPorts.unused())
        #expect(ports.vectors == ports.page + 1 && ports.account == ports.page + 10)
        try ports.checkFree(usesEmulator: true)
        #expect(StackPorts.unusedRow(of: 1) != nil)
    }

    @Test(arguments: [
        ("the page", "--port"), ("vectors", "--base-port"), ("the chat app", "--base-port"),
        ("Blob Storage", "--base-port"), ("Cosmos DB", "--base-port"), ("identity", "--base-port"),
    ])
    func aPortThatIsTakenIsNamedWithItsOption(name: String, option: String) async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in HTTPResponse(.ok) }
        var ports = try #require(StackPorts.unused())
        switch name {
        case "the page": ports.page = server.port
        case "vectors": ports.vectors = server.port
        case "the chat app": ports.chat = server.port
        case "Blob Storage": ports.blob = server.port
        case "Cosmos DB": ports.cosmos = server.port
        default: ports.identity = server.port
        }
        let taken = ports
        let error = #expect(throws: StackError.self) { try taken.checkFree(usesEmulator: true) }
        #expect(
            error?.description
                == "port \(server.port) for \(name) is in use by another program. Choose another with \(option).")
        await server.shutDown()
    }

    @Test(
        arguments: [
            (8000, nil, "port 8000 is meant for the page and for vectors. Choose another --port, or --base-port."),
            (
                7073, nil,
                "port 7073 is meant for the page and for the history app. Choose another --port, or --base-port."
            ),
            (
                9000, 65_530,
                "port 65535 is meant for the account app and for Queue Storage. Choose another --port, or --base-port."
            ),
        ] as [(UInt16, UInt16?, String)])
    func twoPartsOnOnePortAreRefused(page: UInt16, base: UInt16?, problem: String) throws {
        let error = #expect(throws: StackError.self) {
            try StackPorts(page: page, base: base).checkDistinct(usesEmulator: true)
        }
        #expect(error?.description == problem)
    }

    @Test func theEmulatorsPortsDoNotMatterWhereItIsNotUsed() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in HTTPResponse(.ok) }
        var ports = try #require(StackPorts.unused())
        ports.cosmos = server.port
        let taken = ports
        #expect(throws: Never.self) { try taken.checkFree(usesEmulator: false) }
        await server.shutDown()
    }
}
