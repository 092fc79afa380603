"""Pages of other web sites, and programs without a key, get nothing from any port of `apus up` and of each program alone."""
import http.client, json, os, stat, subprocess, time, urllib.parse

import pytest

import ports, stack as stacks
from emulators import Emulator
from stack import COSMOS_KEY, PROGRAMS, STORAGE_KEY, Stack, request
from vectors import Apus

APPS = ["chat", "upload", "history", "account"]
SERVICES = ["blob", "queue", "cosmos", "vault", "identity"]
PORTS = ["page", "vectors", *APPS, *SERVICES]


def port(stack, name):
    return stack.port if name == "page" else stack.ports[name]


def send(number, method, path, headers=None, body=None):
    """A request with exactly these fields; libraries would add their own."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    fields = {"Host": f"127.0.0.1:{number}", **(headers or {})}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    for name, value in fields.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    result = stacks.Answer(answer.status, answer.headers, answer.read())
    connection.close()
    return result


# Other names (DNS rebinding)


@pytest.mark.parametrize("name", PORTS)
def test_no_port_answers_to_a_name_that_is_not_its_own(stack, name):
    number = port(stack, name)
    for host in ("evil.example", f"evil.example:{number}", f"127.0.0.1.evil.example:{number}", "192.0.2.7", "localhost.evil.example", "0.0.0.0"):
        for path in ("/", "/health", "/api/health", "/api/v2/heartbeat", "/_emulator/health", "/admin/host/ping", "/metrics"):
            answer = send(number, "GET", path, {"Host": host})
            assert answer.status == 403, (host, path)
            assert host[:9].encode() in answer.body and b"APUS_ALLOWED_HOSTS" in answer.body
        assert send(number, "POST", "/", {"Host": host, "Content-Type": "application/json"}, b"{}").status == 403


@pytest.mark.parametrize("name", PORTS)
def test_every_port_answers_to_the_names_of_this_machine(stack, name):
    number = port(stack, name)
    for host in ("localhost", f"LOCALHOST:{number}", "team.localhost", "127.0.0.1", "127.1.2.3:1", "[::1]:80"):
        assert send(number, "GET", "/", {"Host": host}).status != 403 or name in ("blob", "queue"), host
    # Storage says 403 of its own; what it says is another thing.
    assert b"APUS_ALLOWED_HOSTS" not in send(number, "GET", "/", {"Host": "team.localhost"}).body


def test_names_are_a_setting(monkeypatch):
    base = ports.take()
    monkeypatch.setenv("APUS_ALLOWED_HOSTS", "docs.example.org, *.team.example")
    with Apus() as server:
        for host, status in (("docs.example.org", 200), ("docs.example.org:443", 200), ("a.b.team.example", 200), ("team.example", 403), ("evil.example", 403), ("localhost", 200)):
            assert send(server.port, "GET", "/api/v2/heartbeat", {"Host": host}).status == status, host
    result = subprocess.run(
        [os.path.join(PROGRAMS, "vm-server"), "--vectors-only", "--vectors-port", str(base)], capture_output=True, text=True, timeout=30,
        env={"PATH": "/usr/bin:/bin", "APUS_ALLOWED_HOSTS": "https://docs.example.org"})
    assert result.returncode == 1 and "APUS_ALLOWED_HOSTS" in result.stderr and "https://docs.example.org" in result.stderr


# Other sites (requests that browsers send without asking)

SIMPLE = [
    ("text/plain", b"{}"), ("application/x-www-form-urlencoded", b"a=b"), (None, b"{}"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--x--\r\n')]
FOREIGN = [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:1"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}]
PATHS = {
    "page": ["/api/account/sign-in", "/api/account/keys", "/api/upload", "/api/ask", "/api/chat", "/api/documents/x/retry", "/v1/chat/completions"],
    "vectors": ["/api/v2/tenants", "/api/v2/reset", "/api/v2/tenants/default_tenant/databases/default_database/collections", "/v1/embeddings", "/v1/metrics"],
    "chat": ["/api/ask", "/api/chat", "/admin/host/restart", "/admin/functions/ask", "/v1/chat/completions"],
    "upload": ["/api/upload", "/admin/host/restart", "/admin/functions/tidy"], "history": ["/api/history/x", "/admin/host/restart"],
    "account": ["/api/account/sign-in", "/api/account/refresh", "/api/account/sign-out", "/api/account/people", "/admin/host/restart"],
    "blob": ["/_emulator/reset", "/devstoreaccount1?restype=service&comp=properties", "/devstoreaccount1/c?restype=container"],
    "queue": ["/_emulator/reset", "/devstoreaccount1/ingest/messages"], "cosmos": ["/_emulator/reset", "/dbs"],
    "vault": ["/_emulator/faults", "/secrets/a?api-version=7.4"], "identity": ["/_emulator/tokens", "/common/oauth2/v2.0/token"],
}


@pytest.mark.parametrize("name", PORTS)
def test_no_port_takes_what_other_sites_send(stack, name):
    before = [stack.call("GET", path).json for path in ("/api/documents", "/api/history")]
    processes = stack.processes()
    for path in PATHS[name]:
        for fields in FOREIGN:
            for content_type, body in SIMPLE:
                answer = send(port(stack, name), "POST", path, {**fields, "Content-Type": content_type}, body)
                assert answer.status in (401, 403), (path, fields, content_type, answer.status)
    assert before == [stack.call("GET", path).json for path in ("/api/documents", "/api/history")]
    assert stack.processes() == processes


def test_the_page_and_programs_are_taken_as_before(stack):
    for fields in ({"Origin": stack.url, "Sec-Fetch-Site": "same-origin"}, {"Origin": stack.url}, {"Sec-Fetch-Site": "none"}, {}):
        answer = send(stack.port, "POST", "/api/ask", {**fields, "Content-Type": "application/json"}, b'{"question": ""}')
        assert answer.status == 400, (fields, answer.body)
    page = {"Origin": stack.url, "Sec-Fetch-Site": "same-origin"}
    assert send(stack.port, "POST", "/api/ask", page, b"{}").status == 415
    assert send(stack.port, "POST", "/api/ask", {}, b"{}").status == 400
    for content_type, expected in (("application/json", 409), (None, 409), ("text/plain", 415)):
        answer = send(stack.ports["vectors"], "POST", "/api/v2/tenants", {"Content-Type": content_type}, b'{"name": "default_tenant"}')
        assert answer.status == expected, (content_type, answer.body)


def test_pages_of_a_configured_origin_use_the_vectors(tmp_path):
    with Apus("--cors-origin", "https://page.example") as server:
        fields = {"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}
        answer = send(server.port, "POST", "/api/v2/tenants", fields, b'{"name": "acme"}')
        assert answer.status == 200 and answer.headers["Access-Control-Allow-Origin"] == "https://page.example"
        for content_type, status in (("text/plain", 415), (None, 415)):
            assert send(server.port, "POST", "/api/v2/tenants", {**fields, "Content-Type": content_type}, b'{"name": "b"}').status == status
        refused = send(server.port, "POST", "/api/v2/tenants", {**fields, "Origin": "https://evil.example"}, b'{"name": "c"}')
        assert refused.status == 403 and b"--cors-origin" in refused.body


# The emulator's and the host's own pages


@pytest.mark.parametrize("service", SERVICES)
def test_the_emulator_s_pages_want_the_folder_s_token(stack, service):
    number = stack.ports[service]
    path = os.path.join(stack.data, "azure", "admin-token")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path) as file:
        token = file.read().strip()
    json_type = {"Content-Type": "application/json"}
    assert send(number, "GET", "/_emulator/health").status == 200
    for method, page in (("POST", "reset"), ("GET", "contents"), ("POST", "faults"), ("DELETE", "faults"), ("POST", "clock"), ("GET", "ca.pem"), ("GET", "nothing")):
        for value in (None, "Bearer wrong", f"Bearer {token}x", token):
            answer = send(number, method, f"/_emulator/{page}", {**json_type, "Authorization": value}, b"{}" if method == "POST" else None)
            assert answer.status == 401 and b"admin-token" in answer.body, (method, page, value)
    answer = send(number, "GET", "/_emulator/contents", {"Authorization": f"Bearer {token}"})
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    assert token not in stack.read_log() and "admin-token" in stack.read_log()


def test_a_token_can_be_given(monkeypatch):
    monkeypatch.setenv("APUS_EMULATOR_TOKEN", "given-by-the-environment")
    emulator = Emulator().start()
    try:
        assert not os.path.exists(os.path.join(emulator.data, "admin-token"))
        url = emulator.url("blob") + "/_emulator/contents"
        assert request("GET", url, headers={"Authorization": "Bearer given-by-the-environment"}).status == 200
        assert request("GET", url).status == 401
        # The line may come after the first answer.
        end = time.time() + 20
        while "APUS_EMULATOR_TOKEN" not in emulator.read_log():
            assert time.time() < end
            time.sleep(0.02)
        assert "given-by-the-environment" not in emulator.read_log()
    finally:
        emulator.remove()


@pytest.mark.parametrize("app", APPS)
def test_the_host_s_own_endpoints_want_the_folder_s_key(stack, app):
    number = stack.ports[app]
    key = stack.keys["adminKey"]
    assert send(number, "GET", "/admin/host/ping").status == 200
    assert send(number, "GET", "/admin/host/status").status == 200
    processes = stack.processes()
    for method, path in (("POST", "/admin/host/restart"), ("GET", "/admin/functions"), ("PUT", "/admin/host/state"), ("GET", "/admin/metrics"), ("POST", "/admin/functions/health"), ("GET", "/ADMIN/functions")):
        for fields in ({}, {"x-functions-key": "wrong"}, {"x-functions-key": key + "x"}, {"Authorization": f"Bearer {key}"}):
            assert send(number, method, path, fields, b'"Offline"' if method == "PUT" else None).status == 401, (method, path)
    assert stack.processes() == processes
    assert send(number, "GET", "/admin/functions", {"x-functions-key": key}).status == 200
    assert send(number, "GET", "/admin/functions?code=" + urllib.parse.quote(key)).status == 200
    assert send(number, "GET", "/admin/functions", {"x-functions-key": key, "Host": "evil.example"}).status == 403
    assert key not in stack.read_log()


def test_no_handler_and_no_command_line_has_the_keys(stack):
    keys = stack.keys
    for name, pid in stack.processes().items():
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            line = file.read()
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = file.read()
        assert not any(key.encode() in line for key in keys.values()), name
        assert (keys["adminKey"].encode() in environment) == (name == "functions-host"), name
        assert (keys["clientSecret"].encode() in environment) == (name == "azure-emulator"), name
    assert not any(key in stack.read_log() for key in keys.values())


# Keys


def opens(stack, storage, cosmos):
    """Statuses of a signed request to Blob Storage and to Cosmos DB."""
    from emulators import cosmos as cosmos_request, signed
    import emulators
    blob = signed("GET", f"http://127.0.0.1:{stack.ports['blob']}/devstoreaccount1?comp=list", key=storage).status
    before, emulators.COSMOS_KEY = emulators.COSMOS_KEY, cosmos
    try:
        return blob, cosmos_request("GET", f"http://127.0.0.1:{stack.ports['cosmos']}", "/dbs", "dbs", "").status
    finally:
        emulators.COSMOS_KEY = before


def test_each_folder_has_keys_of_its_own_and_keeps_them(stack):
    assert stat.S_IMODE(os.stat(os.path.join(stack.data, "keys.json")).st_mode) == 0o600
    own = stack.keys
    assert opens(stack, own["storageKey"], own["cosmosKey"]) == (200, 200)
    assert opens(stack, STORAGE_KEY, COSMOS_KEY) == (403, 401)
    other = Stack()
    try:
        other.start()
        assert not set(other.keys.values()) & set(own.values())
        assert opens(other, own["storageKey"], own["cosmosKey"]) == (403, 401)
        keys = other.keys
        document = other.upload("kept.txt", b"The lighthouse has 191 steps.").json["documents"][0]["id"]
        assert other.wait_settled(document)["status"] == "ready"
        # As before there were any keys: the folder of an earlier version goes on with what it holds.
        other.stop()
        os.remove(os.path.join(other.data, "keys.json"))
        other.start()
        assert not set(other.keys.values()) & set(keys.values())
        answer = other.ask("How many steps has the lighthouse?").json
        assert answer["citations"][0]["documentId"] == document
        assert other.call("GET", f"/api/documents/{document}/content").body == b"The lighthouse has 191 steps."
        keys = other.keys
        other.stop()
        # And the public ones are for who asks for them.
        other.options = ["--well-known-keys"]
        other.start()
        assert other.keys == keys
        assert opens(other, STORAGE_KEY, COSMOS_KEY) == (200, 200)
        assert opens(other, keys["storageKey"], keys["cosmosKey"]) == (403, 401)
    finally:
        other.remove()


# Answers


def test_answers_of_the_api_are_not_kept_and_not_guessed_at(stack):
    document = stack.upload("plain.txt", b"Nothing here is kept by anybody.").json["documents"][0]["id"]
    stack.wait_settled(document)
    try:
        chat = stack.ask("What is kept?").json["chatId"]
        paths = ["/health", "/api/health", "/api/models", "/api/documents", f"/api/documents/{document}", f"/api/documents/{document}/text",
                 f"/api/documents/{document}/content", "/api/history", f"/api/history/{chat}", "/api/usage", "/v1/models", "/api/nothing", "/api/chat/%2e%2e/x"]
        answers = [(path, stack.call("GET", path)) for path in paths]
        for app in APPS:
            answers.append((app, send(stack.ports[app], "GET", "/api/health")))
        stream = {"Accept": "text/event-stream"}
        answers.append(("stream", stack.call("POST", "/api/chat", {"message": "And now?"}, stream)))
        answers.append(("refused", stack.call("POST", "/api/chat", {"message": 1})))
        answers.append(("site", stack.call("POST", "/api/chat", {"message": "x"}, {"Origin": "https://evil.example"})))
        for path in ("/api/v2/heartbeat", "/metrics", "/none", "/v1/none"):
            answers.append((path, send(stack.ports["vectors"], "GET", path)))
        for path, answer in answers:
            assert answer.headers.get_all("Cache-Control") == ["no-store"], path
            assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"], path
        assert stack.call("GET", "/").headers["Cache-Control"] == "no-cache"
    finally:
        # What else there is belongs to other tests.
        stack.call("DELETE", "/api/documents/" + document)


def test_nothing_leads_from_the_page_to_what_is_behind_it(stack):
    for path in ("/api/chat/../../admin/host/status", "/api/chat/%2e%2e/%2e%2e/admin/host/status", "/api/chat/..%2f..%2fadmin/functions",
                 "/api/chat/%252e%252e/admin/functions", "/api/documents/..", "/v1/models/./x"):
        answer = send(stack.port, "GET", path)
        assert answer.status == 400 and json.loads(answer.body)["title"] == "Bad request", path
    assert send(stack.port, "GET", "/admin/host/status").status == 404
