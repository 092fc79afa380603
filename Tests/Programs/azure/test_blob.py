"""Blob Storage by Microsoft's own SDK, synchronous and asynchronous."""
import base64, datetime, hashlib, os, threading

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError)
from azure.storage.blob import (
    AccessPolicy, BlobBlock, ContentSettings, CorsRule,
    RetentionPolicy, StandardBlobTier, generate_blob_sas)

from emulators import ACCOUNT, signed
from stack import STORAGE_KEY, request


def soon(**step):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**(step or {"hours": 1}))


@pytest.fixture
def container(clients, name):
    container = clients.blobs().get_container_client(name)
    container.create_container()
    return container


def read(blob, **named):
    return blob.download_blob(**named).readall()


class TestContainers:
    def test_life(self, clients, name):
        service = clients.blobs()
        container = service.create_container(name, metadata={"Own": "me", "a_1": "x", "a1": "y"}, public_access="blob")
        assert container.exists()
        with pytest.raises(ResourceExistsError) as caught:
            service.create_container(name)
        assert caught.value.error_code == "ContainerAlreadyExists"
        properties = container.get_container_properties()
        assert properties.metadata == {"Own": "me", "a_1": "x", "a1": "y"}
        assert properties.public_access == "blob" and properties.lease.state == "available"
        container.set_container_metadata({"new": "1"})
        changed = container.get_container_properties()
        assert changed.metadata == {"new": "1"} and changed.etag != properties.etag
        container.delete_container()
        assert not container.exists()
        with pytest.raises(ResourceNotFoundError) as caught:
            container.delete_container()
        assert caught.value.error_code == "ContainerNotFound"

    def test_list(self, clients, name):
        service = clients.blobs()
        names = [f"{name}-{index}" for index in range(5)]
        for each in names:
            service.create_container(each, metadata={"own": each[-1]})
        assert [c.name for c in service.list_containers(name_starts_with=name)] == names
        pages = [[c.name for c in page] for page in service.list_containers(name_starts_with=name, results_per_page=2).by_page()]
        assert pages == [names[:2], names[2:4], names[4:]]
        assert [c.metadata["own"] for c in service.list_containers(name_starts_with=name, include_metadata=True)] == list("01234")

    @pytest.mark.one_style
    @pytest.mark.parametrize("bad, code", [
        ("ab", "OutOfRangeInput"), ("UPPER", "InvalidResourceName"), ("a--b", "InvalidResourceName"),
        ("-abc", "InvalidResourceName"), ("x" * 64, "OutOfRangeInput")])
    def test_names(self, clients, bad, code):
        with pytest.raises(HttpResponseError) as caught:
            clients.blobs().create_container(bad)
        assert caught.value.status_code == 400 and caught.value.error_code == code

    def test_policies(self, clients, container):
        policy = AccessPolicy(permission="r", expiry=soon(), start=soon(minutes=-5))
        container.set_container_access_policy({"read": policy, "bare": AccessPolicy()}, public_access="container")
        held = container.get_container_access_policy()
        assert held["public_access"] == "container"
        assert {p.id: p.access_policy.permission if p.access_policy else None for p in held["signed_identifiers"]}["read"] == "r"
        with pytest.raises(ValueError):
            container.set_container_access_policy({str(n): policy for n in range(6)})

    def test_lease(self, container):
        lease = container.acquire_lease(15)
        with pytest.raises(HttpResponseError) as caught:
            container.delete_container()
        assert caught.value.error_code == "LeaseIdMissing"
        lease.renew()
        lease.change("11111111-1111-1111-1111-111111111111")
        assert container.get_container_properties().lease.duration == "fixed"
        lease.release()
        container.delete_container()

    def test_service(self, clients):
        service = clients.blobs()
        assert service.get_account_information()["account_kind"] == "StorageV2"
        service.set_service_properties(cors=[CorsRule(["https://a.example"], ["GET", "PUT"], allowed_headers=["x-ms-*"], max_age_in_seconds=60)])
        properties = service.get_service_properties()
        assert properties["cors"][0].allowed_origins == "https://a.example"
        assert not properties["hour_metrics"].enabled
        service.set_service_properties(delete_retention_policy=RetentionPolicy(False))
        assert service.get_service_properties()["cors"], "what is not sent stays"
        preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-ms-blob-type"}
        answer = request("OPTIONS", clients.emulator.account_url("blob") + "/c/b", headers=preflight)
        assert answer.status == 200 and answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
        preflight["Origin"] = "https://b.example"
        assert request("OPTIONS", clients.emulator.account_url("blob") + "/c/b", headers=preflight).status == 403
        service.set_service_properties(cors=[])
        stats = signed("GET", clients.emulator.account_url("blob") + "-secondary?restype=service&comp=stats")
        assert stats.status == 200 and b"<Status>live</Status>" in stats.body


class TestContent:
    @pytest.mark.parametrize("size", [0, 1, 65536, 65537, 300_000])
    def test_round_trip(self, container, size):
        content = os.urandom(size)
        blob = container.get_blob_client("b")
        answer = blob.upload_blob(
            content, metadata={"Own": "me"}, content_settings=ContentSettings(
                content_type="text/x", content_language="de", cache_control="no-store", content_disposition="inline", content_encoding="x"))
        assert read(blob) == content
        properties = blob.get_blob_properties()
        settings = properties.content_settings
        assert (settings.content_type, settings.content_language, settings.cache_control, settings.content_disposition) == (
            "text/x", "de", "no-store", "inline")
        assert bytes(settings.content_md5) == hashlib.md5(content).digest()
        assert properties.etag == answer["etag"] and properties.metadata == {"Own": "me"} and properties.size == size
        assert properties.blob_tier == "Hot" and properties.server_encrypted

    def test_one_more_than_a_block(self, container):
        container._config if False else None
        content = os.urandom(9 * 1024 * 1024 + 1)
        blob = container.get_blob_client("large")
        client = blob
        config = (blob._target if hasattr(blob, "_target") else blob)._config
        config.max_single_put_size, config.max_block_size = 4 << 20, 4 << 20
        client.upload_blob(content, max_concurrency=3)
        committed, pending = client.get_block_list("all")
        assert [b.size for b in committed] == [4 << 20, 4 << 20, (1 << 20) + 1] and pending == []
        assert read(client) == content
        assert read(client, offset=(4 << 20) - 10, length=20) == content[(4 << 20) - 10:(4 << 20) + 10]

    def test_stream_of_unknown_length(self, container):
        def pieces():
            for index in range(40):
                yield bytes([index]) * 10_000
        blob = container.get_blob_client("stream")
        blob.upload_blob(pieces())
        assert read(blob) == b"".join(bytes([index]) * 10_000 for index in range(40))

    def test_checked(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"hello world", validate_content=True)
        assert read(blob, validate_content=True) == b"hello world"

    @pytest.mark.one_style
    @pytest.mark.parametrize("blob_name", [
        "a b", "50%", "a%25b", "a+b", "a#b", "a?b", "a&b", "it's", 'q"q', "<x>", "\U0001F600", "u\u0308/\u00fc", "trailing.",
        "trailing ", "trailing/", "a//b", "/leading", "x" * 1024, "!$&'()*,;=:@-._~", "日本/語"])
    def test_names(self, container, blob_name):
        blob = container.get_blob_client(blob_name)
        blob.upload_blob(blob_name.encode())
        assert read(blob) == blob_name.encode()
        assert [b.name for b in container.list_blobs()] == [blob_name]

    @pytest.mark.one_style
    def test_normal_forms_differ(self, container):
        container.upload_blob("u\u0308", b"two")
        container.upload_blob("\u00fc", b"one")
        assert {b.name for b in container.list_blobs()} == {"u\u0308", "\u00fc"}

    @pytest.mark.one_style
    def test_a_name_too_long(self, container):
        with pytest.raises(HttpResponseError) as caught:
            container.upload_blob("x" * 1025, b"")
        assert caught.value.status_code == 400

    def test_overwriting(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"one", metadata={"a": "1"})
        with pytest.raises(ResourceExistsError) as caught:
            blob.upload_blob(b"two")
        assert caught.value.error_code == "BlobAlreadyExists"
        blob.upload_blob(b"two", overwrite=True)
        assert read(blob) == b"two" and blob.get_blob_properties().metadata == {}

    def test_ranges(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"0123456789")
        assert read(blob, offset=0, length=1) == b"0" and read(blob, offset=9) == b"9"
        assert read(blob, offset=5, length=100) == b"56789"
        with pytest.raises(HttpResponseError) as caught:
            read(blob, offset=10, length=1)
        assert caught.value.status_code == 416 and caught.value.error_code == "InvalidRange"
        container.upload_blob("empty", b"")
        assert read(container.get_blob_client("empty")) == b""

    def test_metadata_headers_and_tags(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"x", content_settings=ContentSettings(content_type="text/a", cache_control="y"), tags={"kind": "first"})
        blob.set_blob_metadata({"Two": "2"})
        assert blob.get_blob_properties().metadata == {"Two": "2"}
        blob.set_http_headers(ContentSettings(content_type="text/b"))
        settings = blob.get_blob_properties().content_settings
        assert settings.content_type == "text/b" and not settings.cache_control and not settings.content_md5
        before = blob.get_blob_properties().etag
        blob.set_blob_tags({"kind": "second", "n": "1"})
        assert blob.get_blob_tags() == {"kind": "second", "n": "1"} and blob.get_blob_properties().tag_count == 2
        assert blob.get_blob_properties().etag == before
        blob.set_standard_blob_tier(StandardBlobTier.COOL)
        assert blob.get_blob_properties().blob_tier == "Cool"
        with pytest.raises(HttpResponseError) as caught:
            blob.set_blob_tags({str(n): "x" for n in range(11)})
        assert caught.value.error_code == "TagsTooLarge"
        with pytest.raises(HttpResponseError) as caught:
            blob.set_blob_metadata({"not-a-name": "x"})
        assert caught.value.error_code == "InvalidMetadata"

    def test_tag_search(self, clients, container, name):
        for index in range(4):
            container.upload_blob(f"b{index}", b"", tags={"run": name, "n": str(index)})
        query = f"\"run\" = '{name}' AND \"n\" >= '2'"
        assert [b.name for b in container.find_blobs_by_tags(query)] == ["b2", "b3"]
        assert [b.name for b in clients.blobs().find_blobs_by_tags(query)] == ["b2", "b3"]
        assert read(container.get_blob_client("b1"), if_tags_match_condition="\"n\" = '1'") == b""
        with pytest.raises(ResourceModifiedError):
            container.get_blob_client("b1").get_blob_properties(if_tags_match_condition="\"n\" = '2'")

    def test_delete(self, container):
        blob = container.get_blob_client("b")
        with pytest.raises(ResourceNotFoundError) as caught:
            blob.delete_blob()
        assert caught.value.error_code == "BlobNotFound"
        blob.upload_blob(b"x")
        blob.delete_blob()
        assert not blob.exists()

    def test_batch(self, container):
        names = [f"b {index}" for index in range(10)]
        for name in names:
            container.upload_blob(name, b"x")
        list(container.set_standard_blob_tier_blobs("Cool", *names[:2]))
        assert container.get_blob_client(names[0]).get_blob_properties().blob_tier == "Cool"
        answers = list(container.delete_blobs(*names[:9]))
        assert [a.status_code for a in answers] == [202] * 9
        answers = list(container.delete_blobs(*names, raise_on_any_failure=False))
        assert [a.status_code for a in answers] == [404] * 9 + [202]
        assert list(container.list_blobs()) == []

    def test_unsupported_kinds_say_so(self, container):
        for make in (lambda b: b.create_page_blob(512), lambda b: b.create_append_blob(), lambda b: b.query_blob("SELECT * FROM x"),
                     lambda b: b.set_legal_hold(True)):
            with pytest.raises(HttpResponseError) as caught:
                make(container.get_blob_client("p"))
            assert caught.value.status_code == 501


class TestBlocks:
    def ids(self, *names):
        return [BlobBlock(block_id=name) for name in names]

    def test_order_is_the_lists(self, container):
        blob = container.get_blob_client("b")
        for name in ("bb", "aa", "cc"):
            blob.stage_block(name, name.encode())
        assert not blob.exists()
        assert [b.name for b in container.list_blobs(include=["uncommittedblobs"])] == ["b"] and list(container.list_blobs()) == []
        blob.commit_block_list(self.ids("cc", "aa", "cc"), metadata={"m": "1"})
        assert read(blob) == b"ccaacc" and blob.get_blob_properties().metadata == {"m": "1"}
        committed, pending = blob.get_block_list("all")
        assert [b.size for b in committed] == [2, 2, 2] and pending == [], "what is not named is dropped"

    def test_committed_and_latest(self, container):
        blob = container.get_blob_client("b")
        blob.stage_block("aa", b"old")
        blob.stage_block("bb", b"B")
        blob.commit_block_list(self.ids("aa", "bb"))
        blob.stage_block("aa", b"new")
        aa, bb = (base64.b64encode(name).decode() for name in (b"aa", b"bb"))
        # The SDK asks for the latest block whatever it is told.
        body = f"<BlockList><Committed>{aa}</Committed><Uncommitted>{aa}</Uncommitted><Latest>{bb}</Latest></BlockList>".encode()
        assert signed("PUT", blob.url + "?comp=blocklist", body).status == 201
        assert read(blob) == b"oldnewB"

    def test_refusals(self, container):
        blob = container.get_blob_client("b")
        blob.stage_block("aaaa", b"x")
        with pytest.raises(HttpResponseError) as caught:
            blob.stage_block("aaaaaaaaaaaaa", b"x")
        assert caught.value.error_code == "InvalidBlobOrBlock"
        with pytest.raises(HttpResponseError) as caught:
            blob.commit_block_list(self.ids("aaaa", "zzzz"))
        assert caught.value.error_code == "InvalidBlockList" and not blob.exists()
        blob.upload_blob(b"whole")
        with pytest.raises(HttpResponseError) as caught:
            blob.commit_block_list(self.ids("aaaa"))
        assert caught.value.error_code == "InvalidBlockList", "Put Blob throws pending blocks away"
        blob.stage_block("aaaa", b"x")
        with pytest.raises(ResourceExistsError):
            blob.commit_block_list(self.ids("aaaa"), match_condition=MatchConditions.IfMissing)
        assert read(blob) == b"whole"

    def test_an_empty_list_is_an_empty_blob(self, container):
        blob = container.get_blob_client("b")
        blob.commit_block_list([])
        assert read(blob) == b""

    def test_from_url(self, container):
        source = container.get_blob_client("source")
        source.upload_blob(b"0123456789")
        blob = container.get_blob_client("b")
        url = source.url + "?" + generate_blob_sas(
            ACCOUNT, container.container_name, "source", account_key=STORAGE_KEY, permission="r", expiry=soon())
        blob.stage_block_from_url("aa", url, source_offset=2, source_length=3)
        blob.commit_block_list(self.ids("aa"))
        assert read(blob) == b"234"


class TestConditions:
    def test_etags(self, container):
        blob = container.get_blob_client("b")
        first = blob.upload_blob(b"one")["etag"]
        second = blob.upload_blob(b"two", overwrite=True, etag=first, match_condition=MatchConditions.IfNotModified)["etag"]
        with pytest.raises(ResourceModifiedError):
            blob.upload_blob(b"three", overwrite=True, etag=first, match_condition=MatchConditions.IfNotModified)
        with pytest.raises(ResourceModifiedError):
            blob.delete_blob(etag=first, match_condition=MatchConditions.IfNotModified)
        with pytest.raises(HttpResponseError) as caught:
            read(blob, etag=second, match_condition=MatchConditions.IfModified)
        assert caught.value.status_code == 304
        assert read(blob, etag=second, match_condition=MatchConditions.IfNotModified) == b"two"
        past, future = soon(days=-1), soon(days=1)
        assert read(blob, if_modified_since=past) == b"two"
        with pytest.raises(HttpResponseError) as caught:
            read(blob, if_modified_since=future)
        assert caught.value.status_code == 304
        with pytest.raises(ResourceModifiedError):
            read(blob, if_unmodified_since=past)
        with pytest.raises(ResourceModifiedError):
            container.get_blob_client("none").upload_blob(b"", overwrite=True, etag=first, match_condition=MatchConditions.IfNotModified)

    def test_a_replaced_blob_is_not_mixed_while_it_is_read(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(os.urandom(3 << 20))
        (blob._target if hasattr(blob, "_target") else blob)._config.max_single_get_size = 1 << 20
        (blob._target if hasattr(blob, "_target") else blob)._config.max_chunk_get_size = 1 << 20
        download = blob.download_blob()
        blob.upload_blob(os.urandom(3 << 20), overwrite=True)
        with pytest.raises(ResourceModifiedError):
            download.readall()


def test_one_of_many_creates(emulator, name):
    from emulators import Clients
    clients = Clients(emulator, "sync")
    container = clients.blobs().create_container(name)
    won, lost = [], []
    def create(index):
        try:
            container.upload_blob("b", str(index).encode())
            won.append(index)
        except ResourceExistsError:
            lost.append(index)
    threads = [threading.Thread(target=create, args=(index,)) for index in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(won) == 1 and len(lost) == 19
    assert container.download_blob("b").readall() == str(won[0]).encode()
    etag = container.get_blob_client("b").get_blob_properties().etag
    won.clear()
    def replace(index):
        try:
            container.upload_blob("b", b"x", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
            won.append(index)
        except ResourceModifiedError:
            pass
    threads = [threading.Thread(target=replace, args=(index,)) for index in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(won) == 1


@pytest.mark.parametrize("size", [1000, 300_000])
def test_readers_beside_writers_get_whole_versions(emulator, name, size):
    from emulators import Clients
    container = Clients(emulator, "sync").blobs().create_container(name)
    container.upload_blob("b", bytes([0]) * size)
    failed, done = [], threading.Event()
    def write(number):
        blob = container.get_blob_client("b")
        for round in range(15):
            try:
                etag = blob.get_blob_properties().etag
                blob.upload_blob(bytes([(number * 15 + round) % 250]) * size, overwrite=True, etag=etag,
                                 match_condition=MatchConditions.IfNotModified)
            except ResourceModifiedError:
                pass
            except Exception as error:
                failed.append(repr(error))
    def look():
        blob = container.get_blob_client("b")
        while not done.is_set():
            try:
                found = blob.download_blob().readall()
                if len(found) != size or len(set(found)) != 1:
                    failed.append(f"{len(found)} bytes of {len(set(found))} versions")
            except Exception as error:
                failed.append(repr(error))
    writers = [threading.Thread(target=write, args=(number,)) for number in range(40)]
    readers = [threading.Thread(target=look) for _ in range(4)]
    [t.start() for t in writers + readers]
    [t.join() for t in writers]
    done.set()
    [t.join() for t in readers]
    assert failed == []


class TestWhatIsNotThere:
    def test_versions_are_refused_and_nothing_is_deleted(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"current", tags={"a": "1"})
        old = "2024-01-01T00:00:00.0000000Z"
        for call in (lambda: read(blob, version_id=old), lambda: blob.get_blob_properties(version_id=old),
                     lambda: blob.delete_blob(version_id=old), lambda: blob.get_blob_tags(version_id=old),
                     lambda: blob.set_blob_tags({"b": "2"}, version_id=old),
                     lambda: blob.set_standard_blob_tier("Cool", version_id=old)):
            with pytest.raises(HttpResponseError) as caught:
                call()
            assert caught.value.status_code == 501
        assert read(blob) == b"current" and blob.get_blob_tags() == {"a": "1"}

    def test_tags_of_a_copy(self, container):
        source = container.get_blob_client("source")
        source.upload_blob(b"x", tags={"a": "1"})
        for number, (given, tags) in enumerate([({"tags": "COPY"}, {"a": "1"}), ({"tags": {"b": "2"}}, {"b": "2"}), ({}, {})]):
            copy = container.get_blob_client(f"copy-{number}")
            copy.start_copy_from_url(source.url, requires_sync=True, **given)
            assert copy.get_blob_tags() == tags
            # This call of the SDK has no way to ask for the source's tags.
            if given.get("tags") != "COPY":
                put = container.get_blob_client(f"put-{number}")
                put.upload_blob_from_url(source.url, **given)
                assert put.get_blob_tags() == tags
