"""Resumable uploads (tus 1.0.0) by tuspy, a real client, and what becomes of them when a program is killed in the middle."""
import base64, contextlib, hashlib, io, os, random, signal, socket, threading, time

import pytest
from tusclient import client as clients, exceptions
from tusclient.storage import filestorage

import stack as stacks
from stack import request

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
ORIGIN = "https://intranet.example.org"


@pytest.fixture(scope="module")
def shared():
    apus = stacks.Stack({"APUS_MODELS": "extractive", "APUS_CORS_ORIGINS": ORIGIN})
    try:
        yield apus
    finally:
        apus.remove()


@pytest.fixture
def apus(shared):
    return shared.heal()


def text(count, seed=7):
    """Bytes that differ everywhere, and are read in no time: a line, and white space that nothing is found in."""
    line = f"The pump of station {seed} was sent back after nine days.\n".encode()
    body = bytes(random.Random(seed).choices(b" \t", k=max(0, count - len(line))))
    return (line + body)[:count]


def tus(apus, **headers):
    return clients.TusClient(apus.url + "/api/uploads", headers)


def named(name, **more):
    return {"Upload-Metadata": ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in {"filename": name, **more}.items())}


def begin(apus, length, name="long.txt", **more):
    answer = apus.call("POST", "/api/uploads", b"", {**TUS, "Upload-Length": str(length), **named(name, **more)})
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def head(apus, path):
    return apus.call("HEAD", path, headers=TUS)


def offset(apus, path):
    return int(head(apus, path).headers["Upload-Offset"])


def content(apus, path):
    document = head(apus, path).headers["Upload-Document-Id"]
    return apus.call("GET", f"/api/documents/{document}/content").body


def path_of(uploader):
    return "/api/uploads/" + uploader.url.rsplit("/", 1)[1]


@pytest.mark.parametrize("chunk", [None, 4 << 20, 333_333])
def test_a_client_uploads_a_file_in_pieces_of_its_own_size(apus, chunk):
    body = text(5_000_001, chunk or 1)
    sizes = {"chunk_size": chunk} if chunk else {}
    uploader = tus(apus).uploader(file_stream=io.BytesIO(body), metadata={"filename": "Prüfbericht.txt", "tags": "a,b"}, **sizes)
    uploader.upload()
    assert content(apus, path_of(uploader)) == body
    document = apus.call("GET", "/api/documents").json["documents"][0]
    assert (document["name"], document["tags"], document["bytes"]) == ("Prüfbericht.txt", ["a", "b"], len(body))
    assert document["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_client_goes_on_with_what_another_one_of_it_began(apus, tmp_path):
    body = text(3_000_000)
    file = tmp_path / "long.txt"
    file.write_bytes(body)
    storage = filestorage.FileStorage(str(tmp_path / "urls"))
    first = tus(apus).uploader(str(file), chunk_size=700_000, metadata={"filename": "long.txt"}, store_url=True, url_storage=storage)
    first.upload(stop_at=1_400_000)
    second = tus(apus).uploader(str(file), chunk_size=900_000, metadata={"filename": "long.txt"}, store_url=True, url_storage=storage)
    assert second.url == first.url and second.offset == 1_400_000
    second.upload()
    storage.close()
    assert content(apus, path_of(second)) == body
    settled = apus.wait_settled(head(apus, path_of(second)).headers["Upload-Document-Id"])
    assert settled["status"] == "ready", settled


def test_a_clients_checksums_are_compared(apus):
    body = text(2_500_000)
    uploader = tus(apus).uploader(file_stream=io.BytesIO(body), chunk_size=1_000_000, metadata={"filename": "sums.txt"}, upload_checksum=True)
    uploader.upload_chunk()
    # A piece that is damaged on its way is refused, and sent again.
    right = uploader._BaseUploader__checksum_algorithm
    uploader._BaseUploader__checksum_algorithm = lambda piece: right(piece + b"!")
    with pytest.raises(exceptions.TusUploadFailed) as refused:
        uploader.upload_chunk()
    assert refused.value.status_code == 460 and offset(apus, path_of(uploader)) == 1_000_000
    uploader._BaseUploader__checksum_algorithm = right
    uploader.upload()
    assert content(apus, path_of(uploader)) == body
    for name in ("sha1", "sha256", "md5"):
        path = begin(apus, 1000, f"{name}.txt")
        piece = text(1000, len(name) + ord(name[0]))
        checksum = base64.b64encode(hashlib.new(name, piece).digest()).decode()
        answer = apus.call("PATCH", path, piece, {**BYTES, "Upload-Offset": "0", "Upload-Checksum": f"{name} {checksum}"})
        assert answer.status == 204, answer.body


def test_a_clients_parts_are_put_together(apus):
    body = text(3_300_000)
    parts = []
    for piece in (body[:1_200_000], body[1_200_000:1_200_001], body[1_200_001:]):
        uploader = tus(apus, **{"Upload-Concat": "partial"}).uploader(file_stream=io.BytesIO(piece), chunk_size=1 << 20)
        uploader.upload()
        parts.append(uploader.url)
    joined = apus.call("POST", "/api/uploads", b"", {**TUS, "Upload-Concat": "final;" + " ".join(parts), **named("joined.txt")})
    assert joined.status == 201, joined.body
    assert content(apus, joined.headers["Location"]) == body
    assert len(apus.call("GET", "/api/documents").json["documents"]) == 1


def test_what_a_client_gives_up_is_gone(apus):
    path = begin(apus, 2_000_000)
    assert apus.call("PATCH", path, text(1_500_000), {**BYTES, "Upload-Offset": "0"}).status == 204
    assert apus.call("DELETE", path, headers=TUS).status == 204
    assert head(apus, path).status == 404


def raw_patch(apus, path, length):
    """A connection in the middle of a request that says it brings so many bytes."""
    peer = socket.create_connection(("127.0.0.1", apus.port))
    lines = [f"PATCH {path} HTTP/1.1", f"Host: 127.0.0.1:{apus.port}", f"Content-Length: {length}", "Upload-Offset: %d" % offset(apus, path)]
    peer.sendall("\r\n".join(lines + [f"{k}: {v}" for k, v in BYTES.items()] + ["", ""]).encode())
    return peer


def until(condition, limit=30):
    end = time.time() + limit
    while time.time() < end:
        with contextlib.suppress(OSError, TypeError, KeyError):
            if condition():
                return
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


def test_what_came_before_a_cut_is_kept_to_the_byte(apus):
    body = text(4_000_000)
    path = begin(apus, len(body))
    with raw_patch(apus, path, len(body)) as peer:
        peer.sendall(body[:2_345_678])
        until(lambda: offset(apus, path) >= 2 << 20)
    until(lambda: offset(apus, path) == 2_345_678)
    assert apus.call("PATCH", path, body[2_345_678:], {**BYTES, "Upload-Offset": "2345678"}).status == 204
    assert content(apus, path) == body


@pytest.mark.parametrize("victim", ["upload", "azure-emulator", "functions-host", "postgres"])
def test_a_kill_in_the_middle_loses_no_more_than_the_block_that_was_coming(apus, victim):
    body = text(9_000_000, len(victim))
    path = begin(apus, len(body))
    sent, kills, low = 0, 0, 0
    while low < len(body):
        with contextlib.suppress(OSError), raw_patch(apus, path, len(body) - low) as peer:
            peer.settimeout(60)
            end = min(len(body), low + 2_700_000)
            peer.sendall(body[low:end])
            if end == len(body):
                assert b" 204 " in peer.recv(65536).split(b"\r\n")[0]
                break
            # What was counted stays; blocks have a mebibyte.
            until(lambda: offset(apus, path) >= (end >> 20 << 20))
            sent = end
            os.kill(apus.processes()[victim], signal.SIGKILL)
            kills += 1
        until(lambda: head(apus, path).status == 200, 60)
        until(lambda: apus.call("GET", "/health").status == 200, 60)
        low = offset(apus, path)
        assert (sent >> 20 << 20) <= low <= sent, (low, sent)
    assert kills >= 3
    assert content(apus, path) == body
    assert [d["bytes"] for d in apus.call("GET", "/api/documents").json["documents"]] == [len(body)]


def test_the_document_comes_although_its_maker_is_killed_while_making_it(apus):
    body = text(30_000_000)
    path = begin(apus, len(body))
    assert apus.call("PATCH", path, body[:-10], {**BYTES, "Upload-Offset": "0"}, timeout=120).status == 204
    # The store answers slowly enough that the end takes a while.
    apus.emulator_admin("POST", "faults", {"service": "blob", "method": "GET", "delayMilliseconds": 3000, "count": 1})

    def last():
        with contextlib.suppress(OSError):
            apus.call("PATCH", path, body[-10:], {**BYTES, "Upload-Offset": str(len(body) - 10)})
    sender = threading.Thread(target=last)
    sender.start()
    until(lambda: apus.call("GET", path).json["state"] == "finishing")
    os.kill(apus.processes()["upload"], signal.SIGKILL)
    sender.join()
    until(lambda: apus.call("GET", path).json["state"] == "done", 90)
    assert content(apus, path) == body
    assert len(apus.call("GET", "/api/documents").json["documents"]) == 1


def test_pages_of_other_sites_that_may_read_what_they_need(apus):
    preflight = apus.call("OPTIONS", "/api/uploads", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "tus-resumable, upload-offset"})
    assert preflight.status == 200 and "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert "upload-offset" in preflight.headers["Access-Control-Allow-Headers"]
    answer = apus.call("POST", "/api/uploads", b"", {**TUS, **named("a.txt"), "Upload-Length": "9", "Origin": ORIGIN})
    exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert answer.status == 201
    assert {"location", "tus-resumable", "upload-offset", "upload-length", "upload-expires", "upload-document-id"} <= exposed
    options = apus.call("OPTIONS", "/api/uploads")
    assert options.status == 204 and options.headers["Tus-Version"] == "1.0.0"
    assert options.headers["Tus-Extension"].split(",") == ["creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "termination", "concatenation"]


def test_what_is_wrong_is_named_with_a_remedy(apus):
    path = begin(apus, 10)
    cases = [
        ("POST", "/api/uploads", {"Upload-Length": "5", **named("a.txt")}, 412, "Tus-Resumable"),
        ("POST", "/api/uploads", {**TUS, **named("a.txt")}, 400, "Upload-Length"),
        ("POST", "/api/uploads", {**TUS, "Upload-Length": str(101 << 20), **named("a.txt")}, 413, "Upload-Length"),
        ("PATCH", path, {**BYTES, "Upload-Offset": "3"}, 409, "Upload-Offset"),
        ("PATCH", path, {**TUS, "Upload-Offset": "0", "Content-Type": "text/plain"}, 415, "Content-Type"),
        ("PATCH", path, {**BYTES, "Upload-Offset": "0", "Upload-Checksum": "crc32 AAAA"}, 400, "Upload-Checksum"),
    ]
    for method, at, headers, status, field in cases:
        answer = apus.call(method, at, b"abc" if method == "PATCH" else b"", headers)
        assert (answer.status, answer.json["errors"][0]["field"]) == (status, field), answer.body
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert request("HEAD", apus.url + path).status == 412
