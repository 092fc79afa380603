"""What the handler is sent and what its answers become, in the three modes (docs/reference/functions-custom-handlers.md, 3 to 5)."""
import base64, json, re, socket, threading, time

import pytest

from functions import HTTP_OUT, http_in
from stack import request

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def text_of(value):
    """Unwraps a value that is JSON inside a string."""
    return json.loads(value)


class TestEnvelope:
    @pytest.fixture(scope="class")
    @classmethod
    def app(cls, make_shared):
        app = make_shared.app()
        app.http("ask", route="notes/{notebook:alpha}/{page:int?}").http("plain").http("answer").http("returned", output={**HTTP_OUT, "name": "$return"})
        app.host = make_shared.host(app)
        return app

    def sent(self, app, method, path, body=None, headers=None):
        count = len(app.requests)
        app.host.call(method, path, body, headers)
        entry = app.requests[count]
        return entry, json.loads(entry["body"])

    @pytest.mark.section("3.1")
    def test_request_line_and_fields(self, app):
        entry, _ = self.sent(app, "PUT", "/api/plain?x=1", b"", {"X-Own": "1"})
        fields = entry["fields"]
        assert entry["method"] == "POST" and entry["path"] == "/plain"
        assert fields["content-type"] == "application/json; charset=utf-8"
        assert UUID.match(fields["x-azure-functions-invocationid"]) and fields["x-azure-functions-hostversion"].count(".") == 3
        assert fields["user-agent"] == "Azure-Functions-Host/" + fields["x-azure-functions-hostversion"]
        assert re.match(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", fields["traceparent"])
        assert fields["host"].startswith("127.0.0.1:") and "x-own" not in fields

    @pytest.mark.section("3.3")
    def test_request_object(self, app):
        _, envelope = self.sent(app, "POST", "/api/notes/birds?lang=en&lang=de&code=secret&e=", b'{"question":"What?","n":12,"o":{"a":1},"l":[1]}', {"Content-Type": "application/json", "X-Twice": "a"})
        call, metadata = envelope["Data"]["req"], envelope["Metadata"]
        assert call["Url"].endswith("/api/notes/birds?lang=en&lang=de&code=secret&e=") and call["Method"] == "POST"
        assert call["Query"] == {"lang": "en,de", "code": "secret", "e": ""}
        assert call["Headers"]["X-Twice"] == ["a"] and call["Params"] == {"notebook": "birds", "page": None}
        assert call["Body"] == '{"question":"What?","n":12,"o":{"a":1},"l":[1]}' and call["Identities"] == []
        assert metadata["Headers"]["X-Twice"] == "a" and metadata["Query"]["lang"] == "en,de"
        assert text_of(metadata["lang"]) == "en,de" and text_of(metadata["notebook"]) == "birds"
        assert text_of(metadata["question"]) == "What?" and text_of(metadata["n"]) == "12" and metadata["o"] == {"a": 1}
        assert "code" not in metadata and "l" not in metadata and "req" not in metadata
        assert metadata["sys"]["MethodName"] == "ask" and metadata["sys"]["UtcNow"].endswith("Z") and UUID.match(metadata["sys"]["RandGuid"])

    @pytest.mark.section("3.3")
    @pytest.mark.parametrize("content_type,body,expected", [
        ("application/octet-stream", b"\0\1\xff", base64.b64encode(b"\0\1\xff").decode()),
        ("multipart/form-data; boundary=b", b"--b--", base64.b64encode(b"--b--").decode()),
        ("text/plain", b"text", "text"), ("application/json", b"{ \"a\" : 1 }", '{ "a" : 1 }'), ("image/png", b"png", "png"),
    ])
    def test_bodies_by_content_type(self, app, content_type, body, expected):
        _, envelope = self.sent(app, "POST", "/api/plain", body, {"Content-Type": content_type})
        assert envelope["Data"]["req"]["Body"] == expected

    @pytest.mark.section("3.3")
    def test_no_body_and_a_chunked_one_are_absent(self, app):
        _, envelope = self.sent(app, "GET", "/api/plain")
        assert "Body" not in envelope["Data"]["req"] and envelope["Data"]["req"]["Query"] == {}
        count = len(app.requests)
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"POST /api/plain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            assert peer.recv(1000).startswith(b"HTTP/1.1 204")
        assert "Body" not in json.loads(app.requests[count]["body"])["Data"]["req"]

    @pytest.mark.section("3.6")
    @pytest.mark.parametrize("answer,status,body", [
        (dict(json={}), 204, b""), (dict(json={"unknown": 1}), 204, b""),
        (dict(json={"outputs": {"res": {"statusCode": 201, "body": "x"}}}), 201, b"x"),
        (dict(json={}, status=202), 204, b""), (dict(json={}, headers={"Content-Type": "text/json"}), 204, b""),
        (dict(json={}, status=404), 500, b""), (dict(json={}, status=500), 500, b""), (dict(body="text"), 500, b""),
        (dict(body="no json", headers={"Content-Type": "application/json"}), 500, b""), (dict(body="{}", headers={"Content-Type": "text/plain"}), 500, b""),
        (dict(json=[1]), 500, b""), (dict(raw=base64.b64encode(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{").decode()), 500, b""),
    ])
    def test_answers(self, app, answer, status, body):
        app.answer("/answer", **answer)
        result = app.host.call("GET", "/api/answer")
        assert (result.status, result.body) == (status, body)

    @pytest.mark.section("3.6")
    @pytest.mark.inferred
    @pytest.mark.parametrize("answer", [dict(json=None), dict(body="", headers={"Content-Type": "application/json"})])
    def test_null_and_empty_answers_fail_at_once(self, app, answer):
        app.answer("/answer", **answer)
        assert app.host.call("GET", "/api/answer").status == 500
        app.host.until_log("at least {}")

    @pytest.mark.section("3.6")
    @pytest.mark.inferred
    def test_with_strict_a_null_answer_lasts_until_the_time_is_up(self, make):
        app = make.app(functionTimeout="00:00:01").http("a").answer("/a", json=None)
        began = time.time()
        assert make.host(app, "--strict").call("GET", "/api/a").status == 500 and time.time() - began > 0.9

    @pytest.mark.section("3.6")
    def test_redirects_are_followed_within_the_handler(self, app):
        app.answer("/answer", status=307, headers={"Location": "/elsewhere"}).output("elsewhere", {"res": {"body": "there"}})
        assert app.host.call("GET", "/api/answer").body == b"there"
        app.answer("/answer", status=302, headers={"Location": "http://192.0.2.1/x"})
        assert app.host.call("GET", "/api/answer").status == 500
        app.answer("/answer", status=308, headers={"Location": "/answer"})
        assert app.host.call("GET", "/api/answer").status == 500

    @pytest.mark.section("3.6")
    def test_logs_in_order(self, app):
        app.answer("/answer", json={"Logs": ["first line", "second line", 3]})
        app.host.call("GET", "/api/answer")
        app.host.until_log("(?s)first line.*second line.*answer +3\n")

    @pytest.mark.section("3.7")
    @pytest.mark.parametrize("output,status,body", [
        ({"statusCode": "404", "body": "x"}, 404, b"x"), ({"StatusCode": 201, "status": 500}, 201, b""),
        ({"status": 404, "body": "x"}, 200, b"x"), ({"statusCode": "junk"}, 200, b""), ({"body": None}, 200, b""),
        ({"body": True}, 200, b"True"), ({"body": {"a": [1]}}, 200, b'{\n  "a": [\n    1\n  ]\n}'), ('{"statusCode":202}', 202, b""),
        ("text", 500, b""), (5, 500, b""), ([], 500, b""), (None, 500, b""), ({"headers": {"a": None}}, 500, b""),
        ({"body": "aGVsbG8="}, 200, b"aGVsbG8="),
    ])
    def test_named_outputs(self, app, output, status, body):
        app.output("answer", {"res": output})
        result = app.host.call("GET", "/api/answer")
        assert (result.status, result.body) == (status, body)

    @pytest.mark.section("3.7")
    @pytest.mark.inferred
    def test_outputs_without_the_response(self, app):
        app.output("answer", {})
        result = app.host.call("GET", "/api/answer")
        assert (result.status, result.body) == (200, b"{}")
        app.output("answer", None)
        assert app.host.call("GET", "/api/answer").status == 204

    @pytest.mark.section("3.7")
    def test_fields_of_the_response(self, app):
        app.output("answer", {"res": {"headers": {"Content-Type": "application/json", "X-N": 5, "Set-Cookie": "a=b", "x-n": 6}, "body": "{}"}})
        fields = app.host.call("GET", "/api/answer").headers
        assert fields["Content-Type"] == "application/json; charset=utf-8" and fields.get_all("X-N") == ["5"] and fields["Set-Cookie"] == "a=b"
        app.output("answer", {"res": {"body": {}}})
        assert app.host.call("GET", "/api/answer").headers["Content-Type"] == "text/plain; charset=utf-8"
        # A line end in a value cannot make a field of its own.
        app.output("answer", {"res": {"headers": {"X-A": "1\r\nX-Evil: 2"}, "body": ""}})
        assert "X-Evil" not in app.host.call("GET", "/api/answer").headers

    @pytest.mark.section("3.8")
    @pytest.mark.parametrize("value,status,body", [
        ("plain text!", 200, b"plain text!"), (base64.b64encode(b"\0\xff").decode(), 200, b"\0\xff"), ("test", 200, base64.b64decode("test")),
        ({"statusCode": 201, "status": 500, "body": "x"}, 201, b"x"), ({"status": "404", "body": "x"}, 404, b"x"), ({"a": 1}, 200, b'{"a":1}'),
    ])
    def test_returned_values(self, app, value, status, body):
        app.answer("/returned", json={"ReturnValue": value})
        result = app.host.call("GET", "/api/returned")
        assert (result.status, result.body) == (status, body)

    @pytest.mark.section("3.8")
    def test_a_return_value_without_its_binding_counts_as_outputs(self, app):
        app.answer("/answer", json={"Outputs": {"res": {"body": "old"}}, "ReturnValue": {"res": {"body": "new"}}})
        assert app.host.call("GET", "/api/answer").body == b"new"

    @pytest.mark.section("3.5")
    def test_retries_of_an_http_function(self, make):
        policy = {"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00.1"}
        app = make.app(retry=policy).http("a").http("own", retry={**policy, "maxRetryCount": 1})
        app.answer("/a", fail_times=2, failure={"status": 500}, success={"json": {"Outputs": {"res": {"body": "at last"}}}})
        app.answer("/own", status=500)
        host = make.host(app)
        assert host.call("GET", "/api/a").body == b"at last"
        contexts = [e["Metadata"]["RetryContext"] for e in app.envelopes]
        assert [(c["RetryCount"], c["MaxRetryCount"]) for c in contexts] == [(0, 2), (1, 2), (2, 2)]
        assert contexts[0]["Exception"] is None and isinstance(contexts[1]["Exception"], dict)
        assert len({e["fields"]["x-azure-functions-invocationid"] for e in app.requests}) == 3
        assert host.call("GET", "/api/own").status == 500
        assert [e["path"] for e in app.requests].count("/own") == 2
        plain = make.app().http("a")
        make.host(plain).call("GET", "/api/a")
        assert "RetryContext" not in plain.envelopes[0]["Metadata"]


class TestForwarding:
    @pytest.fixture(scope="class")
    @classmethod
    def app(cls, make_shared):
        app = make_shared.app("forwarding")
        app.http("plain").http("two", more=[{"type": "queue", "direction": "out", "name": "q", "queueName": "q"}])
        app.host = make_shared.host(app, environment={"AzureWebJobsStorage": "UseDevelopmentStorage=true"})
        return app

    def sent(self, app, *arguments):
        count = len(app.requests)
        answer = app.host.call(*arguments)
        return app.requests[count], answer

    @pytest.mark.section("4")
    def test_request(self, app):
        entry, _ = self.sent(app, "PUT", "/api/plain?a=1&b=%20x&a=2", b"\0body", {
            "Content-Type": "text/odd", "X-Own": "1", "Content-Encoding": "none", "Content-Language": "de", "x-functions-key": "k", "User-Agent": "me"})
        fields = entry["fields"]
        assert entry["method"] == "PUT" and entry["path"].startswith("/api/plain?") and entry["body"] == b"\0body"
        import urllib.parse
        assert urllib.parse.parse_qs(entry["path"].split("?")[1]) == {"a": ["1,2"], "b": [" x"]}
        assert fields["content-type"] == "text/odd" and fields["x-own"] == "1" and fields["x-functions-key"] == "k"
        assert "content-encoding" not in fields and "content-language" not in fields
        assert fields["user-agent"].startswith("me Azure-Functions-Host/") and UUID.match(fields["x-azure-functions-invocationid"])
        assert fields["host"] == f"127.0.0.1:{app.host.port}"

    @pytest.mark.section("4")
    @pytest.mark.parametrize("status", [200, 201, 302, 404, 500, 503])
    def test_answers_pass_unchanged(self, app, status):
        app.answer("/api/plain", status=status, headers={"X-A": "1", "Location": "/x", "Content-Type": "image/x"}, body64=base64.b64encode(b"\0\1").decode())
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"GET /api/plain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: peer.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 %d " % status) and b"X-A: 1\r\n" in answer and b"Content-Type: image/x\r\n" in answer and answer.endswith(b"\0\1")

    @pytest.mark.section("4")
    def test_a_chunked_upload_loses_its_body(self, app):
        count = len(app.requests)
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"POST /api/plain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            assert peer.recv(1000).startswith(b"HTTP/1.1")
        assert app.requests[count]["body"] == b""

    @pytest.mark.section("4")
    def test_other_functions_get_the_envelope(self, app):
        app.output("two", {"res": {"body": "enveloped"}})
        entry, answer = self.sent(app, "GET", "/api/two")
        assert entry["path"] == "/two" and answer.body == b"enveloped"

    @pytest.mark.section("1.2")
    def test_the_deprecated_section_forwards_to_the_functions_name(self, make):
        app = make.app().http("a", route="other/way")
        app.write("host.json", {"version": "2.0", "httpWorker": {"description": app.host_json["customHandler"]["description"]}})
        app.answer("/a", body="by name")
        host = make.host(app)
        assert host.call("GET", "/api/other/way").body == b"by name"
        host.until_log("deprecated")


class TestProxying:
    @pytest.fixture(scope="class")
    @classmethod
    def app(cls, make_shared):
        app = make_shared.app("proxying")
        app.http("plain").http("stream")
        app.host = make_shared.host(app, environment={"APUS_ALLOWED_HOSTS": "own.example"})
        return app

    @pytest.mark.section("5")
    def test_request(self, app):
        count = len(app.requests)
        app.host.call("PUT", "/api/plain?a=1&a=2&b=%20", b"\0body", {
            "Content-Type": "text/odd", "Content-Encoding": "none", "User-Agent": "me", "X-Azure-Functions-InvocationId": "forged", "TE": "trailers", "Host": "own.example"})
        entry = app.requests[count]
        fields = entry["fields"]
        assert entry["method"] == "PUT" and entry["path"] == "/api/plain?a=1&a=2&b=%20" and entry["body"] == b"\0body"
        assert fields["content-encoding"] == "none" and fields["user-agent"] == "me" and fields["host"] == "own.example"
        assert UUID.match(fields["x-azure-functions-invocationid"]) and fields["x-ms-invocation-id"] == fields["x-azure-functions-invocationid"]
        assert "te" not in fields and not any(name.startswith("x-forwarded") for name in fields)

    @pytest.mark.section("5")
    def test_fields_of_one_connection_end_with_it(self, app):
        count = len(app.requests)
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"GET /api/plain HTTP/1.1\r\nHost: localhost\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nX-Kept: 1\r\n"
                         b"Authorization: Bearer apus_a\r\nCookie: __Host-t=a.b.c; __Secure-r=\"x, y\"\r\n\r\n")
            peer.recv(1000)
        fields = app.requests[count]["fields"]
        assert not {"x-hop", "connection", "keep-alive", "proxy-authorization"} & set(fields) and fields["x-kept"] == "1"
        # Who asks is the handler's to verify.
        assert fields["authorization"] == "Bearer apus_a" and fields["cookie"] == '__Host-t=a.b.c; __Secure-r="x, y"'

    @pytest.mark.section("5")
    @pytest.mark.parametrize("status", [200, 204, 304, 404, 500])
    def test_answers_pass_unchanged(self, app, status):
        app.answer("/api/plain", status=status, headers={"Set-Cookie": ["a=1", "b=2"], "X-A": "1"}, body="" if status in (204, 304) else "text")
        answer = app.host.call("GET", "/api/plain")
        assert answer.status == status and answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"] and answer.headers["X-A"] == "1"
        assert answer.body == (b"" if status in (204, 304) else b"text")
        head = app.host.call("HEAD", "/api/plain")
        assert head.status == status and head.body == b""

    @pytest.mark.section("5")
    def test_answers_stream(self, app):
        app.answer("/api/stream", headers={"Content-Type": "text/event-stream"}, stream=[[0, "data: one\n\n"], [0.5, "data: two\n\n"]])
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            began, got = time.time(), b""
            while b"one" not in got:
                got += peer.recv(1000)
            first = time.time() - began
            while not got.endswith(b"0\r\n\r\n"):
                got += peer.recv(1000)
        assert first < 0.4 and b"data: two" in got and time.time() - began > 0.45

    @pytest.mark.section("5")
    def test_requests_stream(self, app):
        """A chunked upload of unknown length arrives while it is still being sent."""
        app.answer("/api/plain", body="done")
        count = len(app.requests)
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"POST /api/plain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(50):
                peer.sendall(b"4000\r\n" + b"a" * 0x4000 + b"\r\n")
            peer.sendall(b"0\r\n\r\n")
            assert peer.recv(1000).startswith(b"HTTP/1.1 200")
        assert app.requests[count]["body"] == b"a" * 0x4000 * 50

    @pytest.mark.section("5")
    def test_an_early_answer_passes_while_the_request_is_still_coming(self, app):
        app.answer("/api/plain", status=413, body="too much", ignore_body=True, headers={"Connection": "close"})
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"POST /api/plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n" + b"a" * 1000)
            peer.settimeout(5)
            assert peer.recv(1000).startswith(b"HTTP/1.1 413")

    @pytest.mark.section("5")
    def test_expectations_are_met_when_the_body_is_wanted(self, app):
        app.answer("/api/plain", body="done")
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"POST /api/plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            peer.settimeout(5)
            assert peer.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            peer.sendall(b"body")
            assert peer.recv(1000).startswith(b"HTTP/1.1 200")

    @pytest.mark.section("5")
    def test_a_caller_that_leaves_ends_the_handlers_connection(self, make):
        app = make.app("proxying").http("a")
        host = make.host(app)
        app.answer("/api/a", stream=[[0.05, "y" * 100_000]], repeat=200)
        with socket.create_connection(("127.0.0.1", host.port)) as peer:
            peer.sendall(b"GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n")
            peer.recv(100)
        host.until_log("result=the caller left", limit=5)
        assert "ERROR" not in host.log

    @pytest.mark.section("5")
    def test_a_slow_caller_holds_the_handler_back(self, make):
        """What the caller does not read is not gathered in the host."""
        app = make.app("proxying").http("a").answer("/api/a", stream=[[0, "y" * 1_000_000]], repeat=300)
        host = make.host(app)
        with socket.create_connection(("127.0.0.1", host.port)) as peer:
            peer.sendall(b"GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(2)
            with open(f"/proc/{host.process.pid}/status") as file:
                resident = int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024
        assert resident < 60, resident

    @pytest.mark.section("5")
    def test_a_broken_answer_breaks_the_callers(self, app):
        app.answer("/api/stream", stream=[[0, "part"]], cut=True)
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            got = b"".join(iter(lambda: peer.recv(65536), b""))
        assert b"part" in got and not got.endswith(b"0\r\n\r\n")

    @pytest.mark.section("5")
    @pytest.mark.parametrize("raw", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"])
    def test_no_answer_at_all(self, app, raw):
        app.answer("/api/plain", raw=base64.b64encode(raw).decode())
        assert app.host.call("GET", "/api/plain").status == 502

    @pytest.mark.section("5")
    def test_protocols_can_be_switched(self, app):
        app.answer("/api/plain", upgrade="shout")
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.settimeout(5)
            peer.sendall(b"GET /api/plain HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n")
            head = peer.recv(1000)
            assert head.startswith(b"HTTP/1.1 101") and b"Upgrade: shout" in head
            for word in (b"hello\n", b"again\n"):
                peer.sendall(word)
                assert peer.recv(100) == word.upper()

    def test_connections_are_kept_and_pipelined_requests_answered_in_order(self, app):
        app.answer("/api/plain", body="one").answer("/api/stream", body="two")
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.settimeout(5)
            peer.sendall(b"GET /api/plain HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            got = b""
            while b"two" not in got:
                got += peer.recv(1000)
        assert got.index(b"one") < got.index(b"two")
