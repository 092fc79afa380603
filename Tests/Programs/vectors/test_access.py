"""Tokens, cross-origin requests, TLS, metrics, options, maintenance."""
import os, ssl, subprocess, time, urllib.request

import chromadb, pytest

import vectors


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    tokens = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens.write_text("# who may do what\nall-seeing-token *\n\nacme-token acme\n")
    with vectors.Apus("--tokens", str(tokens), "--cors-origin", "https://page.example", "--slow-ms", "1") as server:
        call = lambda *a: server.call(*a, {"x-chroma-token": "all-seeing-token"})
        assert call("POST", "/api/v2/tenants", {"name": "acme"}).status == 200
        assert call("POST", "/api/v2/tenants/acme/databases", {"name": "books"}).status == 200
        yield server


def test_tokens_are_bound_to_tenants(guarded):
    path = "/api/v2/tenants/{}/databases/{}/collections"
    def status(token, where, header="x-chroma-token"):
        answer = guarded.call("GET", where, None, {header: token} if token else {})
        return answer.status, answer.json.get("error") if answer.status >= 400 else None
    assert status(None, "/api/v2/heartbeat")[0] == 200
    assert status(None, path.format("acme", "books")) == (401, "AuthError")
    assert status("wrong", path.format("acme", "books")) == (401, "AuthError")
    assert status("acme-token", path.format("acme", "books"))[0] == 200
    assert status("Bearer acme-token", path.format("acme", "books"), "authorization")[0] == 200
    assert status("acme-token", path.format("default_tenant", "default_database")) == (403, "AuthorizationError")
    assert status("all-seeing-token", path.format("default_tenant", "default_database"))[0] == 200
    identity = guarded.call("GET", "/api/v2/auth/identity", None, {"x-chroma-token": "acme-token"}).json
    assert identity["tenant"] == "acme" and identity["databases"] == ["books"]
    assert guarded.call("POST", "/api/v2/tenants", {"name": "more"}, {"x-chroma-token": "acme-token"}).status == 403
    assert guarded.call("GET", "/metrics").status == 401
    assert "all-seeing-token" not in guarded.read_log()


def test_the_client_sends_its_token(guarded):
    settings = chromadb.Settings(chroma_client_auth_provider="chromadb.auth.token_authn.TokenAuthClientProvider",
                                 chroma_client_auth_credentials="acme-token", chroma_auth_token_transport_header="X-Chroma-Token")
    client = chromadb.HttpClient(host="127.0.0.1", port=guarded.port, tenant="acme", database="books", settings=settings)
    collection = client.create_collection("docs", embedding_function=None)
    collection.add(ids=["a"], embeddings=[[1, 2]])
    assert collection.count() == 1
    with pytest.raises(Exception, match="(?i)token"):
        chromadb.HttpClient(host="127.0.0.1", port=guarded.port, tenant="acme", database="books")


def test_cross_origin_requests_need_permission(guarded):
    preflight = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-chroma-token"}
    answer = guarded.call("OPTIONS", "/api/v2/heartbeat", None, preflight)
    assert answer.status == 200 and answer.headers["Access-Control-Allow-Origin"] == "https://page.example"
    assert guarded.call("GET", "/api/v2/heartbeat", None, {"Origin": "https://page.example"}).headers["Access-Control-Allow-Origin"] == "https://page.example"
    other = guarded.call("OPTIONS", "/api/v2/heartbeat", None, {**preflight, "Origin": "https://evil.example"})
    assert other.status == 405 and other.headers["Access-Control-Allow-Origin"] is None


def test_metrics_and_slow_requests(guarded):
    token = {"x-chroma-token": "all-seeing-token"}
    text = guarded.call("GET", "/metrics", None, token).body.decode()
    assert 'apus_vectors_requests_total{operation="system",status="200"}' in text and "apus_vectors_records " in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    for line in text.splitlines():
        assert line.startswith("#") or float(line.rsplit(" ", 1)[1]) >= 0
    body = {"name": "slow"}
    guarded.call("POST", "/api/v2/tenants/acme/databases/books/collections", body, token)
    assert "slow request" in guarded.read_log()


def test_tls(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.create_default_context(cafile=certificate)

    class Encrypted(vectors.Apus):
        scheme = "https"

        def is_up(self):
            with urllib.request.urlopen(self.url + "/api/v2/heartbeat", context=context, timeout=5) as response:
                return response.status == 200

    with Encrypted("--tls-certificate", str(certificate), "--tls-key", str(key)) as server:
        with urllib.request.urlopen(server.url + "/api/v2/version", context=context) as response:
            assert response.read() == b'"1.0.0"'
    broken = vectors.Apus("--tls-certificate", str(certificate), "--tls-key", str(certificate))
    with pytest.raises(RuntimeError, match="certificate and key cannot be used"):
        broken.start()
    broken.remove()


def test_maintenance_says_what_is_wrong(tmp_path):
    with vectors.Apus() as server:
        collection = server.make("docs")["id"]
        server.post(collection, "add", {"ids": ["a"], "embeddings": [[1, 2]], "documents": ["text"]})
        second = vectors.Apus(data=server.data)
        with pytest.raises(RuntimeError, match=f"in use by process {server.process.pid}"):
            second.start()
        assert "in use by process" in server.maintain("--verify")[1]
        code, output = server.maintain("--backup", str(tmp_path / "copy"))
        assert code == 0 and "1 collections with 1 records" in output
        code, output = server.maintain("--backup", str(tmp_path / "copy"))
        assert code == 1 and "is not empty" in output
        restored = vectors.Apus(data=str(tmp_path / "restored"))
        assert restored.maintain("--restore", str(tmp_path / "copy"))[0] == 0
        with restored:
            assert restored.post(collection, "get", {}).json["documents"] == ["text"]
        server.stop()
        path = os.path.join(server.data, "collections", collection, "vectors.f32")
        with open(path, "r+b") as file:
            file.write(b"\1")
        code, output = server.maintain("--verify")
        assert code == 1 and "does not fit its checksum" in output


def test_a_folder_of_a_newer_version_is_left_alone():
    import sqlite3
    server = vectors.Apus()
    try:
        server.start()
        server.stop()
        with sqlite3.connect(os.path.join(server.data, "catalog.sqlite")) as database:
            database.execute("PRAGMA user_version = 9")
        with pytest.raises(RuntimeError, match="written by a newer version"):
            server.start()
    finally:
        server.remove()
