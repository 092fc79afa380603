"""A disk without room: a refusal that loses nothing, and no restart needed once there is room again."""
import contextlib, os, signal, subprocess, time

import pytest

import ports
import stack as stacks
from stack import STORAGE_KEY, request


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@contextlib.contextmanager
def running(program, *arguments):
    process = subprocess.Popen([os.path.join(stacks.PROGRAMS, program), *arguments], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_for(url):
    for _ in range(100):
        with contextlib.suppress(OSError):
            return request("GET", url)
        time.sleep(0.05)
    raise AssertionError(url)


def test_blobs(small_disk):
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import BlobServiceClient

    base = ports.take(5)
    names = ["blob", "queue", "cosmos", "vault", "identity"]
    options = [text for index, name in enumerate(names) for text in (f"--{name}-port", str(base + index))]
    with running("azure-emulator", "--data", str(small_disk / "azure"), *options):
        wait_for(f"http://127.0.0.1:{base}/")
        service = BlobServiceClient.from_connection_string(
            f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={STORAGE_KEY};BlobEndpoint=http://127.0.0.1:{base}/devstoreaccount1;",
            retry_total=0)
        container = service.create_container("docs")
        content = lambda number: bytes([number]) * 700_000
        stored = []
        for number in range(12):
            with contextlib.suppress(HttpResponseError):
                container.upload_blob(str(number), content(number))
                stored.append(number)
        assert 0 < len(stored) < 12
        assert sorted(int(b.name) for b in container.list_blobs()) == stored
        assert all(container.download_blob(str(n)).readall() == content(n) for n in stored)
        for number in stored[:3]:
            container.delete_blob(str(number))
        container.upload_blob("again", content(1))


def test_vectors(small_disk):
    base = ports.take()
    with running("vm-server", "--vectors-only", "--data", str(small_disk / "vectors"), "--vectors-port", str(base)):
        url = f"http://127.0.0.1:{base}/api/v2/tenants/default_tenant/databases/default_database/collections"
        wait_for(f"http://127.0.0.1:{base}/api/v2/heartbeat")
        collection = f"{url}/{request('POST', url, {'name': 'docs'}).json['id']}"
        stored = 0
        for number in range(60):
            ids = [f"{number}-{index}" for index in range(10)]
            answer = request("POST", collection + "/add", {"ids": ids, "embeddings": [[number, index] for index in range(10)], "documents": ["x" * 20_000] * 10})
            if answer.status == 201:
                stored += 10
            else:
                assert answer.status in (500, 507), answer.body
        assert 0 < stored < 600
        assert request("GET", collection + "/count").json == stored
        assert len(request("POST", collection + "/get", {"include": ["documents"]}).json["ids"]) == stored
