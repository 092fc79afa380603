import Settings
import Telemetry
import TelemetryExport
import Testing

@Suite struct ExportSettingsTests {
    private func read(_ environment: [String: String]) throws -> ExportSettings {
        var settings = SettingsReader(environment)
        let result = ExportSettings(&settings, service: "apus-chat")
        try settings.finish()
        return result
    }

    @Test func nothingIsExportedUnlessAnAddressIsGiven() throws {
        let settings = try read([:])
        #expect(settings.metrics == nil && settings.traces == nil)
        #expect(settings.serviceName == "apus-chat")
    }

    @Test func theCommonAddressGetsPathsAndTheOwnOneIsComplete() throws {
        let settings = try read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://other/t",
        ])
        #expect(settings.metrics?.url == "http://collector:4318/v1/metrics")
        #expect(settings.traces?.url == "https://other/t")
        #expect(settings.metrics?.isProtobuf == true)
    }

    @Test func headersAndResourcesAreDecoded() throws {
        let settings = try read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a=b%20c, d=e=f",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "m=1",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.name=other",
        ])
        #expect(Dictionary(uniqueKeysWithValues: settings.traces?.headers ?? []) == ["a": "b c", "d": "e=f"])
        #expect(settings.metrics?.headers.map(\.name) == ["m"])
        #expect(settings.resource == ["deployment.environment.name": "test"])
        #expect(settings.serviceName == "other")
    }

    @Test func eachKindCanBeSwitchedOff() throws {
        let base = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"]
        #expect(try read(base.merging(["OTEL_SDK_DISABLED": "TRUE"]) { $1 }).metrics == nil)
        #expect(try read(base.merging(["OTEL_TRACES_EXPORTER": "none"]) { $1 }).traces == nil)
        #expect(try read(base.merging(["OTEL_TRACES_EXPORTER": "none"]) { $1 }).metrics != nil)
    }

    @Test(arguments: [
        ("always_on", 1.0, false), ("always_off", 0, false), ("traceidratio", 0.25, false),
        ("parentbased_traceidratio", 0.25, true), ("parentbased_always_off", 0, true),
    ])
    func samplersAreThoseOfTheSpecification(_ name: String, _ ratio: Double, _ followsParent: Bool) throws {
        let settings = try read(["OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": "0.25"])
        #expect(settings.sampler == .init(ratio: ratio, followsParent: followsParent))
    }

    @Test(arguments: [
        "OTEL_EXPORTER_OTLP_ENDPOINT": "collector", "OTEL_TRACES_SAMPLER": "x", "OTEL_METRIC_EXPORT_INTERVAL": "-1",
        "OTEL_RESOURCE_ATTRIBUTES": "%", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "both",
    ])
    func whatIsWrongIsNamed(_ name: String, _ value: String) {
        do {
            _ = try read([name: value])
            Issue.record("\(name)=\(value) was taken")
        } catch { #expect("\(error)".contains(name)) }
    }
}
