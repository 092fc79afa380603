"""Azure Database for PostgreSQL without a password: the identity's token is the password, fetched anew when it expires."""
import contextlib, glob, http.server, json, os, pwd, shutil, subprocess, tempfile, threading, time, urllib.parse

import pytest

import ports
import stack as stacks
from stack import PROGRAMS, request

HOST = "name.postgres.database.azure.com"


@pytest.fixture(scope="module")
def postgres():
    """A server that asks for passwords; its port and a function that runs SQL as its owner."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    folder = tempfile.mkdtemp(prefix="apus-identity-")
    user = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        user = {"user": entry.pw_uid, "group": entry.pw_gid}
    port = ports.take()
    run = lambda *words: subprocess.run([f"{programs}/{words[0]}", *words[1:]], check=True, cwd="/", capture_output=True, **user)
    run("initdb", "-D", f"{folder}/data", "-U", "owner", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync")
    options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", f"{folder}/data", "-w", "-s", "-l", f"{folder}/log", "-o", options, "start")
    def sql(text):
        subprocess.run(["psql", "-q", f"host={folder} port={port} user=owner dbname=postgres", "-c", text], check=True)
    sql("CREATE ROLE apus_app NOLOGIN")
    sql("""CREATE ROLE "my-identity" LOGIN PASSWORD 'token-1' IN ROLE apus_app""")
    sql("CREATE DATABASE apus OWNER apus_app")
    try:
        yield port, sql
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-s", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def identity(token):
    """The platform's identity endpoint; hands out a token for a second. Its list of requests, and the token to change."""
    asked, current = [], [token]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            asked.append({**query, "header": self.headers["X-IDENTITY-HEADER"]})
            token = current[0]
            body = json.dumps(
                {"access_token": token, "expires_on": str(int(time.time()) + 1), "resource": query["resource"], "token_type": "Bearer"}
                if token else {"error": {"code": "invalid_request", "message": "the identity has expired"}}).encode()
            self.send_response(200 if token else 400)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/msi/token", asked, current
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def history(stack, database, endpoint):
    """The history app over a stack's other services."""
    port = ports.take()
    environment = {
        "FUNCTIONS_CUSTOMHANDLER_PORT": str(port), "APUS_DATABASE_URL": database, "IDENTITY_ENDPOINT": endpoint,
        "IDENTITY_HEADER": "secret", "APUS_COSMOS_ENDPOINT": f"http://127.0.0.1:{stack.ports['cosmos']}",
        "APUS_COSMOS_KEY": stack.keys["cosmosKey"],
        "AzureWebJobsStorage": stack.storage}
    process = subprocess.Popen([f"{PROGRAMS}/history-function"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                request("GET", f"http://127.0.0.1:{port}/")
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(20)


def conninfo(port):
    # The name is Azure's, the address is where the server really is.
    return f"host={HOST} hostaddr=127.0.0.1 port={port} dbname=apus user=my-identity sslmode=disable options='-c role=apus_app'"


def test_the_token_is_the_password_and_is_renewed(stack, postgres):
    port, sql = postgres
    with identity("token-1") as (endpoint, asked, current), history(stack, conninfo(port), endpoint) as (url, _):
        health = request("GET", url + "/api/health").json
        assert health["checks"]["postgres"]["status"] == "ok", health
        assert asked[0]["resource"] == "https://ossrdbms-aad.database.windows.net" and asked[0]["header"] == "secret"
        assert request("GET", url + "/api/history").json["chats"] == []
        # The token has expired, and the server is gone for a moment, so that a new connection has to be made.
        current[0] = "token-2"
        sql("""ALTER ROLE "my-identity" PASSWORD 'token-2'""")
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'my-identity'")
        time.sleep(1.1)
        deadline = time.time() + 10
        while request("GET", url + "/api/history").status != 200:
            assert time.time() < deadline
            time.sleep(0.2)
        assert len(asked) > 1
        sql("""ALTER ROLE "my-identity" PASSWORD 'token-1'""")


@pytest.mark.parametrize("token", ["wrong", None])
def test_an_identity_that_is_refused_or_has_expired_is_a_clear_error(stack, postgres, token):
    port, _ = postgres
    with identity(token) as (endpoint, _, _), history(stack, conninfo(port), endpoint) as (url, process):
        answer = request("GET", url + "/api/history")
        assert answer.status in (500, 503), answer.body
        assert request("GET", url + "/api/health").json["checks"]["postgres"]["status"] == "down"
        process.terminate()
        log = process.stderr.read()
    assert "password authentication failed" in log if token else "identity" in log, log
    assert "wrong" not in log


def test_a_connection_string_that_is_none_is_named(stack):
    with history(stack, "host='unclosed", "http://127.0.0.1:1") as (_, process):
        assert process.wait(10) == 1
        assert "APUS_DATABASE_URL is neither a PostgreSQL connection string nor a URI" in process.stderr.read()


@pytest.mark.parametrize("named, is_emulated", [({}, True), ({"AZURE_CLIENT_ID": "0000"}, False)])
def test_the_emulator_s_identity_never_hides_a_real_one(named, is_emulated):
    """On a machine in Azure some services are real while the emulator stands in for others."""
    stack = stacks.Stack(named)
    try:
        stack.start()
        with open(f"/proc/{stack.processes()['functions-host']}/environ") as file:
            names = {entry.split("=", 1)[0] for entry in file.read().split("\0")}
        assert ("IDENTITY_ENDPOINT" in names) == is_emulated
    finally:
        stack.remove()
