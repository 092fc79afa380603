"""Blob Storage by Microsoft's own SDK: listings, snapshots, copies, leases and shared access signatures."""
import base64, datetime, os, uuid

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceNotFoundError)
from azure.storage.blob import (
    AccessPolicy, BlobSasPermissions, ContainerSasPermissions, ContentSettings,
    ResourceTypes, generate_account_sas, generate_blob_sas, generate_container_sas)

from emulators import ACCOUNT
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


class TestListing:
    @pytest.fixture
    def filled(self, container):
        self.names = sorted(["a", "a/1", "a/2", "a/b/1", "a/b/2", "b", "b/1", "c", "ü/x", "z"], key=str.encode)
        for name in self.names:
            container.upload_blob(name, name.encode(), metadata={"len": str(len(name))})
        return container

    def test_pages_are_the_list(self, filled):
        assert [b.name for b in filled.list_blobs()] == self.names
        for size in (1, 3):
            pages = [[b.name for b in page] for page in filled.list_blobs(results_per_page=size).by_page()]
            assert [n for page in pages for n in page] == self.names and all(len(p) <= size for p in pages)

    def test_prefix_and_metadata(self, filled):
        assert [b.name for b in filled.list_blobs(name_starts_with="a/")] == ["a/1", "a/2", "a/b/1", "a/b/2"]
        assert [b.metadata["len"] for b in filled.list_blobs(name_starts_with="a/", include=["metadata"])] == ["3", "3", "5", "5"]
        assert list(filled.list_blob_names(name_starts_with="b")) == ["b", "b/1"]

    @pytest.mark.parametrize("size", [None, 1, 2])
    def test_hierarchy(self, filled, size):
        # Within a page the SDK shows prefixes first.
        assert sorted(b.name for b in filled.walk_blobs(results_per_page=size)) == ["a", "a/", "b", "b/", "c", "z", "ü/"]
        assert sorted(b.name for b in filled.walk_blobs("a/", results_per_page=size)) == ["a/1", "a/2", "a/b/"]

    def test_changes_between_pages(self, filled):
        pages = filled.list_blobs(results_per_page=2).by_page()
        seen = [b.name for b in next(iter(pages))]
        token = pages.continuation_token
        filled.delete_blob("a/2")
        filled.delete_blob("a")
        filled.upload_blob("a/15", b"")
        rest = [b.name for page in filled.list_blobs(results_per_page=2).by_page(continuation_token=token) for b in page]
        assert seen + rest == ["a", "a/1", "a/b/1", "a/b/2", "b", "b/1", "c", "z", "ü/x"]

    def test_markers_survive_a_restart(self, clients, filled):
        pages = filled.list_blobs(results_per_page=4).by_page()
        seen = [b.name for b in next(iter(pages))]
        token = pages.continuation_token
        clients.emulator.restart()
        again = clients.blobs().get_container_client(filled.container_name)
        rest = [b.name for page in again.list_blobs(results_per_page=4).by_page(continuation_token=token) for b in page]
        assert seen + rest == self.names

    @pytest.mark.one_style
    def test_what_xml_cannot_carry(self, container):
        container.upload_blob("a\x01b", b"x")
        container.upload_blob(" lead\rand trail ", b"y", metadata={"m": "<&>\"'"})
        found = {b.name: b.metadata for b in container.list_blobs(include=["metadata"])}
        assert set(found) == {"a\x01b", " lead\rand trail "}
        assert found[" lead\rand trail "] == {"m": "<&>\"'"}

    @pytest.mark.one_style
    def test_bad_requests(self, container):
        with pytest.raises(HttpResponseError) as caught:
            list(container.list_blobs(results_per_page=0).by_page())
        assert caught.value.error_code == "OutOfRangeQueryParameterValue"
        with pytest.raises(HttpResponseError) as caught:
            list(container.list_blobs().by_page(continuation_token="no marker"))
        assert caught.value.status_code == 400


def test_five_thousand_and_one(emulator, name):
    from concurrent.futures import ThreadPoolExecutor
    from emulators import Clients
    container = Clients(emulator, "sync").blobs().create_container(name)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda index: container.upload_blob(f"{index:05}", b""), range(5001)))
    pages = [[b.name for b in page] for page in container.list_blobs().by_page()]
    assert [len(page) for page in pages] == [5000, 1]
    assert sum(pages, []) == [f"{index:05}" for index in range(5001)]
    container.delete_container()


class TestSnapshotsAndCopies:
    def test_snapshots(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"one", metadata={"v": "1"})
        first = blob.create_snapshot()
        blob.upload_blob(b"two", overwrite=True)
        second = blob.create_snapshot(metadata={"v": "2"})
        old = container.get_blob_client("b", snapshot=first["snapshot"])
        assert read(old) == b"one" and old.get_blob_properties().metadata == {"v": "1"} and read(blob) == b"two"
        listed = list(container.list_blobs(include=["snapshots"]))
        assert [b.snapshot for b in listed] == [first["snapshot"], second["snapshot"], None]
        paged = [b.snapshot for page in container.list_blobs(include=["snapshots"], results_per_page=1).by_page() for b in page]
        assert paged == [b.snapshot for b in listed]
        with pytest.raises(HttpResponseError) as caught:
            blob.delete_blob()
        assert caught.value.error_code == "SnapshotsPresent"
        container.get_blob_client("b", snapshot=second["snapshot"]).delete_blob()
        blob.delete_blob(delete_snapshots="only")
        assert read(blob) == b"two" and len(list(container.list_blobs(include=["snapshots"]))) == 1
        blob.delete_blob(delete_snapshots="include")
        assert list(container.list_blobs(include=["snapshots"])) == []

    def test_copies(self, container):
        content = os.urandom(200_000)
        source = container.get_blob_client("a b/source")
        source.upload_blob(content, metadata={"own": "me"}, content_settings=ContentSettings(content_type="text/x"))
        copy = container.get_blob_client("copy")
        answer = copy.start_copy_from_url(source.url)
        assert answer["copy_status"] == "success"
        source.delete_blob()
        properties = copy.get_blob_properties()
        assert read(copy) == content and properties.metadata == {"own": "me"} and properties.content_settings.content_type == "text/x"
        assert properties.copy.status == "success" and properties.copy.progress == "200000/200000"
        with pytest.raises(HttpResponseError) as caught:
            copy.abort_copy(answer["copy_id"])
        assert caught.value.error_code == "NoPendingCopyOperation"
        other = container.get_blob_client("sync")
        assert other.start_copy_from_url(copy.url, requires_sync=True, metadata={"new": "1"})["copy_status"] == "success"
        assert other.get_blob_properties().metadata == {"new": "1"}
        with pytest.raises(ResourceNotFoundError):
            other.start_copy_from_url(source.url)
        with pytest.raises(HttpResponseError) as caught:
            other.start_copy_from_url(copy.url, source_etag="\"0x1\"", source_match_condition=MatchConditions.IfNotModified)
        assert caught.value.status_code == 412

    def test_put_from_url(self, container):
        source = container.get_blob_client("source")
        source.upload_blob(b"content")
        url = source.url + "?" + generate_blob_sas(
            ACCOUNT, container.container_name, "source", account_key=STORAGE_KEY, permission="r", expiry=soon())
        target = container.get_blob_client("target")
        target.upload_blob_from_url(url)
        assert read(target) == b"content"
        with pytest.raises(ResourceExistsError):
            target.upload_blob_from_url(url, overwrite=False)


class TestLeases:
    def code(self, call, *arguments, **named):
        with pytest.raises(HttpResponseError) as caught:
            call(*arguments, **named)
        return caught.value.error_code

    def test_writes_need_the_id(self, container):
        blob = container.get_blob_client("b")
        etag = blob.upload_blob(b"x")["etag"]
        lease = blob.acquire_lease(15)
        assert blob.get_blob_properties().etag == etag and blob.get_blob_properties().lease.status == "locked"
        assert read(blob) == b"x" and read(blob, lease=lease) == b"x"
        wrong = "22222222-2222-2222-2222-222222222222"
        assert self.code(blob.upload_blob, b"y", overwrite=True) == "LeaseIdMissing"
        assert self.code(blob.upload_blob, b"y", overwrite=True, lease=wrong) == "LeaseIdMismatchWithBlobOperation"
        assert self.code(blob.get_blob_properties, lease=wrong) == "LeaseIdMismatchWithBlobOperation"
        assert self.code(blob.delete_blob) == "LeaseIdMissing"
        assert self.code(blob.stage_block, "aa", b"x") == "LeaseIdMissing"
        blob.upload_blob(b"y", overwrite=True, lease=lease)
        blob.stage_block("aa", b"z", lease=lease)
        assert self.code(blob.acquire_lease, 15) == "LeaseAlreadyPresent"
        lease.change(wrong)
        lease.release()
        assert self.code(blob.get_blob_properties, lease=wrong) == "LeaseNotPresentWithBlobOperation"

    @pytest.mark.one_style
    def test_breaking(self, emulator, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"x")
        lease = blob.acquire_lease(-1)
        assert blob.get_blob_properties().lease.duration == "infinite"
        assert lease.break_lease(1) == 1
        assert blob.get_blob_properties().lease.state == "breaking"
        assert self.code(lease.renew) == "LeaseIsBrokenAndCannotBeRenewed"
        assert self.code(lease.change, str(uuid.uuid4())) == "LeaseIsBreakingAndCannotBeChanged"
        assert self.code(blob.upload_blob, b"y", overwrite=True) == "LeaseIdMissing"
        emulator.pass_time(1.1)
        assert blob.get_blob_properties().lease.state == "broken"
        blob.upload_blob(b"y", overwrite=True)
        assert blob.get_blob_properties().lease.state == "available"
        again = blob.acquire_lease(15)
        assert again.break_lease(0) == 0
        assert blob.get_blob_properties().lease.state == "broken"

    @pytest.mark.one_style
    def test_bad_durations(self, container):
        blob = container.get_blob_client("b")
        blob.upload_blob(b"x")
        for seconds in (14, 61, 0):
            assert self.code(blob.acquire_lease, seconds) == "InvalidHeaderValue"


class TestSignatures:
    """Shared access signatures of every kind."""

    @pytest.fixture
    def blob(self, container):
        blob = container.get_blob_client("a b/ü.txt")
        blob.upload_blob(b"secret")
        return blob

    def by(self, clients, kind, url, sas):
        return clients.of("azure.storage.blob", kind, "from_" + {"BlobClient": "blob", "ContainerClient": "container"}[kind] + "_url",
                          url + "?" + sas, retry_total=0)

    def test_of_a_blob(self, clients, blob):
        def sas(**named):
            settings = {"permission": "r", "expiry": soon(), **named}
            return generate_blob_sas(ACCOUNT, blob.container_name, blob.blob_name, account_key=STORAGE_KEY, **settings)
        url = blob.url
        assert read(self.by(clients, "BlobClient", url, sas())) == b"secret"
        assert read(self.by(clients, "BlobClient", url, sas(start=soon(hours=-1), protocol="https,http"))) == b"secret"
        assert read(self.by(clients, "BlobClient", url, sas(ip="127.0.0.1"))) == b"secret"
        answer = request("GET", url + "?" + sas(content_type="text/special", content_disposition="attachment"))
        assert answer.headers["Content-Type"] == "text/special" and answer.headers["Content-Disposition"] == "attachment"
        def refused(*signature, write=False, **named):
            client = self.by(clients, "BlobClient", url, signature[0] if signature else sas(**named))
            with pytest.raises(HttpResponseError) as caught:
                client.upload_blob(b"x", overwrite=True) if write else read(client)
            assert caught.value.status_code == 403
            return caught.value.error_code
        assert refused(expiry=soon(hours=-1)) == "AuthenticationFailed"
        assert refused(start=soon(minutes=30)) == "AuthenticationFailed"
        assert refused(permission="w") == "AuthorizationPermissionMismatch"
        assert refused(write=True) == "AuthorizationPermissionMismatch"
        assert refused(permission="c", write=True) == "UnauthorizedBlobOverwrite"
        assert refused(protocol="https") == "AuthorizationProtocolMismatch"
        assert refused(ip="10.0.0.1-10.0.0.9") == "AuthorizationSourceIPMismatch"
        assert refused(sas().replace("sp=r", "sp=rw")) == "AuthenticationFailed"
        other = clients.blobs().get_blob_client(blob.container_name, "other")
        other.upload_blob(b"")
        with pytest.raises(HttpResponseError):
            read(self.by(clients, "BlobClient", other.url, sas()))
        secure = url.replace("http://", "https://")
        client = clients.of("azure.storage.blob", "BlobClient", "from_blob_url", secure + "?" + sas(protocol="https"),
                            connection_verify=clients.emulator.authority)
        assert read(client) == b"secret"

    def test_of_a_container(self, clients, container, blob):
        def sas(permission, **named):
            return generate_container_sas(ACCOUNT, container.container_name, account_key=STORAGE_KEY,
                                          **{"permission": permission, "expiry": soon(), **named})
        allowed = self.by(clients, "ContainerClient", container.url, sas(ContainerSasPermissions(read=True, list=True, write=True, delete=True)))
        assert [b.name for b in allowed.list_blobs()] == ["a b/ü.txt"]
        assert allowed.download_blob("a b/ü.txt").readall() == b"secret"
        allowed.upload_blob("new", b"x")
        allowed.delete_blob("new")
        snapshot = blob.create_snapshot()["snapshot"]
        reader = self.by(clients, "ContainerClient", container.url, sas("r"))
        assert read(reader.get_blob_client("a b/ü.txt", snapshot=snapshot)) == b"secret"
        for call in (lambda: list(reader.list_blobs()), reader.get_container_properties, reader.delete_container):
            with pytest.raises(HttpResponseError) as caught:
                call()
            assert caught.value.error_code == "AuthorizationPermissionMismatch"

    def test_by_stored_policy(self, clients, container, blob):
        container.set_container_access_policy({"reading": AccessPolicy(permission="rl", expiry=soon())})
        sas = generate_container_sas(ACCOUNT, container.container_name, account_key=STORAGE_KEY, policy_id="reading")
        client = self.by(clients, "ContainerClient", container.url, sas)
        assert len(list(client.list_blobs())) == 1
        container.set_container_access_policy({})
        with pytest.raises(HttpResponseError) as caught:
            list(client.list_blobs())
        assert caught.value.error_code == "AuthenticationFailed"

    def test_of_an_account(self, clients, container, blob):
        def sas(types="co", permission="rl", **named):
            return generate_account_sas(ACCOUNT, STORAGE_KEY, ResourceTypes.from_string(types), permission, soon(), **named)
        client = self.by(clients, "ContainerClient", container.url, sas())
        assert client.download_blob("a b/ü.txt").readall() == b"secret" and len(list(client.list_blobs())) == 1
        for types, permission, code in [("c", "rl", "AuthorizationResourceTypeMismatch"), ("o", "l", "AuthorizationPermissionMismatch")]:
            with pytest.raises(HttpResponseError) as caught:
                self.by(clients, "ContainerClient", container.url, sas(types, permission)).download_blob("a b/ü.txt").readall()
            assert caught.value.error_code == code
        with pytest.raises(HttpResponseError) as caught:
            self.by(clients, "ContainerClient", container.url, sas().replace("srt=co", "srt=")).download_blob("a b/ü.txt").readall()
        assert caught.value.status_code == 403

    def test_of_a_user(self, clients, container, blob):
        service = clients.make(
            "azure.storage.blob", "BlobServiceClient", clients.emulator.account_url("blob", secure=True), clients.credential(),
            connection_verify=clients.emulator.authority)
        key = service.get_user_delegation_key(soon(minutes=-5), soon(days=1))
        sas = generate_blob_sas(ACCOUNT, container.container_name, blob.blob_name, user_delegation_key=key,
                                permission=BlobSasPermissions(read=True), expiry=soon())
        assert read(self.by(clients, "BlobClient", blob.url, sas)) == b"secret"
        with pytest.raises(HttpResponseError):
            read(self.by(clients, "BlobClient", blob.url, sas.replace("sp=r", "sp=rw")))

    def test_anybody_where_it_is_allowed(self, clients, container, blob):
        assert request("GET", blob.url).status == 401
        container.set_container_access_policy({}, public_access="blob")
        assert request("GET", blob.url).body == b"secret"
        assert request("GET", container.url + "?restype=container&comp=list").status == 401
        container.set_container_access_policy({}, public_access="container")
        assert request("GET", container.url + "?restype=container&comp=list").status == 200
        assert request("DELETE", blob.url).status == 401

    def test_wrong_keys(self, clients, container):
        for key in ("AAAA", base64.b64encode(os.urandom(64)).decode()):
            bad = clients.make("azure.storage.blob", "BlobServiceClient", clients.emulator.account_url("blob"),
                               {"account_name": ACCOUNT, "account_key": key}, retry_total=0)
            with pytest.raises(ClientAuthenticationError) as caught:
                list(bad.list_containers())
            assert "string to sign" in str(caught.value)
        assert request("GET", clients.emulator.account_url("blob") + "?comp=list").headers["x-ms-error-code"] == "NoAuthenticationInformation"

    def test_identity(self, clients, container):
        service = clients.make(
            "azure.storage.blob", "BlobServiceClient", clients.emulator.account_url("blob", secure=True), clients.credential(),
            connection_verify=clients.emulator.authority, retry_total=0)
        service.get_blob_client(container.container_name, "by identity").upload_blob(b"x")
        assert [b.name for b in container.list_blobs()] == ["by identity"]
