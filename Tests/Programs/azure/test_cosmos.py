"""Cosmos DB by Microsoft's own SDK, synchronous and asynchronous: resources, items, batches, changes."""
import email.utils, threading, time

import pytest
from azure.core import MatchConditions
from azure.cosmos import PartitionKey
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError, CosmosBatchOperationError, CosmosHttpResponseError, CosmosResourceExistsError,
    CosmosResourceNotFoundError)
from azure.cosmos.partition_key import NonePartitionKeyValue, NullPartitionKeyValue

from emulators import Clients, cosmos


@pytest.fixture
def database(clients, name):
    database = clients.cosmos().create_database(name)
    yield database
    clients.cosmos().delete_database(name)


@pytest.fixture
def container(database):
    return database.create_container("items", PartitionKey("/pk"))


def status(call, *arguments, **named):
    with pytest.raises(CosmosHttpResponseError) as caught:
        call(*arguments, **named)
    return caught.value.status_code, caught.value.sub_status


def clean(item):
    return {key: value for key, value in item.items() if not key.startswith("_")}


class TestResources:
    def test_databases(self, clients, name):
        client = clients.cosmos()
        first = client.create_database(f"{name} db")
        with pytest.raises(CosmosResourceExistsError):
            client.create_database(f"{name} db")
        assert client.create_database_if_not_exists(f"{name} db").id == first.id
        assert first.read()["id"] == f"{name} db"
        assert f"{name} db" in [d["id"] for d in client.list_databases()]
        found = client.query_databases("SELECT * FROM d WHERE d.id = @id", parameters=[{"name": "@id", "value": f"{name} db"}])
        assert [d["id"] for d in found] == [f"{name} db"]
        client.delete_database(f"{name} db")
        with pytest.raises(CosmosResourceNotFoundError):
            first.read()

    def test_containers(self, database):
        made = database.create_container("convé", PartitionKey("/userId"), default_ttl=-1, unique_key_policy={"uniqueKeys": [{"paths": ["/email"]}]})
        assert database.create_container_if_not_exists("convé", PartitionKey("/userId")).id == "convé"
        properties = made.read()
        assert properties["partitionKey"] == {"paths": ["/userId"], "kind": "Hash", "version": 2}
        assert properties["defaultTtl"] == -1 and properties["indexingPolicy"]["indexingMode"] == "consistent"
        assert [c["id"] for c in database.list_containers()] == ["convé"]
        assert [c["id"] for c in database.query_containers("SELECT * FROM c WHERE c.id = 'convé'")] == ["convé"]
        database.replace_container("convé", PartitionKey("/userId"), default_ttl=60)
        assert made.read()["defaultTtl"] == 60
        assert status(database.replace_container, "convé", PartitionKey("/other"))[0] == 400
        database.delete_container("convé")
        with pytest.raises(CosmosResourceNotFoundError):
            made.read()

    def test_throughput(self, database):
        container = database.create_container("c", PartitionKey("/pk"), offer_throughput=500)
        assert container.get_throughput().offer_throughput == 500
        container.replace_throughput(700)
        assert container.get_throughput().offer_throughput == 700

    def test_case_and_wrong_keys(self, clients, database, container):
        with pytest.raises(CosmosResourceNotFoundError):
            database.get_container_client("ITEMS").read()
        bad = lambda: clients.make("azure.cosmos", "CosmosClient", clients.emulator.url("cosmos"), "QUJD" * 22)
        with pytest.raises(CosmosHttpResponseError) as caught:
            list(bad().list_databases())
        assert caught.value.status_code == 401 and "payload to sign" in str(caught.value)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_the_account_gives_the_callers_address_back(self, emulator, host):
        def account(date=None):
            return cosmos("GET", emulator.url("cosmos", host=host), "/", "", "", date=date)
        assert account().json["writableLocations"][0]["databaseAccountEndpoint"] == emulator.url("cosmos", host=host) + "/"
        late = account(email.utils.formatdate(time.time() - 16 * 60, usegmt=True))
        assert late.status == 403 and "current time" in late.json["message"]

    def test_identity(self, clients, database, container):
        client = clients.make("azure.cosmos", "CosmosClient", clients.emulator.url("cosmos", secure=True), clients.credential(),
                              connection_verify=False)
        own = client.get_database_client(database.id).get_container_client("items")
        own.create_item({"id": "1", "pk": "a"})
        assert own.read_item("1", "a")["id"] == "1"
        assert status(client.create_database, "x") == (403, 5300)


class TestItems:
    def test_life(self, container):
        item = {"id": "1", "pk": "a", "text": "ü\U0001F600", "list": [1, 2.5, None, True], "nested": {"b": 1, "a": 2}}
        made = container.create_item(dict(item))
        assert clean(made) == item and list(made)[:5] == list(item), "order is kept"
        assert made["_etag"].startswith('"') and made["_self"].startswith("dbs/") and made["_attachments"] == "attachments/"
        assert abs(made["_ts"] - time.time()) < 5
        assert container.read_item("1", "a") == made
        with pytest.raises(CosmosResourceExistsError):
            container.create_item(dict(item))
        made["text"] = "new"
        replaced = container.replace_item("1", made)
        assert replaced["_etag"] != made["_etag"] and replaced["_rid"] == made["_rid"] and replaced["text"] == "new"
        assert container.upsert_item({"id": "1", "pk": "a", "only": 1})["only"] == 1
        assert "text" not in container.read_item("1", "a")
        assert container.upsert_item({"id": "2", "pk": "a"})["id"] == "2"
        container.delete_item("1", "a")
        for call in (lambda: container.read_item("1", "a"), lambda: container.delete_item("1", "a"),
                     lambda: container.replace_item("1", {"id": "1", "pk": "a"})):
            with pytest.raises(CosmosResourceNotFoundError):
                call()

    @pytest.mark.one_style
    @pytest.mark.parametrize("item_id", ["a 1", "ü", "日本", "%", "+", "'", '"', "x" * 1023])
    def test_ids(self, container, item_id):
        container.create_item({"id": item_id, "pk": "a"})
        assert container.read_item(item_id, "a")["id"] == item_id
        assert [i["id"] for i in container.query_items("SELECT * FROM c WHERE c.id = @i", partition_key="a", parameters=[{"name": "@i", "value": item_id}])] == [item_id]
        container.delete_item(item_id, "a")

    def test_refused_items(self, container):
        assert status(container.create_item, {"id": "x" * 1024, "pk": "a"})[0] == 400
        deep = value = {}
        for _ in range(130):
            value["d"] = value = {}
        assert status(container.create_item, {"id": "deep", "pk": "a", "d": deep})[0] == 400
        body = {"id": "big", "pk": "a", "text": ""}
        import json
        room = (2 << 20) - len(json.dumps(body, separators=(",", ":")).encode())
        container.create_item({**body, "text": "x" * room})
        assert len(container.read_item("big", "a")["text"]) == room
        assert status(container.upsert_item, {**body, "text": "x" * (room + 1)})[0] == 413

    def test_no_response(self, container):
        answer = container.create_item({"id": "1", "pk": "a"}, no_response=True)
        assert not answer and container.read_item("1", "a")["id"] == "1"

    @pytest.mark.one_style
    @pytest.mark.parametrize("key", ["", "long" * 400, "ünï", 0, -1, 1, 1.5, 12.5, 1e300, True, False])
    def test_keys(self, container, key):
        container.create_item({"id": "1", "pk": key})
        assert container.read_item("1", key)["pk"] == key
        assert len(list(container.query_items("SELECT * FROM c", partition_key=key))) == 1
        if isinstance(key, int) and not isinstance(key, bool):
            assert container.read_item("1", float(key))["pk"] == key

    def test_null_missing_and_same_ids(self, container):
        container.create_item({"id": "1", "pk": None})
        container.create_item({"id": "1"})
        container.create_item({"id": "1", "pk": "a"})
        assert container.read_item("1", NullPartitionKeyValue)["pk"] is None
        assert "pk" not in container.read_item("1", NonePartitionKeyValue)
        assert len(list(container.read_all_items())) == 3
        assert status(container.create_item, {"id": "1", "pk": "x" * 2049})[0] == 400

    def test_hierarchical_keys(self, database):
        container = database.create_container("h", PartitionKey(path=["/t", "/u", "/s"], kind="MultiHash"))
        for number, (t, u, s) in enumerate([("a", "1", "x"), ("a", "1", None), ("a", "2", "x"), ("b", None, "x")]):
            container.create_item({"id": str(number), "t": t, "u": u, "s": s})
        assert container.read_item("1", ["a", "1", None])["id"] == "1"
        def ids(key):
            return sorted(i["id"] for i in container.query_items("SELECT * FROM c", partition_key=key))
        assert ids(["a", "1", "x"]) == ["0"] and ids(["a", "1"]) == ["0", "1"] and ids(["a"]) == ["0", "1", "2"] and ids(["b"]) == ["3"]

    def test_etags(self, container):
        made = container.create_item({"id": "1", "pk": "a", "n": 0})
        guard = {"etag": made["_etag"], "match_condition": MatchConditions.IfNotModified}
        container.replace_item("1", {"id": "1", "pk": "a", "n": 1}, **guard)
        for call in (lambda: container.replace_item("1", {"id": "1", "pk": "a"}, **guard),
                     lambda: container.upsert_item({"id": "1", "pk": "a"}, **guard),
                     lambda: container.delete_item("1", "a", **guard),
                     lambda: container.patch_item("1", "a", [{"op": "set", "path": "/n", "value": 9}], **guard)):
            with pytest.raises(CosmosAccessConditionFailedError):
                call()
        assert container.read_item("1", "a")["n"] == 1

    @pytest.mark.one_style
    def test_time_to_live(self, emulator, database):
        container = database.create_container("ttl", PartitionKey("/pk"), default_ttl=-1)
        container.create_item({"id": "kept", "pk": "a"})
        container.create_item({"id": "short", "pk": "a", "ttl": 1})
        container.create_item({"id": "renewed", "pk": "a", "ttl": 3})
        emulator.pass_time(2)
        container.upsert_item({"id": "renewed", "pk": "a", "ttl": 3})
        assert status(container.read_item, "short", "a")[0] == 404
        emulator.pass_time(1.6)
        assert sorted(i["id"] for i in container.query_items("SELECT * FROM c", partition_key="a")) == ["kept", "renewed"]
        container.create_item({"id": "short", "pk": "a"})
        assert status(container.create_item, {"id": "zero", "pk": "a", "ttl": 0})[0] == 400
        plain = database.create_container("plain", PartitionKey("/pk"))
        plain.create_item({"id": "1", "pk": "a", "ttl": 1})
        emulator.pass_time(1.6)
        assert plain.read_item("1", "a")["id"] == "1", "without a time to live of the container there is none"

    def test_unique_keys(self, database):
        container = database.create_container("u", PartitionKey("/pk"), unique_key_policy={"uniqueKeys": [{"paths": ["/a", "/b"]}]})
        container.create_item({"id": "1", "pk": "x", "a": 1, "b": 2})
        with pytest.raises(CosmosResourceExistsError):
            container.create_item({"id": "2", "pk": "x", "a": 1, "b": 2})
        container.create_item({"id": "2", "pk": "y", "a": 1, "b": 2})
        container.replace_item("1", {"id": "1", "pk": "x", "a": 9, "b": 2})
        container.create_item({"id": "3", "pk": "x", "a": 1, "b": 2})
        with pytest.raises(CosmosResourceExistsError):
            container.replace_item("1", {"id": "1", "pk": "x", "a": 1, "b": 2})
        container.delete_item("3", "x")
        container.replace_item("1", {"id": "1", "pk": "x", "a": 1, "b": 2})

    def test_a_container_made_again(self, clients, database):
        old = database.create_container("again", PartitionKey("/pk"))
        old.create_item({"id": "1", "pk": "a"})
        other = Clients(clients.emulator, "sync").cosmos().get_database_client(database.id)
        other.delete_container("again")
        other.create_container("again", PartitionKey("/pk"))
        old.create_item({"id": "1", "pk": "a"})
        assert old.read_item("1", "a")["id"] == "1"

    def test_many_and_whole_partitions(self, container):
        for index in range(20):
            container.create_item({"id": str(index), "pk": str(index % 4)})
        read = container.read_items([(str(index), str(index % 4)) for index in range(10)])
        assert sorted(int(i["id"]) for i in read) == list(range(10))
        container.delete_all_items_by_partition_key("1")
        assert sorted(int(i["id"]) for i in container.read_all_items()) == [n for n in range(20) if n % 4 != 1]


def test_one_of_many_replaces(emulator, name):
    container = Clients(emulator, "sync").cosmos().create_database(name).create_container("c", PartitionKey("/pk"))
    etag = container.create_item({"id": "1", "pk": "a"})["_etag"]
    won = []
    def replace(index):
        try:
            container.replace_item("1", {"id": "1", "pk": "a", "n": index}, etag=etag, match_condition=MatchConditions.IfNotModified)
            won.append(index)
        except CosmosAccessConditionFailedError:
            pass
    threads = [threading.Thread(target=replace, args=(index,)) for index in range(50)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(won) == 1 and container.read_item("1", "a")["n"] == won[0]


class TestPatch:
    def test_operations(self, container):
        container.create_item({"id": "1", "pk": "a", "list": [1, 2, 3], "o": {"x": 1}, "n": 1, "a/b": 1})
        patched = container.patch_item("1", "a", [
            {"op": "add", "path": "/list/0", "value": 0}, {"op": "add", "path": "/list/-", "value": 4},
            {"op": "set", "path": "/list/1", "value": "one"}, {"op": "replace", "path": "/o/x", "value": 2},
            {"op": "incr", "path": "/n", "value": 1.5}, {"op": "incr", "path": "/made", "value": 7},
            {"op": "set", "path": "/a~1b", "value": 2}, {"op": "move", "from": "/o/x", "path": "/moved"},
            {"op": "remove", "path": "/list/2"}])
        assert clean(patched) == {"id": "1", "pk": "a", "list": [0, "one", 3, 4], "o": {}, "n": 2.5, "a/b": 2, "made": 7, "moved": 2}

    def test_refusals(self, container):
        before = container.create_item({"id": "1", "pk": "a", "n": 1})
        for operations in (
                [{"op": "set", "path": "/n", "value": i} for i in range(11)], [{"op": "set", "path": "/id", "value": "2"}],
                [{"op": "set", "path": "/pk", "value": "b"}], [{"op": "remove", "path": "/none"}],
                [{"op": "replace", "path": "/none", "value": 1}], [{"op": "incr", "path": "/id2/x", "value": 1}],
                [{"op": "set", "path": "/n", "value": 2}, {"op": "set", "path": "/m", "value": 2}, {"op": "remove", "path": "/none"}]):
            assert status(container.patch_item, "1", "a", operations)[0] == 400
        assert container.read_item("1", "a") == before
        assert status(container.patch_item, "2", "a", [{"op": "set", "path": "/n", "value": 1}])[0] == 404

    def test_conditions(self, container):
        container.create_item({"id": "1", "pk": "a", "status": "open"})
        close = [{"op": "set", "path": "/status", "value": "closed"}]
        container.patch_item("1", "a", close, filter_predicate="from c where c.status = 'open'")
        with pytest.raises(CosmosAccessConditionFailedError):
            container.patch_item("1", "a", close, filter_predicate="from c where c.status = 'open'")


class TestBatches:
    def test_all_kinds(self, container):
        container.create_item({"id": "old", "pk": "a", "n": 1})
        etag = container.create_item({"id": "gone", "pk": "a"})["_etag"]
        results = container.execute_item_batch([
            ("create", ({"id": "new", "pk": "a"},)), ("upsert", ({"id": "up", "pk": "a"},)),
            ("replace", ("old", {"id": "old", "pk": "a", "n": 2})), ("read", ("old",)),
            ("patch", ("old", [{"op": "incr", "path": "/n", "value": 1}])),
            ("delete", ("gone",), {"if_match_etag": etag})], partition_key="a")
        assert [r["statusCode"] for r in results] == [201, 201, 200, 200, 200, 204]
        assert results[3]["resourceBody"]["n"] == 2 and container.read_item("old", "a")["n"] == 3
        assert sorted(i["id"] for i in container.read_all_items()) == ["new", "old", "up"]

    def test_all_or_none(self, container):
        container.create_item({"id": "1", "pk": "a"})
        with pytest.raises(CosmosBatchOperationError) as caught:
            container.execute_item_batch([("create", ({"id": "2", "pk": "a"},)), ("create", ({"id": "3", "pk": "a"},)),
                                          ("create", ({"id": "1", "pk": "a"},))], partition_key="a")
        assert caught.value.error_index == 2
        assert [r["statusCode"] for r in caught.value.operation_responses] == [424, 424, 409]
        assert [i["id"] for i in container.read_all_items()] == ["1"]
        with pytest.raises(CosmosBatchOperationError):
            container.execute_item_batch([("replace", ("1", {"id": "1", "pk": "a"}), {"if_match_etag": '"other"'})], partition_key="a")

    def test_limits(self, container):
        container.execute_item_batch([("create", ({"id": str(n), "pk": "a"},)) for n in range(100)], partition_key="a")
        assert status(container.execute_item_batch, [("read", (str(n % 100),)) for n in range(101)], partition_key="a")[0] == 400


class TestChanges:
    def test_from_the_start(self, clients, container):
        for index in range(5):
            container.create_item({"id": str(index), "pk": str(index % 2)})
        for _ in range(3):
            container.upsert_item({"id": "0", "pk": "0", "again": True})
        feed = list(container.query_items_change_feed(start_time="Beginning"))
        assert [i["id"] for i in feed] == ["1", "2", "3", "4", "0"], "each once, by its last change"
        assert [i["id"] for i in container.query_items_change_feed(start_time="Beginning", partition_key="1")] == ["1", "3"]

    def test_going_on(self, clients, container):
        container.create_item({"id": "1", "pk": "a"})
        feed = container.query_items_change_feed(start_time="Beginning", max_item_count=1)
        pages = feed.by_page()
        assert [i["id"] for page in pages for i in page] == ["1"]
        token = pages.continuation_token
        assert list(container.query_items_change_feed(continuation=token)) == []
        container.create_item({"id": "2", "pk": "a"})
        clients.emulator.kill()
        clients.emulator.start()
        assert [i["id"] for i in container.query_items_change_feed(continuation=token)] == ["2"]
        now = container.query_items_change_feed(start_time="Now").by_page()
        assert [i for page in now for i in page] == []

    def test_ranges(self, emulator, container):
        ranges = list(container.read_feed_ranges())
        assert len(ranges) == 1


class TestTrouble:
    def test_throttling_is_waited_for(self, emulator, container):
        container.create_item({"id": "1", "pk": "a"})
        emulator.fault("cosmos", pathContains="/docs", status=429, count=2, retryAfterMilliseconds=100)
        started = time.time()
        assert container.read_item("1", "a")["id"] == "1"
        assert time.time() - started >= 0.2

    def test_others(self, emulator, container):
        emulator.fault("cosmos", pathContains="/docs", status=449)
        assert status(container.create_item, {"id": "1", "pk": "a"})[0] == 449
        container.create_item({"id": "1", "pk": "a"})
        emulator.fault("cosmos", pathContains="/docs", status=503)
        assert container.read_item("1", "a")["id"] == "1"


class TestByHand:
    """What the SDK does not send."""

    @pytest.fixture
    def send(self, emulator, name):
        client = Clients(emulator, "sync").cosmos()
        container = client.create_database(name).create_container("c", PartitionKey("/pk"))
        self.made = container.create_item({"id": "1", "pk": "a"})
        self.container = container.read()
        link = f"dbs/{name}/colls/c"
        def send(method, path, body=None, kind="docs", signed=None, **headers):
            owner = link if path == "/docs" else link + path
            fields = {key.replace("_", "-"): value for key, value in headers.items()}
            return cosmos(method, emulator.url("cosmos"), f"/{link}{path}", kind, signed or owner, body, fields)
        yield send
        client.delete_database(name)

    KEY = {"x_ms_documentdb_partitionkey": '["a"]'}

    def test_not_modified(self, send):
        answer = send("GET", "/docs/1", **self.KEY, If_None_Match=self.made["_etag"])
        assert answer.status == 304 and answer.body == b"" and answer.headers["etag"] == self.made["_etag"]

    def test_keys(self, send):
        mismatch = send("POST", "/docs", {"id": "2", "pk": "b"}, **self.KEY)
        assert mismatch.status == 400 and mismatch.headers["x-ms-substatus"] == "1001"
        assert send("POST", "/docs", {"id": "2", "pk": "b"}).status == 400
        for key in ("[]", '["a","b"]', "a", '{"a":1}', "["):
            assert send("GET", "/docs/1", x_ms_documentdb_partitionkey=key).status == 400
        assert send("POST", "/docs", {"id": "3", "pk": "ü"}, x_ms_documentdb_partitionkey='["\\u00fc"]').status == 201

    def test_items(self, send):
        for body in (b"", b"[]", b"{", b"1", b'{"pk":"a"}', b'{"id":1,"pk":"a"}', b'{"id":"","pk":"a"}', b'{"id":"a/b","pk":"a"}', b'{"id":"a#","pk":"a"}'):
            assert send("POST", "/docs", body, **self.KEY).status == 400, body
        big = send("POST", "/docs", {"id": "n", "pk": "a", "n": [1e300, 123456789012345678, 0.1, -0.0]}, **self.KEY)
        assert big.json["n"][:3] == [1e300, 123456789012345678, 0.1]
        assert send("PUT", "/docs/1", {"id": "2", "pk": "a"}, **self.KEY).status == 400
        assert send("PUT", "/docs/1", {"id": "1", "pk": "a", "_etag": "mine", "_ts": 1}, **self.KEY).json["_etag"] != "mine"

    def test_by_resource_id(self, emulator, send):
        database, container = self.container["_self"].strip("/").split("/")[1::2]
        path = f"/dbs/{database}/colls/{container}/docs/1"
        answer = cosmos("GET", emulator.url("cosmos"), path, "docs", f"dbs/{database}/colls/{container}/docs/1", headers={"x-ms-documentdb-partitionkey": '["a"]'})
        assert answer.status == 200 and answer.json["id"] == "1"
        container_only = cosmos("GET", emulator.url("cosmos"), f"/dbs/{database}/colls/{container}", "colls", container.lower())
        assert container_only.status == 200

    def test_signatures(self, send):
        assert send("GET", "/docs/1", **self.KEY, signed="dbs/x").status == 401
        assert send("GET", "/docs/1", **self.KEY, authorization="").status == 401
        assert send("GET", "/docs/1", **self.KEY, authorization="type%3Dmaster").status == 401

    def test_ranges_end(self, emulator, send, name):
        def ranges(**fields):
            return cosmos("GET", emulator.url("cosmos"), f"/dbs/{name}/colls/c/pkranges", "pkranges", f"dbs/{name}/colls/c", headers=fields)
        first = ranges()
        assert [(r["minInclusive"], r["maxExclusive"]) for r in first.json["PartitionKeyRanges"]] == [("", "FF")]
        assert ranges(**{"If-None-Match": first.headers["etag"]}).status == 304

    def test_unknown_things(self, send):
        stale = send("GET", "/docs/1", **self.KEY, x_ms_cosmos_intended_collection_rid="AAAA")
        assert stale.status == 400 and stale.headers["x-ms-substatus"] == "1024"
        assert send("GET", "/docs/none", **self.KEY).json["code"] == "NotFound"
