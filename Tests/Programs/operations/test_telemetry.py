"""Metrics, traces and logs: OTLP to a collector in both encodings, trace context from page to provider, and what the
vector service's machine exposes to Prometheus."""
import json, os, re, subprocess, time

import pytest

import model_server
import ports
import stack as stacks
from collector import Collector
from stack import PROGRAMS, Stack, request

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.fixture(scope="module", params=["http/protobuf", "http/json"])
def watched(request):
    """A stack that reports to a collector, with a language model, and the collector."""
    collector = Collector()
    with model_server.ModelServer() as model:
        stack = Stack({
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_PROTOCOL": request.param,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20secret-of-the-collector,x-tenant=apus",
            "OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_METRIC_EXPORT_INTERVAL": "500",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test", "APUS_LOG": "info",
            "APUS_MODELS": "openai:test-model,extractive", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "none",
        })
        try:
            yield stack.start(), collector, model
        finally:
            stack.remove()
            collector.close()


def ask(stack, question, **headers):
    answer = stack.call("POST", "/api/chat", {"message": question}, headers)
    assert answer.status == 200, answer.body
    return answer.json


def test_one_trace_goes_from_the_page_to_the_provider(watched):
    stack, collector, model = watched
    document = stack.upload("harbour.txt", b"The harbour master is Ada Quill. Her office is on pier nine.")
    stack.wait_settled(document.json["documents"][0]["id"])
    ask(stack, "Who is the harbour master?", traceparent=f"00-{TRACE}-{PARENT}-01", tracestate="vendor=kept")
    given = model.headers[-1]
    assert given["traceparent"].split("-")[1] == TRACE and given["tracestate"] == "vendor=kept"

    def complete():
        # Programs report when it suits them, and a step after those below it.
        spans = [(service, s) for service, s in collector.spans() if s.trace_id.hex() == TRACE]
        known = {s.span_id for _, s in spans} | {bytes.fromhex(PARENT)}
        is_whole = all(s.parent_span_id in known for _, s in spans)
        return spans if is_whole and {"apus-vm", "apus-chat"} <= {service for service, _ in spans} else None

    spans = collector.wait(complete)
    by_id = {s.span_id: s for _, s in spans}
    roots = [s for _, s in spans if s.parent_span_id not in by_id]
    assert [s.parent_span_id.hex() for s in roots] == [PARENT], "every span hangs together, below the caller's"
    names = {(service, s.name) for service, s in spans}
    assert ("apus-vm", "POST /api/chat") in names and ("apus-chat", "POST /api/chat") in names
    # The provider's span: its id is what the provider was told.
    assert given["traceparent"].split("-")[2] in {s.span_id.hex() for s in by_id.values()}
    assert all(s.end_time_unix_nano >= s.start_time_unix_nano > 1.7e18 for s in by_id.values())


def test_ingestion_belongs_to_the_trace_of_its_upload(watched):
    stack, collector, _ = watched
    trace = os.urandom(16).hex()
    answer = stack.call(
        "POST", "/api/upload?name=pier.txt", b"Pier nine was built in 1911 of oak and iron, and has a crane.",
        {"Content-Type": "text/plain", "traceparent": f"00-{trace}-{PARENT}-01"})
    stack.wait_settled(answer.json["documents"][0]["id"])

    def ingested():
        return [s for _, s in collector.spans() if s.trace_id.hex() == trace and s.name == "ingest"]

    [span] = collector.wait(ingested)[:1]
    assert span.kind == 5, "a consumer"
    assert len(span.links) == 1, "and linked to the invocation that did the work"


def test_metrics_of_every_program_arrive(watched):
    stack, collector, _ = watched
    ask(stack, "Who is the harbour master?")
    wanted = {
        "apus-chat": {"http.server.request.duration", "apus.answers", "apus.answer.tokens", "apus.retrieval.score",
                      "apus.process.starts", "process.memory.usage", "http.client.request.duration"},
        "apus-upload": {"apus.ingestion.stage.duration", "apus.ingestion.documents", "apus.queue.depth", "apus.queue.age"},
        "apus-history": {"apus.process.start.duration"},
        "apus-vm": {"http.server.request.duration"},
        "functions-host": {"functions.host.invocations", "functions.host.handler.restarts"},
        "azure-emulator": {"process.memory.usage"},
    }

    def all_there():
        found = {}
        for service, metric in collector.metrics():
            found.setdefault(service, set()).add(metric.name)
        return all(names <= found.get(service, set()) for service, names in wanted.items())

    collector.wait(all_there, limit=40)
    newest = [m for s, m in collector.metrics() if s == "apus-chat" and m.name == "http.server.request.duration"][-1]
    assert newest.unit == "s" and newest.histogram.aggregation_temporality == 2
    for point in newest.histogram.data_points:
        assert sum(point.bucket_counts) == point.count and len(point.bucket_counts) == len(point.explicit_bounds) + 1
        route = {a.key: a.value.string_value for a in point.attributes}["http.route"]
        assert not re.search(r"[0-9a-f]{8}-", route), "routes, not paths"
    attributes = [m for p, _, m in collector.requests if p == "/v1/metrics"][-1].resource_metrics[0].resource.attributes
    resource = {a.key: a.value.string_value for a in attributes}
    assert resource["deployment.environment.name"] == "test" and len(resource["service.instance.id"]) == 32
    sent = {k.lower(): v for k, v in collector.requests[-1][1].items()}
    assert sent["authorization"] == "Bearer secret-of-the-collector" and sent["x-tenant"] == "apus"


def test_logs_are_json_with_trace_ids_and_without_text_or_secrets(watched):
    stack, _, _ = watched
    trace = os.urandom(16).hex()
    ask(stack, "Who is the zzyzx harbour master?", traceparent=f"00-{trace}-{PARENT}-01")
    environment = {**os.environ, "FUNCTIONS_CUSTOMHANDLER_PORT": str(ports.take()), "APUS_LOG": "debug"}
    log = stack.read_log()
    for secret in ("zzyzx", "Ada Quill", "secret-of-the-collector", stacks.STORAGE_KEY, stacks.COSMOS_KEY, *stack.keys.values()):
        assert secret not in log, secret
    # What a program itself writes, before `apus up` makes it readable.
    broken = subprocess.run(
        [f"{PROGRAMS}/history-function"], env={k: v for k, v in environment.items() if not k.startswith("APUS_D")},
        capture_output=True, text=True, timeout=20)
    for line in broken.stderr.splitlines():
        assert {"time", "level", "label", "message"} <= json.loads(line).keys()


def test_log_lines_carry_the_request_s_trace(tmp_path):
    port = ports.take()
    process = subprocess.Popen(
        [f"{PROGRAMS}/vm-server", "--vectors-only", "--no-embeddings", "--data", str(tmp_path), "--vectors-port", str(port),
         "--slow-ms", "1"], stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(100):
            try:
                request("GET", f"http://127.0.0.1:{port}/api/v2/heartbeat")
                break
            except OSError:
                time.sleep(0.05)
        body = json.dumps({"name": "a" * 10}).encode()
        lines = []
        for _ in range(50):
            # Making a database syncs to the disk, which is slower than a millisecond.
            name = json.dumps({"name": "d" + os.urandom(6).hex()}).encode()
            request("POST", f"http://127.0.0.1:{port}/api/v2/tenants/default_tenant/databases", name,
                    {"Content-Type": "application/json", "traceparent": f"00-{TRACE}-{PARENT}-01"})
    finally:
        process.terminate()
        lines = [json.loads(line) for line in process.communicate(timeout=20)[1].splitlines()]
    slow = [line for line in lines if line["message"] == "slow request"]
    assert slow and all(line["traceId"] == TRACE and len(line["spanId"]) == 16 for line in slow)


# A collector that does not do its part


@pytest.mark.parametrize("kind", ["absent", "slow", "failing"])
def test_a_bad_collector_never_slows_or_fails_a_request(kind):
    collector = None if kind == "absent" else Collector(delay=30 if kind == "slow" else 0, status=503)
    url = collector.url if collector else f"http://127.0.0.1:{ports.take()}"
    stack = Stack({
        "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_TIMEOUT": "1000", "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "100", "OTEL_BSP_MAX_QUEUE_SIZE": "20"})
    try:
        stack.start()
        for index in range(30):
            started = time.time()
            answer = stack.call("POST", "/api/ask", {"question": f"What is in document {index}?"})
            assert answer.status == 200
            assert time.time() - started < 5, "an exporter's wait is never a caller's"
        if kind != "slow":
            assert stack.read_log().count("telemetry cannot be exported") <= 24, "said once for each program and reason"
        started = time.time()
        stack.stop()
        assert time.time() - started < 20, "and an end does not wait for it for long"
    finally:
        stack.remove()
        if collector:
            collector.close()


def test_wrong_settings_are_named_all_at_once():
    environment = {
        "FUNCTIONS_CUSTOMHANDLER_PORT": str(ports.take()), "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_SAMPLER": "sometimes", "OTEL_EXPORTER_OTLP_HEADERS": "nonsense",
        "OTEL_METRIC_EXPORT_INTERVAL": "soon", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
    result = subprocess.run([f"{PROGRAMS}/history-function"], env=environment, capture_output=True, text=True, timeout=20)
    assert result.returncode == 1
    for name in environment.keys() - {"FUNCTIONS_CUSTOMHANDLER_PORT"}:
        assert name in result.stderr, name


# The machine that sums up


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    port = ports.take()
    process = subprocess.Popen(
        [f"{PROGRAMS}/vm-server", "--vectors-only", "--no-embeddings", "--data", str(tmp_path_factory.mktemp("v")),
         "--vectors-port", str(port)], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            request("GET", url + "/api/v2/heartbeat")
            break
        except OSError:
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(20)


def values(url, name):
    """Values by labels of a metric in `/metrics`."""
    found = {}
    for line in request("GET", url + "/metrics").body.decode().splitlines():
        if match := re.match(rf"{name}(?:{{(.*)}})? (\S+)$", line):
            found[match[1] or ""] = float(match[2])
    return found


def test_the_sdk_s_own_exporter_is_understood(gateway):
    from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.resources import Resource
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], Resource({"service.name": "shop", "service.instance.id": "1"}), shutdown_on_exit=False)
    meter = provider.get_meter("test")
    counter = meter.create_counter("orders", unit="1", description='Orders with "quotes" and \\ slashes')
    histogram = meter.create_histogram("wait.time", unit="s")
    meter.create_observable_gauge("queue.length", [lambda _: [__import__("opentelemetry").metrics.Observation(7)]])
    counter.add(3, {"kind": 'a "b"\n'})
    histogram.record(0.2)
    def send():
        body = encode_metrics(reader.get_metrics_data()).SerializeToString()
        return request("POST", gateway + "/v1/metrics", body, {"Content-Type": "application/x-protobuf"})
    assert send().status == 200
    counter.add(2, {"kind": 'a "b"\n'})
    assert send().status == 200
    assert values(gateway, "orders_total") == {'kind="a \\"b\\"\\n",service="shop"': 5}
    assert values(gateway, "queue_length") == {'instance="1",service="shop"': 7}
    assert values(gateway, "wait_time_seconds_count") == {'service="shop"': 1}


def report(instance, value, start, temporality=2):
    return {"resourceMetrics": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "chat"}},
            {"key": "service.instance.id", "value": {"stringValue": instance}}]},
        "scopeMetrics": [{"metrics": [{"name": "sum.of.all", "sum": {
            "isMonotonic": True, "aggregationTemporality": temporality, "dataPoints": [
                {"asInt": str(value), "startTimeUnixNano": str(start), "timeUnixNano": str(time.time_ns())}]}}]}]}]}


def test_sums_survive_their_instances(gateway):
    now = time.time_ns()
    def total():
        return sum(values(gateway, "sum_of_all_total").values())
    def send(*arguments):
        assert request("POST", gateway + "/v1/metrics", report(*arguments)).status == 200
    send("a", 10, now)
    assert total() == 10, "a new instance's first report counts"
    send("a", 12, now)
    send("b", 5, now)
    assert total() == 17
    send("a", 3, now)
    assert total() == 20, "an instance that counts anew"
    send("old", 1000, now - 10**13)
    assert total() == 20, "what an instance did before this process began was counted by the one before"
    send("old", 1001, now - 10**13)
    assert total() == 21
    send("d", 4, now, 1)
    send("d", 4, now, 1)
    assert total() == 29, "reports of growth"


def test_bad_reports_are_refused_and_leave_everything_as_it_is(gateway):
    kinds = {"json": "application/json", "protobuf": "application/x-protobuf"}
    for body, kind, status in [
        (b"{", "json", 400), (b"\x0a\xff\xff\xff\xff\xff", "protobuf", 400), (b"\x0f", "protobuf", 400),
        (b"\x0a\x7f" * 3000, "protobuf", 400), (b"x" * (5 << 20), "json", 413),
    ]:
        assert request("POST", gateway + "/v1/metrics", body, {"Content-Type": kinds[kind]}).status == status
    assert request("POST", gateway + "/v1/metrics", b"", {"Content-Type": "text/plain"}).status == 415
    packed = {"Content-Type": kinds["json"], "Content-Encoding": "gzip"}
    refusal = request("POST", gateway + "/v1/metrics", b"x", packed)
    assert refusal.status == 415 and "OTEL_EXPORTER_OTLP_COMPRESSION" in refusal.json["detail"]
    other = report("a", 1, 1)
    other["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0].pop("sum")
    other["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["gauge"] = {"dataPoints": [{"asDouble": 1}]}
    answer = request("POST", gateway + "/v1/metrics", other)
    assert answer.status == 200 and answer.json["partialSuccess"]["rejectedDataPoints"] == "1"


def test_spans_go_on_to_the_collector_behind_it(tmp_path):
    collector, port = Collector(), ports.take()
    process = subprocess.Popen(
        [f"{PROGRAMS}/vm-server", "--vectors-only", "--no-embeddings", "--data", str(tmp_path), "--vectors-port", str(port)],
        env={**os.environ, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector.url + "/v1/traces",
             "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-key=of-the-collector"}, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    span = {"traceId": TRACE, "spanId": PARENT, "name": "of a handler", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    report = {"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "chat"}}]},
        "scopeSpans": [{"spans": [span]}]}]}
    try:
        for _ in range(100):
            try:
                assert request("POST", url + "/v1/traces", report).status == 200
                break
            except OSError:
                time.sleep(0.05)
        [(service, received)] = [s for s in collector.wait(collector.spans) if s[1].name == "of a handler"]
        assert service == "chat" and received.trace_id.hex() == TRACE
        assert {k.lower(): v for k, v in collector.requests[0][1].items()}["x-key"] == "of-the-collector"
        collector.status = 503
        assert request("POST", url + "/v1/traces", report).status == 503
    finally:
        process.terminate()
        process.wait(20)
        collector.close()


def test_what_is_exposed_is_valid(gateway):
    request("POST", gateway + "/v1/metrics", report("z", 1, time.time_ns()))
    text = request("GET", gateway + "/metrics").body
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    # Code 3 is about style: units of gauges and the like.
    assert result.returncode in (0, 3), result.stderr.decode() + text.decode()[:500]
