"""Routes, keys, limits, CORS, the host's own endpoints and what callers may get wrong (docs/reference/functions-custom-handlers.md, 7 and 8)."""
import contextlib, http.client, json, os, re, socket, stat, threading, time

import pytest

from functions import HTTP_OUT, http_in


def raw(port, data, limit=5, pieces=None):
    """Sends bytes as they are and reads until the host closes."""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.settimeout(limit)
        peer.sendall(data)
        return b"".join(iter(lambda: peer.recv(65536), b""))


@pytest.fixture(scope="module")
def app(make_shared):
    app = make_shared.app()
    app.http("a-all", route="z/{*rest}", methods=["get"]).http("b-int", route="n/{id:int}").http("c-any", route="n/{id}")
    app.http("d-get", route="same", methods=["get"]).http("e-post", route="same", methods=["POST"]).http("f-hidden", route="z/exact", methods=["get"])
    app.http("Upper", methods=["get"]).http("off", disabled=True).http("everything", route="all")
    app.http("x-clash", route="SAME/", methods=["get", "put"]).http("reserved", route="Admin/x").http("runtime", route="runtimes")
    for name in ["a-all", "b-int", "c-any", "d-get", "e-post", "f-hidden", "Upper", "off", "everything"]:
        app.output(name, {"res": {"body": name}})
    app.host = make_shared.host(app)
    return app


@pytest.mark.section("7.3")
@pytest.mark.parametrize("method,path,name", [
    ("GET", "/api/z/exact", "a-all"), ("GET", "/api/z", "a-all"), ("GET", "/api/n/5", "b-int"), ("GET", "/api/n/x", "c-any"),
    ("GET", "/api/same", "d-get"), ("POST", "/api/same", "e-post"), ("GET", "/API/Upper", "Upper"), ("GET", "/api/upper/", "Upper"),
    ("OPTIONS", "/api/all", "everything"), ("PURGE", "/api/all", "everything"), ("GET", "/api/n/%35", "b-int"),
])
def test_routes(app, method, path, name):
    answer = app.host.call(method, path)
    assert (answer.status, answer.body.decode()) == (200, name)


@pytest.mark.section("7.1")
@pytest.mark.parametrize("method,path", [
    ("PUT", "/api/same"), ("POST", "/api/Upper"), ("HEAD", "/api/Upper"), ("OPTIONS", "/api/Upper"), ("GET", "/api/none"), ("GET", "/Upper"),
    ("GET", "/api/n/5/6"), ("GET", "/api/off"), ("GET", "/api/Admin/x"), ("GET", "/api/runtimes"), ("POST", "/Upper"),
])
def test_what_is_not_found(app, method, path):
    answer = app.host.call(method, path)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.section("2.2")
def test_conflicting_and_reserved_routes(app):
    def errors(name):
        return app.host.call("GET", f"/admin/functions/{name}/status").json["errors"][0]
    assert "d-get" in errors("x-clash") and "reserved" in errors("reserved") and "reserved" in errors("runtime")


@pytest.mark.section("7.1")
def test_home_page(make, app):
    answer = app.host.call("GET", "/")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
    host = make.host(make.app().http("a"), environment={"AzureWebJobsDisableHomepage": "true"})
    assert host.call("GET", "/").status == 204


@pytest.mark.section("7.2")
def test_keys(make):
    app = make.app().http("open", authLevel="anonymous").http("guarded", authLevel="function").http("other", authLevel="Function").http("top", authLevel="admin").http("off", authLevel="function", disabled=True)
    app.output("open", {"res": {"body": "x"}})
    keys = {"master": "MASTER", "host": {"default": "HOST"}, "functions": {"guarded": {"own": "OWN"}}}
    app.write("local.keys.json", keys)
    host = make.host(app, "--enable-auth")

    def status(name, header=None, code=None):
        return host.call("GET", f"/api/{name}" + (f"?code={code}" if code else ""), None, {"x-functions-key": header} if header else {}).status
    ok = 204
    assert status("open") == 200 and status("open", "wrong") == 200
    assert [status("guarded", key) for key in (None, "wrong", "own", "OWN", "HOST", "MASTER")] == [401, 401, 401, ok, ok, ok]
    assert [status("guarded", code=key) for key in ("wrong", "OWN")] == [401, ok]
    # A wrong header is not made good by a right query.
    assert status("guarded", "wrong", "OWN") == 401 and status("guarded", "OWN", "wrong") == ok
    assert [status("other", key) for key in ("OWN", "HOST")] == [401, ok]
    assert [status("top", key) for key in ("OWN", "HOST", "MASTER")] == [401, 401, ok]
    # Route first, then rights, then whether it is disabled.
    assert status("none") == 404 and status("off") == 401 and status("off", "HOST") == 404 and status("off", "MASTER") == ok
    answer = host.call("GET", "/api/guarded")
    assert answer.body == b""
    host.call("GET", "/api/guarded", None, {"x-functions-key": "OWN"})
    identity = app.envelopes[-1]["Data"]["req"]["Identities"][0]
    assert identity["AuthenticationType"] == "WebJobsAuthLevel"
    assert {c["Value"] for c in identity["Claims"]} == {"Function", "own"}


@pytest.mark.section("7.7")
def test_key_management(make):
    app = make.app().http("a", authLevel="function")
    host = make.host(app, "--enable-auth")
    with open(app.path("local.keys.json")) as file:
        keys = json.load(file)
    assert stat.S_IMODE(os.stat(app.path("local.keys.json")).st_mode) == 0o600 and len(keys["master"]) > 40
    headers = {"x-functions-key": keys["master"]}
    assert host.call("GET", "/admin/host/keys").status == 401 and host.call("GET", "/admin/host/status").status == 401
    assert host.call("GET", "/admin/host/ping").status == 200
    assert host.call("GET", "/admin/host/keys", None, headers).json["keys"] == [{"name": "default", "value": keys["host"]["default"]}]
    made = host.call("POST", "/admin/functions/a/keys/mine", None, headers)
    assert made.status == 201 and host.call("GET", "/api/a", None, {"x-functions-key": made.json["value"]}).status == 204
    assert host.call("PUT", "/admin/functions/a/keys/mine", {"name": "mine", "value": "chosen"}, headers).status == 200
    assert host.call("GET", "/api/a?code=chosen").status == 204
    assert host.call("PUT", "/admin/functions/a/keys/mine", {}, headers).status == 400
    assert host.call("DELETE", "/admin/functions/a/keys/mine", None, headers).status == 204
    assert host.call("DELETE", "/admin/functions/a/keys/mine", None, headers).status == 404
    assert host.call("GET", "/api/a?code=chosen").status == 401
    assert "chosen" not in host.log and keys["master"] not in host.log


@pytest.mark.section("7.7")
def test_without_a_key_the_host_s_endpoints_are_for_this_machine_s_programs(make):
    app = make.app().http("a")
    host = make.host(app)
    assert host.call("GET", "/api/a").status == 204 and len(app.starts) == 1
    assert host.call("GET", "/admin/functions").status == 200 and host.call("POST", "/admin/host/restart").status == 200
    host.until(lambda: len(app.starts) == 2)
    for fields in ({"Origin": "https://evil.example"}, {"Origin": host.url}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}):
        for method, path in (("POST", "/admin/host/restart"), ("GET", "/admin/functions"), ("GET", "/admin/host/keys"), ("PUT", "/admin/host/state")):
            assert host.call(method, path, None, fields).status == 403, (fields, path)
    assert host.call("GET", "/admin/functions", None, {"Sec-Fetch-Site": "none"}).status == 200
    assert len(app.starts) == 2
    # Where other machines connect, nobody without a key is let in.
    open_host = make.host(app, "--address", "0.0.0.0")
    answer = open_host.call("GET", "/admin/functions")
    assert answer.status == 401 and b"APUS_ADMIN_KEY" in answer.body
    assert open_host.call("GET", "/admin/host/ping").status == 200 and open_host.call("GET", "/admin/host/status").status == 200
    assert open_host.call("GET", "/api/a").status == 204


@pytest.mark.section("7.7")
def test_a_key_of_the_environment_opens_the_host_s_endpoints(make):
    app = make.app().http("a")
    host = make.host(app, "--address", "0.0.0.0", environment={"APUS_ADMIN_KEY": "from-the-environment"})
    for fields, status in (({}, 401), ({"x-functions-key": "wrong"}, 401), ({"x-functions-key": "from-the-environment"}, 200)):
        assert host.call("GET", "/admin/functions", None, fields).status == status
    assert host.call("GET", "/admin/functions?code=from-the-environment").status == 200
    assert host.call("POST", "/admin/host/restart", None, {"x-functions-key": "from-the-environment", "Origin": "https://evil.example"}).status == 403
    assert "from-the-environment" not in host.log
    assert all("APUS_ADMIN_KEY" not in start["environment"] for start in app.starts)


def test_other_sites_send_nothing_to_functions_unless_they_are_named(make):
    app = make.app("proxying").http("a")
    host = make.host(app)
    for fields in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = host.call("POST", "/api/a", b"x", fields)
        assert answer.status == 403 and list(fields)[0].encode() in answer.body and b"--cors" in answer.body
    assert host.call("GET", "/api/a", None, {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "https://evil.example"}).status == 403
    assert not app.requests
    assert host.call("POST", "/api/a", b"x").status == 200 and host.call("POST", "/api/a", b"x", {"Origin": host.url}).status == 200
    named = make.host(app, "--cors", "https://page.example")
    fields = {"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}
    assert named.call("POST", "/api/a", b"x", fields).status == 200


def test_names_that_are_not_the_host_s(make):
    app = make.app().http("a")
    host = make.host(app, environment={"APUS_ALLOWED_HOSTS": "app.example"})
    for name, status in (("evil.example", 403), ("app.example", 204), ("localhost", 204), ("app.example.evil", 403)):
        assert host.call("GET", "/api/a", None, {"Host": name}).status == status
        assert host.call("GET", "/admin/host/ping", None, {"Host": name}).status == (403 if status == 403 else 200)


@pytest.mark.section("7.3")
def test_parts_of_one_segment(make):
    app = make.app("proxying")
    app.http("file", route="files/v{n:int}/{name}.{ext}").http("page", route="pages/{name}.{ext?}")
    host = make.host(app)
    for path, status in (("files/v2/a.b.txt", 200), ("files/v2/a", 404), ("files/vx/a.txt", 404), ("files/2/a.txt", 404), ("pages/a", 200), ("pages/a.html", 200), ("pages/a.", 404)):
        assert host.call("GET", "/api/" + path).status == status, path
    envelope = make.app().http("file", route="files/v{n}/{name}.{ext}")
    make.host(envelope).call("GET", "/api/files/v2/a.b.txt")
    assert envelope.envelopes[0]["Data"]["req"]["Params"] == {"n": "2", "name": "a.b", "ext": "txt"}


def test_each_of_several_roots_is_served_as_if_alone(make):
    """One has no host.json, one a broken one, one is not there, one has a port that is taken: the others go on."""
    import subprocess, tempfile
    import ports
    from stack import PROGRAMS, request
    good, broken, other = make.app().http("a"), make.app().http("a"), make.app().http("a")
    broken.write("host.json", "{")
    empty = tempfile.mkdtemp(prefix="apus-empty-")
    taken = make.host(make.app().http("a"))
    numbers = [ports.take() for _ in range(4)]
    roots = [f"{empty}={numbers[0]}", f"{good.root}={numbers[1]}", f"{broken.root}={numbers[2]}", f"/nowhere={numbers[0]}",
             f"{other.root}={numbers[3]}", f"{other.root}={taken.port}"]
    with open(good.path("several.log"), "wb") as log:
        process = subprocess.Popen(
            [f"{PROGRAMS}/functions-host", "start", *(word for root in roots for word in ("--root", root))], stdout=log, stderr=log)
    try:
        url = [f"http://127.0.0.1:{number}" for number in numbers]
        def status(index, path="/api/a"):
            try:
                return request("GET", url[index] + path).status
            except OSError:
                return None
        taken.until(lambda: status(1) == 204 and status(3) == 204)
        assert process.poll() is None and status(0) is None
        # What can be mended is served again when it is.
        assert status(2) == 503
        broken.write("host.json", broken.host_json)
        taken.until(lambda: status(2) == 204)
        text = open(good.path("several.log")).read()
        assert f"{empty} is not served" in text and "/nowhere is not served" in text and str(taken.port) in text
    finally:
        process.terminate()
        process.wait(30)
        os.rmdir(empty)
    assert process.returncode == 0
    alone = subprocess.run([f"{PROGRAMS}/functions-host", "start", "--root", "/nowhere", "--root", "/nowhere2"], capture_output=True, timeout=30)
    assert alone.returncode == 1


@pytest.mark.section("7.4")
def test_cross_origin_calls(make):
    app = make.app().http("a")
    app.write("local.settings.json", {"IsEncrypted": False, "Values": {}, "Host": {"CORS": "http://localhost:3000, https://notes.example", "CORSCredentials": True}})
    host = make.host(app)
    preflight = host.call("OPTIONS", "/api/a", None, {"Origin": "https://notes.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a, x-b"})
    assert preflight.status == 204 and preflight.headers["Access-Control-Allow-Origin"] == "https://notes.example"
    assert preflight.headers["Access-Control-Allow-Methods"] == "PUT" and preflight.headers["Access-Control-Allow-Headers"] == "x-a, x-b"
    assert preflight.headers["Access-Control-Allow-Credentials"] == "true" and not app.requests
    answer = host.call("GET", "/api/a", None, {"Origin": "http://localhost:3000"})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000" and answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Origin" not in host.call("GET", "/api/a", None, {"Origin": "https://evil.example"}).headers
    everybody = make.host(make.app().http("a"), "--cors", "*")
    assert everybody.call("GET", "/api/a", None, {"Origin": "https://x"}).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.section("7.5")
def test_throttling(make):
    app = make.app(extensions={"http": {"maxConcurrentRequests": 2, "maxOutstandingRequests": 4}}).http("a").answer("/a", json={}, delay=0.5)
    host = make.host(app)
    host.call("GET", "/api/a")
    results = []

    def call():
        began = time.time()
        answer = host.call("GET", "/api/a")
        results.append((answer.status, round(time.time() - began, 1), answer.headers.get("X-FUNCTION-SCALEOUT")))
    threads = [threading.Thread(target=call) for _ in range(7)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    refused = [r for r in results if r[0] == 429]
    assert len(refused) == 3 and all(r[2] == "1" and r[1] < 0.4 for r in refused)
    served = sorted(r[1] for r in results if r[0] == 204)
    assert len(served) == 4 and served[1] < 0.8 < served[2]
    host.until_log("more than 4 are outstanding")
    waiting = make.app(extensions={"http": {"maxConcurrentRequests": 1}}).http("a").answer("/a", json={}, delay=0.1)
    other = make.host(waiting)
    threads = [threading.Thread(target=lambda: results.append(other.call("GET", "/api/a").status)) for _ in range(8)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert results[-8:] == [204] * 8


@pytest.mark.section("1.6")
def test_custom_headers(make):
    app = make.app("proxying", extensions={"http": {"customHeaders": {"X-Frame-Options": "DENY", "X-Own": "host"}, "hsts": {"isEnabled": True, "maxAge": "1.00:00:00"}}}).http("a")
    app.answer("/api/a", headers={"X-Own": "handler"}, body="x")
    fields = make.host(app).call("GET", "/api/a").headers
    assert fields["X-Frame-Options"] == "DENY" and fields.get_all("X-Own") == ["handler"] and fields["Strict-Transport-Security"] == "max-age=86400"


@pytest.mark.section("7.6")
@pytest.mark.inferred
@pytest.mark.parametrize("mode", ["envelope", "forwarding", "proxying"])
def test_body_limit(make, mode):
    app = make.app(mode).http("a").answer("/api/a", body="x")
    host = make.host(app, environment={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"})
    assert host.call("POST", "/api/a", b"a" * 1000, {"Content-Type": "text/plain"}).status in (200, 204)
    assert host.call("POST", "/api/a", b"a" * 1001, {"Content-Type": "text/plain"}).status == 413
    answer = raw(host.port, b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n")
    # Forwarding does not look at a body without a length at all.
    assert answer.startswith(b"HTTP/1.1 413" if mode != "forwarding" else b"HTTP/1.1 200")


@pytest.mark.section("7.7")
def test_admin_endpoints(app):
    host = app.host
    status = host.call("GET", "/admin/host/status").json
    assert status["state"] == "Running" and status["version"].count(".") == 3 and status["processUptime"] > 0 and status["id"]
    assert host.call("POST", "/admin/host/ping").status == 200
    listed = host.call("GET", "/admin/functions").json
    assert "d-get" in [f["name"] for f in listed]
    one = host.call("GET", "/admin/functions/D-GET").json
    assert one["invoke_url_template"].endswith("/api/same") and one["config"]["bindings"][0]["route"] == "same" and "function.json" in one["files"]
    assert host.call("GET", "/admin/functions/off").json["isDisabled"] is True
    assert host.call("GET", "/admin/functions/none").status == 404 and host.call("GET", "/admin/nonsense").status == 404
    assert host.call("POST", "/admin/functions/none", {"input": ""}).status == 404
    assert host.call("POST", "/admin/functions/d-get", b"").status == 400 and host.call("POST", "/admin/functions/d-get", b"null").status == 400
    assert host.call("POST", "/admin/functions/d-get", {"input": ""}).status == 400


def test_restart_by_hand(make):
    app = make.app().http("a")
    host = make.host(app)
    host.call("GET", "/api/a")
    assert host.call("POST", "/admin/host/restart").status == 200
    host.until(lambda: len(app.starts) == 2 and host.call("GET", "/api/a").status == 204)


def test_metrics(make):
    app = make.app().http("good").http("bad").answer("/bad", status=500)
    host = make.host(app)
    for _ in range(3):
        host.call("GET", "/api/good")
    host.call("GET", "/api/bad")
    text = host.call("GET", "/metrics").body.decode()
    assert 'functions_host_invocations_total{function="good",result="succeeded"} 3\n' in text
    assert 'functions_host_invocations_total{function="bad",result="failed"} 1\n' in text
    assert 'functions_host_invocation_duration_seconds_count{function="good"} 3\n' in text
    assert "functions_host_handler_restarts_total 0\n" in text and text == host.call("GET", "/admin/metrics").body.decode()
    own = make.app("proxying", extensions={"http": {"routePrefix": ""}}).http("metrics").answer("/metrics", body="mine")
    assert make.host(own).call("GET", "/metrics").body == b"mine"
    assert make.host(make.app().http("a"), "--strict").call("GET", "/metrics").status == 404


@pytest.mark.section("8.3")
def test_table_of_functions(app, make):
    log = app.host.until_log("more detail").log
    assert "Functions:\n\n" in log
    assert f"\td-get: [GET] http://localhost:{app.host.port}/api/same\n" in log and "\toff: disabled\n" in log
    assert f"\tc-any: http://localhost:{app.host.port}/api/n/{{id}}\n" in log
    app.host.call("GET", "/api/same")
    app.host.until_log(r"d-get +Executing  reason=GET /api/same  id=\S+\n(.*\n)*.*d-get +Executed  result=succeeded  ms=[\d.]+  id=\S+")


class TestWire:
    """What no well-behaved caller would send."""

    @pytest.mark.parametrize("request_text,status", [
        (b"GET /api/same HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", 400),
        (b"POST /api/same HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /api/same HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /api/same HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /api/same HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400), (b"GET /api/same HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n", 400),
        (b"GET /api/same HTTP/1.1\r\n\r\n", 400), (b"GET /api/same HTTP/2.0\r\nHost: localhost\r\n\r\n", 400), (b"GET /api/same\r\n\r\n", 400),
        (b"GET /api/same HTTP/1.1\nHost: localhost\n\n", 400), (b"GET /api/same HTTP/1.1\r\nHost : x\r\n\r\n", 400), (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414), (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + (b"A: " + b"b" * 8000 + b"\r\n") * 5 + b"\r\n", 431), (b"GET /api/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
        (b"GET http://localhost/api/same HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", 200),
    # The host of such a request is the one that counts.
    (b"GET http://y/api/same HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 403), (b"GET /api/same HTTP/1.0\r\n\r\n", 200),
    ])
    def test_heads(self, app, request_text, status):
        answer = raw(app.host.port, request_text)
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:300]

    def test_a_smuggled_request_is_not_answered(self, app):
        answer = raw(app.host.port, b"POST /api/same HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/Upper HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer.count(b"HTTP/1.1") == 1 and b"Upper" not in answer

    def test_three_thousand_connections(self, app):
        held = []
        try:
            for _ in range(3000):
                peer = socket.create_connection(("127.0.0.1", app.host.port))
                peer.sendall(b"GET /api/same HTTP/1.1\r\nHos")
                held.append(peer)
            assert app.host.call("GET", "/api/same").body == b"d-get"
            with open(f"/proc/{app.host.process.pid}/status") as file:
                assert int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) < 120_000
        finally:
            for peer in held:
                peer.close()
        app.host.until(lambda: "functions_host_connections 1\n" in app.host.call("GET", "/metrics").body.decode())

    def test_bytes_one_by_one(self, app):
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.settimeout(5)
            for byte in b"GET /api/same HTTP/1.1\r\nHost: localhost\r\n\r\n":
                peer.sendall(bytes([byte]))
            assert peer.recv(1000).startswith(b"HTTP/1.1 200")

    def test_a_caller_that_never_finishes_does_not_hold_others_up(self, app):
        with socket.create_connection(("127.0.0.1", app.host.port)) as peer:
            peer.sendall(b"POST /api/same HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
            assert app.host.call("GET", "/api/same").status == 200


class TestOddHandlers:
    @pytest.mark.parametrize("mode,status", [("envelope", 500), ("forwarding", 500), ("proxying", 502)])
    def test_too_many_fields(self, make, mode, status):
        import base64
        app = make.app(mode).http("a")
        answer = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: v\r\n" % n for n in range(10_000)) + b"\r\n"
        for path in ("/a", "/api/a"):
            app.answer(path, raw=base64.b64encode(answer).decode())
        host = make.host(app)
        assert host.call("GET", "/api/a").status == status
        host.until_log("header")

    @pytest.mark.parametrize("mode", ["envelope", "forwarding"])
    def test_a_body_of_a_gigabyte(self, make, mode):
        app = make.app(mode).http("a")
        for path in ("/a", "/api/a"):
            app.answer(path, headers={"Content-Type": "application/json"}, stream=[[0, "x" * 1_000_000]], repeat=1000)
        host = make.host(app)
        assert host.call("GET", "/api/a").status == 500
        with open(f"/proc/{host.process.pid}/status") as file:
            assert int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) < 900_000

    @pytest.mark.parametrize("mode", ["envelope", "forwarding", "proxying"])
    def test_failures_leave_no_connections_behind(self, make, mode):
        import base64
        app = make.app(mode).http("a")
        host = make.host(app)
        host.call("GET", "/api/a")

        def count():
            return len(os.listdir(f"/proc/{host.process.pid}/fd"))
        before = count()
        for answer in (b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{", b"", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"):
            for path in ("/a", "/api/a"):
                app.answer(path, raw=base64.b64encode(answer).decode(), hold=0.3)
            for _ in range(10):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    host.call("GET", "/api/a")
        host.until(lambda: count() <= before + 3)

    def test_an_answer_without_end_lasts_as_long_as_the_function_may(self, make):
        app = make.app("proxying", functionTimeout="00:00:01").http("a")
        app.answer("/api/a", stream=[[0.1, "x"]], repeat=1000)
        host = make.host(app)
        began = time.time()
        answer = raw(host.port, b"GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert 0.8 < time.time() - began < 4 and not answer.endswith(b"0\r\n\r\n")
        host.until_log("was exceeded")
