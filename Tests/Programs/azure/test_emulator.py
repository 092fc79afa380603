"""The emulator as a program: its folder, its admin pages, and input that no client should send."""
import base64, email.utils, http.client, json, os, socket, subprocess, time, urllib.parse

import pytest

import stack as stacks
from emulators import ACCOUNT, Clients, Emulator, cosmos, signed
from stack import STORAGE_KEY, request


def test_starts_at_once_and_stays_small():
    emulator = Emulator().start()
    try:
        with open(f"/proc/{emulator.process.pid}/status") as file:
            resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024
        assert resident < 40
    finally:
        emulator.remove()


def test_two_on_one_folder(emulator):
    second = Emulator(data=emulator.data)
    with pytest.raises(RuntimeError) as caught:
        second.start()
    assert "in use by another azure-emulator" in str(caught.value) and "--data" in str(caught.value)


def test_help_names_what_is_emulated():
    program = os.path.join(stacks.PROGRAMS, "azure-emulator")
    text = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
    for word in ("leases", "change feed", "soft delete", "--strict", "--account", "_emulator", "Refused"):
        assert word in text


def test_further_accounts_with_two_keys():
    keys = [base64.b64encode(os.urandom(64)).decode() for _ in range(2)]
    emulator = Emulator("--account", f"second:{keys[0]}:{keys[1]}").start()
    try:
        from azure.storage.blob import BlobServiceClient
        for key in keys:
            service = BlobServiceClient(f"{emulator.url('blob')}/second", {"account_name": "second", "account_key": key}, retry_total=0)
            assert list(service.list_containers()) == []
    finally:
        emulator.remove()


class TestAdmin:
    def test_contents_and_reset(self):
        emulator = Emulator().start()
        try:
            clients = Clients(emulator, "sync")
            container = clients.blobs().create_container("docs")
            container.upload_blob("small", b"x" * 10)
            container.upload_blob("large", os.urandom(200_000))
            clients.queues().create_queue("jobs").send_message("m")
            from azure.cosmos import PartitionKey
            clients.cosmos().create_database("d").create_container("c", PartitionKey("/pk")).create_item({"id": "1", "pk": "a"})
            held = emulator.admin("GET", "contents").json
            assert [(b["name"], b["bytes"]) for b in held["blobs"]] == [("large", 200_000), ("small", 10)]
            assert held["queues"] == [{"account": ACCOUNT, "name": "jobs", "messages": 1}]
            assert held["cosmosContainers"] == [{"database": "d", "name": "c", "items": 1}]
            assert len(os.listdir(os.path.join(emulator.data, "blobs"))) == 1
            assert emulator.admin("POST", "reset", {}).status == 204
            assert not any(emulator.admin("GET", "contents").json.values())
            assert os.listdir(os.path.join(emulator.data, "blobs")) == []
            clients.blobs().create_container("docs")
        finally:
            emulator.remove()

    @pytest.mark.parametrize("rule, field", [
        ({}, "service"), ({"service": "table", "status": 500}, "service"), ({"service": "blob"}, "status"),
        ({"service": "blob", "status": 200}, "status"), ({"service": "blob", "cut": "off"}, "cut"),
        ({"service": "blob", "status": 500, "count": 0}, "count"), ({"service": "blob", "status": 500, "often": 1}, "often")])
    def test_bad_rules(self, emulator, rule, field):
        answer = emulator.admin("POST", "faults", rule)
        assert answer.status == 400 and field in [e["field"] for e in answer.json["errors"]]

    def test_other_origins_cannot_ask(self, emulator):
        token = {"Authorization": f"Bearer {emulator.token}"}
        answer = request("POST", emulator.url("blob") + "/_emulator/reset", b"{}", {"Content-Type": "text/plain", **token})
        assert answer.status == 415
        assert emulator.admin("GET", "nothing").status == 404

    def test_faults(self, emulator, name):
        url = f"{emulator.account_url('blob')}/{name}?restype=container"
        emulator.fault("blob", pathContains=name, status=503, retryAfterMilliseconds=2000)
        answer = signed("PUT", url)
        assert answer.status == 503 and answer.headers["x-ms-error-code"] == "ServerBusy" and answer.headers["Retry-After"] == "2"
        emulator.fault("blob", pathContains=name, delayMilliseconds=300)
        started = time.time()
        assert signed("PUT", url).status == 201 and time.time() - started > 0.3
        emulator.fault("blob", pathContains=name, cut="request")
        with pytest.raises((OSError, http.client.HTTPException)):
            signed("DELETE", url)
        assert signed("GET", url).status == 200
        emulator.fault("blob", pathContains=name, cut="response", skip=1)
        assert signed("GET", url).status == 200
        with pytest.raises((OSError, http.client.HTTPException)):
            signed("DELETE", url)
        assert signed("GET", url).status == 404
        emulator.fault("blob", status=500)
        assert len(emulator.admin("GET", "faults").json["faults"]) == 1
        emulator.admin("DELETE", "faults")
        assert emulator.admin("GET", "faults").json == {"faults": []}


class TestSignatures:
    """Shared Key by hand: what is altered on the way is refused."""

    def test_altered_requests(self, emulator, name):
        base = emulator.account_url("blob")
        assert signed("PUT", f"{base}/{name}?restype=container").status == 201
        date = email.utils.formatdate(usegmt=True)
        # Signs one request and sends another with its signature.
        sent = {}
        import emulators
        original = emulators.request
        def steal(method, url, data=None, headers=None, timeout=60):
            sent.update(headers)
            return original(method, url, data, headers, timeout)
        emulators.request = steal
        try:
            assert signed("GET", f"{base}/{name}?restype=container", date=date).status == 200
        finally:
            emulators.request = original
        assert request("GET", f"{base}/{name}?restype=container", headers=sent).status == 200, "the same again is no attack that a signature can see"
        for method, url, headers in [
                ("GET", f"{base}/{name}?restype=container&comp=list", sent), ("DELETE", f"{base}/{name}?restype=container", sent),
                ("GET", f"{base}/{name}x?restype=container", sent), ("GET", f"{base}/{name}?restype=container", {**sent, "x-ms-meta-a": "1"}),
                ("GET", f"{base}/{name}?restype=container", {**sent, "x-ms-date": email.utils.formatdate(time.time() + 1, usegmt=True)})]:
            answer = request(method, url, headers=headers)
            assert answer.status == 403 and answer.headers["x-ms-error-code"] == "AuthenticationFailed"
            assert b"string to sign" in answer.body

    def test_dates(self, emulator):
        url = emulator.account_url("blob") + "?comp=list"
        for offset, status in [(-16 * 60, 403), (16 * 60, 403), (-14 * 60, 200), (14 * 60, 200)]:
            assert signed("GET", url, date=email.utils.formatdate(time.time() + offset, usegmt=True)).status == status
        late = signed("GET", url, date=email.utils.formatdate(time.time() - 16 * 60, usegmt=True))
        assert b"15 minutes" in late.body
        assert signed("GET", url, date="yesterday").status == 403

    def test_malformed(self, emulator):
        url = emulator.account_url("blob") + "?comp=list"
        for value in ("SharedKey", "SharedKey x", "Basic abc", "SharedKeyLite devstoreaccount1:abc", "Bearer x.y.z", "\u00e9"):
            answer = request("GET", url, headers={"Authorization": value, "x-ms-version": "2021-12-02", "x-ms-date": email.utils.formatdate(usegmt=True)})
            assert answer.status in (400, 401, 403)

    @pytest.mark.parametrize("version, status", [("2021-12-02", 200), ("2026-10-06", 200), ("2031-01-01", 200), ("soon", 400), ("2021-13-40", 400)])
    def test_versions(self, emulator, version, status):
        answer = signed("GET", emulator.account_url("blob") + "?comp=list", headers={"x-ms-version": version})
        assert answer.status == status
        if status == 200:
            assert answer.headers["x-ms-version"] == version
        else:
            assert b"<HeaderName>x-ms-version</HeaderName>" in answer.body

    def test_the_callers_id_comes_back(self, emulator):
        answer = signed("GET", emulator.account_url("blob") + "?comp=list", headers={"x-ms-client-request-id": "mine"})
        assert answer.headers["x-ms-client-request-id"] == "mine" and answer.headers["x-ms-request-id"]

    def test_host_style(self, emulator):
        """A dotted name carries the account in its first label."""
        path = "/?comp=list"
        date = email.utils.formatdate(usegmt=True)
        import hashlib, hmac
        text = "GET" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-12-02\n/{ACCOUNT}/\ncomp:list"
        signature = base64.b64encode(hmac.new(base64.b64decode(STORAGE_KEY), text.encode(), hashlib.sha256).digest()).decode()
        answer = request("GET", emulator.url("blob") + path, headers={
            "Host": f"{ACCOUNT}.blob.localhost:{emulator.ports['blob']}", "x-ms-date": date, "x-ms-version": "2021-12-02",
            "Authorization": f"SharedKey {ACCOUNT}:{signature}"})
        assert answer.status == 200


class TestBadInput:
    @pytest.fixture
    def container(self, emulator, name):
        assert signed("PUT", f"{emulator.account_url('blob')}/{name}?restype=container").status == 201
        return f"{emulator.account_url('blob')}/{name}"

    PUT = {"x-ms-blob-type": "BlockBlob"}

    def code(self, answer):
        return answer.status, answer.headers["x-ms-error-code"]

    def test_checksums(self, container):
        import hashlib
        md5 = base64.b64encode(hashlib.md5(b"hello world").digest()).decode()
        assert signed("PUT", container + "/b", b"hello world", {**self.PUT, "Content-MD5": md5, }).status == 201
        assert signed("PUT", container + "/b", b"hello world", {**self.PUT, "x-ms-content-crc64": "vo7q9sPVKY0="}).status == 201
        assert self.code(signed("PUT", container + "/x", b"other", {**self.PUT, "Content-MD5": md5})) == (400, "Md5Mismatch")
        assert self.code(signed("PUT", container + "/x", b"other", {**self.PUT, "Content-MD5": "short"})) == (400, "InvalidMd5")
        assert self.code(signed("PUT", container + "/x", b"other", {**self.PUT, "x-ms-content-crc64": "vo7q9sPVKY0="})) == (400, "Crc64Mismatch")
        both = {**self.PUT, "Content-MD5": md5, "x-ms-content-crc64": "vo7q9sPVKY0="}
        assert self.code(signed("PUT", container + "/x", b"hello world", both)) == (400, "BothCrc64AndMd5HeaderPresent")
        assert signed("GET", container + "/x").status == 404

    def test_headers(self, container):
        assert self.code(signed("PUT", container + "/b", b"x")) == (400, "MissingRequiredHeader")
        assert self.code(signed("PUT", container + "/b", b"x", {"x-ms-blob-type": "Block"})) == (400, "InvalidHeaderValue")
        assert self.code(signed("PUT", container + "/b", b"x", {**self.PUT, "x-ms-structured-body": "XSM/1.0; properties=crc64"})) == (400, "UnsupportedHeader")
        assert self.code(signed("PUT", container + "/b", b"x", {**self.PUT, "If-Modified-Since": "soon"})) == (400, "InvalidHeaderValue")
        assert self.code(signed("PUT", container + "/b", b"x", {**self.PUT, "If-Match": '"1","2"'})) == (400, "MultipleConditionHeadersNotSupported")
        assert self.code(signed("PUT", container + "/b", b"x", {**self.PUT, "x-ms-meta-": "v"})) == (400, "EmptyMetadataKey")
        assert self.code(signed("PUT", container + "/b", b"x", {**self.PUT, "x-ms-meta-a": "v" * 9000})) == (400, "MetadataTooLarge")

    def test_ranges(self, container):
        assert signed("PUT", container + "/b", b"0123456789", self.PUT).status == 201
        for value, status, body in [("bytes=0-0", 206, b"0"), ("bytes=9-", 206, b"9"), ("bytes=5-100", 206, b"56789"), ("bytes=0-9", 206, b"0123456789"),
                                    ("bytes=-5", 200, b"0123456789"), ("bytes=5-2", 200, b"0123456789"), ("lines=1-2", 200, b"0123456789"), ("bytes=10-", 416, None)]:
            answer = signed("GET", container + "/b", headers={"x-ms-range": value})
            assert answer.status == status and (body is None or answer.body == body)
        assert signed("GET", container + "/b", headers={"x-ms-range": "bytes=2-3", "Range": "bytes=5-6"}).body == b"23"
        beyond = signed("GET", container + "/b", headers={"Range": "bytes=99-"})
        assert beyond.headers["Content-Range"] == "bytes */10"
        checked = signed("GET", container + "/b", headers={"x-ms-range": "bytes=0-4", "x-ms-range-get-content-md5": "true"})
        import hashlib
        assert checked.headers["Content-MD5"] == base64.b64encode(hashlib.md5(b"01234").digest()).decode()

    def test_blocks(self, container):
        def put(block, body=b"x"):
            return signed("PUT", f"{container}/b?comp=block&blockid={urllib.parse.quote(block, safe='')}", body)
        assert self.code(put("not base64!")) == (400, "InvalidQueryParameterValue")
        assert self.code(put(base64.b64encode(b"x" * 65).decode())) == (400, "InvalidQueryParameterValue")
        assert self.code(put("QUFB", b"")) == (400, "InvalidHeaderValue")
        assert self.code(signed("PUT", container + "/b?comp=block", b"x")) == (400, "MissingRequiredQueryParameter")
        assert self.code(signed("PUT", container + "/b?comp=blocklist", b"<Block")) == (400, "InvalidXmlDocument")
        assert self.code(signed("PUT", container + "/b?comp=blocklist", b"<BlockList><Other>QUFB</Other></BlockList>")) == (400, "InvalidXmlDocument")
        assert put("QUFB").status == 201
        many = b"<BlockList>" + b"<Latest>QUFB</Latest>" * 51_000 + b"</BlockList>"
        assert self.code(signed("PUT", container + "/b?comp=blocklist", many)) == (400, "BlockListTooLong")
        assert signed("PUT", container + "/b?comp=blocklist", b"<BlockList>" + b"<Latest>QUFB</Latest>" * 50_000 + b"</BlockList>").status == 201
        assert len(signed("GET", container + "/b").body) == 50_000

    @pytest.mark.parametrize("path", ["/a/../b", "/./b", "/%2e%2e/b", "/" + "x" * 1025, "/" + "a/" * 255 + "b", "/%ff"])
    def test_names(self, container, path):
        parts = urllib.parse.urlsplit(container)
        connection = http.client.HTTPConnection(parts.netloc)
        # Signed over the path as it is; urllib would fold it.
        import emulators
        sent = {}
        original = emulators.request
        emulators.request = lambda method, url, data=None, headers=None, timeout=60: sent.update(headers)
        try:
            signed("PUT", container + path, b"x", self.PUT)
        finally:
            emulators.request = original
        connection.request("PUT", parts.path + path, b"x", sent)
        answer = connection.getresponse()
        assert answer.status == 400 and answer.headers["x-ms-error-code"] == "InvalidUri"

    def test_a_body_that_is_cut_short_makes_nothing(self, emulator, container):
        sent = {}
        import emulators
        original = emulators.request
        emulators.request = lambda method, url, data=None, headers=None, timeout=60: sent.update(headers)
        try:
            signed("PUT", container + "/cut", b"x" * 200_000, self.PUT)
        finally:
            emulators.request = original
        parts = urllib.parse.urlsplit(container)
        with socket.create_connection(("127.0.0.1", emulator.ports["blob"])) as connection:
            head = f"PUT {parts.path}/cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n" + "".join(f"{k}: {v}\r\n" for k, v in sent.items())
            connection.sendall(head.encode() + b"\r\n" + b"x" * 100_000)
        time.sleep(0.3)
        assert signed("GET", container + "/cut").status == 404
        assert not [f for f in os.listdir(os.path.join(emulator.data, "blobs")) if os.path.getsize(os.path.join(emulator.data, "blobs", f)) == 100_000]

    def test_xml_bombs(self, container):
        bomb = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + b"".join(
            b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (b"" if n == 0 else b"%d" % (n - 1)) * 10) for n in range(9)) + b"]><BlockList><Latest>&a8;</Latest></BlockList>"
        started = time.time()
        assert signed("PUT", container + "/b?comp=blocklist", bomb).status == 400
        assert time.time() - started < 5

    def test_cosmos_bodies(self, emulator):
        for body in (b"", b"{", b"[]", b'"x"', b'{"id":1}', b'{"id":"a/b"}', b'{"id":"' + b"x" * 256 + b'"}', b"\xff\xfe", b"[" * 5000):
            assert cosmos("POST", emulator.url("cosmos"), "/dbs", "dbs", "", body).status == 400
        assert cosmos("POST", emulator.url("cosmos"), "/dbs", "dbs", "", b'{"id":"' + b"x" * (3 << 20) + b'"}').status == 413


def test_data_of_the_first_layout_is_taken_over(tmp_path):
    """Earlier versions kept other tables; what they hold is still there after the first start."""
    import sqlite3
    data = tmp_path / "azure"
    (data / "blobs").mkdir(parents=True)
    (data / "blobs" / "file-1").write_bytes(b"content")
    def make(name, script, rows):
        with sqlite3.connect(data / name) as connection:
            connection.executescript(script)
            for sql, values in rows:
                connection.execute(sql, values)
    make("blobs.sqlite", """
        CREATE TABLE containers (account, name, etag, modified); CREATE TABLE blocks (account, container, name, id, file, size);
        CREATE TABLE blobs (account, container, name, file, size, content_type, md5, etag, modified, metadata);""",
        [("INSERT INTO containers VALUES (?, 'docs', '\"e\"', 1)", (ACCOUNT,)),
         ("INSERT INTO blobs VALUES (?, 'docs', 'a/b', 'file-1', 7, 'text/x', '', '\"f\"', 1, 'Own:me')", (ACCOUNT,))])
    make("queues.sqlite", """
        CREATE TABLE queues (account, name);
        CREATE TABLE messages (seq INTEGER PRIMARY KEY, account, queue, id, receipt, body, inserted, expires, visible, dequeues);""",
        [("INSERT INTO queues VALUES (?, 'jobs')", (ACCOUNT,)),
         ("INSERT INTO messages VALUES (1, ?, 'jobs', 'id-1', 'r', 'text', 0, 4102444800000, 0, 2)", (ACCOUNT,))])
    item = {"id": "1", "chatId": "c", "text": "ü"}
    container = {"id": "messages", "partitionKey": {"paths": ["/chatId"], "kind": "Hash"}, "_rid": "AAAAAAAAAAA=", "_self": "dbs/AAAAAA==/colls/AAAAAAAAAAA=/"}
    make("cosmos.sqlite", """
        CREATE TABLE databases (id, rid, etag, ts); CREATE TABLE containers (db, id, rid, body);
        CREATE TABLE items (seq INTEGER PRIMARY KEY, container, partition, id, etag, body);""",
        [("INSERT INTO databases VALUES ('apus', 'AAAAAA==', '\"e\"', 1)", ()),
         ("INSERT INTO containers VALUES ('apus', 'messages', 'AAAAAAAAAAA=', ?)", (json.dumps(container),)),
         ("INSERT INTO items VALUES (1, 'AAAAAAAAAAA=', '\"c\"', '1', '\"e\"', ?)", (json.dumps(item),))])
    make("vault.sqlite", "CREATE TABLE secrets (seq INTEGER PRIMARY KEY, name, version, value, created);",
         [("INSERT INTO secrets VALUES (1, 'S', ?, 'hidden', 1)", ("0" * 32,))])
    emulator = Emulator(data=str(data)).start()
    try:
        for _ in range(2):
            clients = Clients(emulator, "sync")
            blob = clients.blobs().get_blob_client("docs", "a/b")
            assert blob.download_blob().readall() == b"content" and blob.get_blob_properties().metadata == {"Own": "me"}
            assert [m.content for m in clients.queues().get_queue_client("jobs").peek_messages()] == ["text"]
            messages = clients.cosmos().get_database_client("apus").get_container_client("messages")
            assert messages.read_item("1", "c")["text"] == "ü"
            assert emulator.admin("GET", "contents").json["secrets"] == [{"name": "S", "versions": 1}]
            assert not [f for f in os.listdir(data) if f in ("blobs.sqlite", "queues.sqlite", "cosmos.sqlite", "vault.sqlite")]
            emulator.restart()
    finally:
        emulator.stop()
