"""Input that is malformed, oversized, slow or hostile gets Chroma's error, and nothing is lost or left."""
import json, os, socket, subprocess, tempfile, time, uuid

import pytest

from stack import request
import vectors


@pytest.fixture()
def collection(apus):
    made = apus.make("c" + uuid.uuid4().hex)["id"]
    assert apus.post(made, "add", {"ids": ["a"], "embeddings": [[1, 2]], "documents": ["x"], "metadatas": [{"k": 1}]}).status == 201
    return made


def raw(server, path, body, headers=None):
    return request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})


@pytest.mark.parametrize("body, status, name", [
    (b"", 400, "InvalidArgumentError"), (b"{", 400, "InvalidArgumentError"), (b"[1,]", 400, "InvalidArgumentError"),
    (b"\xff\xfe", 400, "InvalidArgumentError"), (b'{"ids":["z"],"embeddings":[[NaN,1]]}', 400, "InvalidArgumentError"),
    (b'{"ids":["z"],"embeddings":[[Infinity,1]]}', 400, "InvalidArgumentError"),
    (b"[" * 100_000, 400, "InvalidArgumentError"), (b'{"ids":["z"],"embeddings":[[1e39,1]]}', 400, "InvalidArgumentError"),
    (b'{"ids":["z"],"embeddings":[[1,2,3]]}', 400, "InvalidArgumentError"), (b'{"ids":["z"],"embeddings":[[]]}', 400, "InvalidArgumentError"),
    (b'{"ids":["z","y"],"embeddings":[[1,2],[1]]}', 400, "InvalidArgumentError"), (b'{"ids":[""],"embeddings":[[1,2]]}', 400, "InvalidArgumentError"),
    (b'{"ids":["z"],"embeddings":["AAA"]}', 400, "InvalidArgumentError"), (b'{"ids":["z"],"embeddings":["AAAA"]}', 400, "InvalidArgumentError"),
    (b'{"ids":["z"],"embeddings":["AADAfwAAgD8="]}', 400, "InvalidArgumentError"), (b'{"ids":["z"]}', 422, "ChromaError"),
    (b'{"ids":"z","embeddings":[[1,2]]}', 422, "ChromaError"), (b'{"ids":[1],"embeddings":[[1,2]]}', 422, "ChromaError"),
    (b'{"ids":["z"],"embeddings":[[1,"2"]]}', 422, "ChromaError"), (b'{"ids":["z"],"embeddings":[[1,2]],"metadatas":[{"k":null}]}', 422, "ChromaError"),
    (b'{"ids":["z"],"embeddings":[[1,2]],"metadatas":[{"k":[1,"a"]}]}', 422, "ChromaError"),
    (b'{"ids":["z"],"embeddings":[[1,2]],"metadatas":[{"$k":1}]}', 400, "InvalidArgumentError"), (b"5", 422, "ChromaError"),
])
def test_refused_writes_change_nothing(apus, collection, body, status, name):
    answer = raw(apus, f"{apus.collections}/{collection}/add", body)
    assert answer.status == status and answer.json["error"] == name, answer.body
    assert len(answer.headers["chroma-trace-id"]) == 32
    assert apus.post(collection, "get", {}).json["ids"] == ["a"]


def test_other_refusals(apus, collection):
    base = f"{apus.collections}/{collection}"
    assert raw(apus, base + "/add", b"{}", {"Content-Type": "text/plain"}).status == 415
    assert raw(apus, base + "/query", {"query_embeddings": [[1, 2, 3]]}).status == 400
    assert raw(apus, base + "/get", {"limit": -1}).status == 422
    assert raw(apus, base + "/get", {"include": ["data"]}).status == 422
    assert raw(apus, base + "/delete", {"ids": []}).status == 400
    assert raw(apus, base + "/delete", {"ids": ["a"], "limit": 1}).status == 400
    assert request("GET", base + "/count/").status == 404
    wrong = request("GET", base + "/add")
    assert wrong.status == 405 and wrong.headers["Allow"] == "POST"
    assert request("GET", apus.url + "/api/v1/collections").status == 410 and request("POST", apus.url + "/api/v1/collections", {}).status == 405
    assert request("GET", f"{apus.collections}/by-id/nonsense").status == 400
    other = base.replace("default_tenant", "other_tenant")
    assert raw(apus, other + "/add", {"ids": ["z"], "embeddings": [[1, 2]]}).status == 404
    for name in ("ab", "-abc", "a..b", "1.2.3.4", "x" * 513, "a b", "é" * 5):
        answer = raw(apus, apus.collections, {"name": name})
        assert answer.status == 400 and "Validation error: name:" in answer.json["message"], name
    found = request("POST", apus.collections, {"name": "taken" + collection[:8]}).json
    assert raw(apus, apus.collections, {"name": found["name"]}).status == 409
    assert request("PUT", base, {"new_name": found["name"]}).status == 409
    assert raw(apus, apus.collections, {"name": "meta", "metadata": {"a": [1]}}).status == 400


def test_the_size_limit_is_exact(apus, collection):
    def body(size):
        start, end = b'{"ids":["z"],"embeddings":[[1,2]],"documents":["', b'"]}'
        return start + b"x" * (size - len(start) - len(end)) + end
    over = raw(apus, f"{apus.collections}/{collection}/add", body(41_943_041))
    assert over.status == 413 and over.json["error"] == "ChromaError"
    assert raw(apus, f"{apus.collections}/{collection}/add", body(41_943_040)).status == 201
    assert apus.post(collection, "get", {"ids": ["z"], "include": []}).json["ids"] == ["z"]


def test_a_million_ids(apus, collection):
    ids = [str(i) for i in range(1_000_000)] + ["a", "a"]
    assert apus.post(collection, "get", {"ids": ids}, timeout=120).json["ids"] == ["a"]
    assert apus.post(collection, "get", {"where": {"k": {"$in": list(range(100_000))}}}).json["ids"] == ["a"]
    answer = apus.post(collection, "query", {"query_embeddings": [[1, 2]], "n_results": 4_294_967_295})
    assert answer.status == 200 and answer.json["ids"] == [["a"]]


def test_patterns_that_blow_up_elsewhere(apus, collection):
    assert apus.post(collection, "add", {"ids": ["long"], "embeddings": [[1, 2]], "documents": ["a" * 5000 + "!"]}).status == 201
    started = time.time()
    for pattern in ("(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*){10}b$"):
        assert apus.post(collection, "get", {"where_document": {"$regex": pattern}}).json["ids"] == []
    assert time.time() - started < 30
    assert apus.post(collection, "get", {"where_document": {"$regex": "a{5000}{5000}"}}).status == 400


def test_a_body_of_one_byte_a_second_holds_nobody_up(apus, collection):
    slow = socket.create_connection(("127.0.0.1", apus.port))
    slow.sendall(f"POST /api/v2/tenants/default_tenant/databases/default_database/collections/{collection}/add HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n".encode())
    for _ in range(3):
        slow.sendall(b"{")
        started = time.time()
        assert apus.post(collection, "get", {}).status == 200
        assert time.time() - started < 1
        time.sleep(0.3)
    slow.close()


def test_two_thousand_idle_connections(apus, collection):
    idle = []
    try:
        for _ in range(2000):
            idle.append(socket.create_connection(("127.0.0.1", apus.port)))
        started = time.time()
        assert apus.post(collection, "query", {"query_embeddings": [[1, 2]]}).json["ids"] == [["a"]]
        assert time.time() - started < 2
    finally:
        for connection in idle:
            connection.close()
    assert apus.post(collection, "get", {}).json["ids"] == ["a"]


@pytest.fixture()
def small_disk():
    folder = tempfile.mkdtemp(prefix="apus-small-")
    mounted = os.getuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True).returncode == 0
    if not mounted:
        os.rmdir(folder)
        pytest.skip("needs a small file system, and may not mount one")
    yield folder
    subprocess.run(["umount", folder], check=True)
    os.rmdir(folder)


def test_a_full_disk_loses_nothing_and_clears(small_disk):
    server = vectors.Apus(data=os.path.join(small_disk, "data"))
    server.start()
    try:
        collection = server.make("docs")["id"]
        acknowledged, refused = [], None
        for number in range(200):
            ids = [f"{number}-{i}" for i in range(50)]
            answer = server.post(collection, "add", {"ids": ids, "embeddings": [[float(number)] * 64] * 50, "documents": ["text " * 40] * 50})
            if answer.status != 201:
                refused = answer
                break
            acknowledged += ids
        assert refused is not None and refused.status == 500 and "disk is full" in refused.json["message"], refused and refused.body
        assert server.post(collection, "get", {"include": []}).json["ids"] == acknowledged
        # Deleting makes room by itself, once the database has given its pages back.
        assert server.post(collection, "query", {"query_embeddings": [[0.0] * 64], "n_results": 1}).status == 200
        subprocess.run(["mount", "-o", "remount,size=30m", small_disk], check=True)
        assert server.post(collection, "add", {"ids": ["more"], "embeddings": [[1.0] * 64]}).status == 201
        acknowledged.append("more")
        server.kill()
        assert server.maintain("--verify")[0] == 0
        server.start()
        assert server.post(collection, "get", {"include": []}).json["ids"] == acknowledged
    finally:
        server.stop()
        os.remove(server.data + ".log")
        for root, folders, files in os.walk(server.data, topdown=False):
            for name in files:
                os.remove(os.path.join(root, name))
            for name in folders:
                os.rmdir(os.path.join(root, name))
