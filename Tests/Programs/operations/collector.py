"""A collector of OTLP over HTTP for tests: reads both encodings with OpenTelemetry's own messages."""
import contextlib, http.server, json, threading, time

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

KINDS = {
    "/v1/metrics": metrics_service_pb2.ExportMetricsServiceRequest,
    "/v1/traces": trace_service_pb2.ExportTraceServiceRequest,
}


class Collector:
    """Keeps what it is sent; may be slow, or answer with a failure."""

    def __init__(self, delay=0.0, status=200):
        self.requests, self.delay, self.status = [], delay, status
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                message = KINDS[self.path]()
                if self.headers["content-type"] == "application/json":
                    value = json.loads(body)
                    for block in value.get("resourceSpans", []):
                        for scope in block["scopeSpans"]:
                            for span in scope["spans"]:
                                outer.as_base64(span)
                    json_format.ParseDict(value, message)
                else:
                    message.ParseFromString(body)
                time.sleep(outer.delay)
                outer.requests.append((self.path, dict(self.headers), message))
                with contextlib.suppress(OSError):
                    self.send_response(outer.status)
                    self.send_header("content-length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def as_base64(span):
        """OTLP writes ids as hexadecimal digits where protobuf's JSON has base64."""
        import base64
        for value in [span, *span.get("links", [])]:
            for name in ("traceId", "spanId", "parentSpanId"):
                if name in value:
                    value[name] = base64.b64encode(bytes.fromhex(value[name])).decode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def spans(self):
        """(service, span) of everything received."""
        found = []
        for path, _, message in list(self.requests):
            if path == "/v1/traces":
                for block in message.resource_spans:
                    service = next(a.value.string_value for a in block.resource.attributes if a.key == "service.name")
                    found += [(service, span) for scope in block.scope_spans for span in scope.spans]
        return found

    def metrics(self):
        """(service, metric) of everything received."""
        found = []
        for path, _, message in list(self.requests):
            if path == "/v1/metrics":
                for block in message.resource_metrics:
                    service = next(a.value.string_value for a in block.resource.attributes if a.key == "service.name")
                    found += [(service, metric) for scope in block.scope_metrics for metric in scope.metrics]
        return found

    def wait(self, condition, limit=20):
        end = time.time() + limit
        while time.time() < end:
            if found := condition():
                return found
            time.sleep(0.1)
        raise AssertionError("what was waited for did not come")
