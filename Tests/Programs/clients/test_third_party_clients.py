"""Real clients, unmodified, against our services."""
import concurrent.futures, os, uuid

import chromadb, openai, pytest
from azure.core import MatchConditions
from azure.core.exceptions import ClientAuthenticationError, ResourceExistsError, ResourceNotFoundError
from azure.cosmos import CosmosClient, PartitionKey, exceptions
from azure.storage.blob import BlobBlock, BlobServiceClient
from azure.storage.queue import QueueServiceClient

from stack import COSMOS_KEY, STORAGE_KEY, request


def storage(stack, key):
    """The account's connection string with another key."""
    return stack.storage.replace(stack.keys["storageKey"], key)


def test_chromadb_adds_and_queries(stack):
    client = chromadb.HttpClient(host="127.0.0.1", port=stack.ports["vectors"])
    assert client.heartbeat() > 0
    name = "c" + uuid.uuid4().hex
    collection = client.create_collection(name, metadata={"owner": "x"}, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None)
    collection.add(ids=["a", "b", "c"], embeddings=[[1, 0], [0, 1], [1, 1]], documents=["red fox", "blue sky", "fox sky"],
                   metadatas=[{"n": 1}, {"n": 2.5, "s": "x"}, {"n": 3, "ok": True}])
    assert collection.count() == 3
    found = collection.query(query_embeddings=[[1, 0.1]], n_results=2, where={"n": {"$lt": 3}})
    assert found["ids"] == [["a", "b"]] and found["documents"][0][0] == "red fox"
    assert collection.get(where_document={"$contains": "sky"})["ids"] == ["b", "c"]
    assert collection.get(ids=["b"], include=["metadatas", "embeddings"])["metadatas"] == [{"n": 2.5, "s": "x"}]
    collection.upsert(ids=["a", "d"], embeddings=[[5, 5], [6, 6]], documents=["changed", "new"])
    collection.update(ids=["b"], metadatas=[{"n": 9}])
    assert collection.get(ids=["b"])["metadatas"] == [{"n": 9, "s": "x"}]
    collection.delete(where={"n": {"$gte": 9}})
    assert collection.get()["ids"] == ["a", "c", "d"]
    assert client.get_collection(name, embedding_function=None).metadata == {"owner": "x"}
    collection.modify(name=name + "x")
    assert name + "x" in [c.name for c in client.list_collections()]
    with pytest.raises(Exception, match="dimension"):
        collection.add(ids=["z"], embeddings=[[1, 2, 3]])
    client.delete_collection(name + "x")
    with pytest.raises(chromadb.errors.NotFoundError):
        client.get_collection(name + "x")


def test_chroma_isolates_tenants(stack):
    admin = chromadb.AdminClient(chromadb.Settings(chroma_api_impl="chromadb.api.fastapi.FastAPI", chroma_server_host="127.0.0.1",
                                                   chroma_server_http_port=stack.ports["vectors"]))
    tenant = "t" + uuid.uuid4().hex
    admin.create_tenant(tenant)
    admin.create_database("db1", tenant)
    client = chromadb.HttpClient(host="127.0.0.1", port=stack.ports["vectors"], tenant=tenant, database="db1")
    collection = client.create_collection("docs", embedding_function=None)
    other = f"http://127.0.0.1:{stack.ports['vectors']}/api/v2/tenants/default_tenant/databases/default_database/collections/{collection.id}/count"
    assert request("GET", other).status == 404


def test_openai_gets_embeddings(stack):
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{stack.ports['vectors']}/v1", api_key="none")
    both = client.embeddings.create(model="all-MiniLM-L6-v2", input=["a fox", "ein Fuchs"])
    assert [d.index for d in both.data] == [0, 1] and len(both.data[0].embedding) == 384
    assert abs(sum(x * x for x in both.data[0].embedding) - 1) < 1e-3
    floats = client.embeddings.create(model="all-MiniLM-L6-v2", input="a fox", encoding_format="float")
    assert max(abs(a - b) for a, b in zip(floats.data[0].embedding, both.data[0].embedding)) < 0.02
    assert floats.usage.prompt_tokens == 4
    assert client.models.list().data[0].id == "all-MiniLM-L6-v2"
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="other", input="x")
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="all-MiniLM-L6-v2", input=[])


def test_blob_storage(stack):
    service = BlobServiceClient.from_connection_string(stack.storage)
    container = service.create_container("c" + uuid.uuid4().hex)
    content = os.urandom(3_000_000)
    container.upload_blob("folder/ü %25.bin", content, metadata={"a_1": "x", "a1": "y"})
    blob = container.get_blob_client("folder/ü %25.bin")
    assert blob.download_blob().readall() == content
    assert blob.download_blob(offset=10, length=5).readall() == content[10:15]
    assert blob.get_blob_properties().metadata == {"a_1": "x", "a1": "y"}
    with pytest.raises(ResourceExistsError):
        container.upload_blob("folder/ü %25.bin", b"again")
    blocks = container.get_blob_client("blocks")
    blocks.stage_block("0001", b"hello ")
    blocks.stage_block("0002", b"world")
    with pytest.raises(ResourceNotFoundError):
        blocks.download_blob()
    blocks.commit_block_list([BlobBlock("0001"), BlobBlock("0002")])
    assert blocks.download_blob().readall() == b"hello world"
    container.upload_blob("empty", b"")
    assert container.get_blob_client("empty").download_blob().readall() == b""
    assert [b.name for b in container.list_blobs()] == ["blocks", "empty", "folder/ü %25.bin"]
    assert sorted(b.name for b in container.walk_blobs()) == ["blocks", "empty", "folder/"]
    assert [b.name for b in container.list_blobs(results_per_page=1)] == ["blocks", "empty", "folder/ü %25.bin"]
    container.delete_blob("empty")
    with pytest.raises(ResourceNotFoundError):
        container.get_blob_client("empty").get_blob_properties()
    container.delete_container()


def test_one_of_many_writers_wins(stack):
    container = BlobServiceClient.from_connection_string(stack.storage).create_container("c" + uuid.uuid4().hex)

    def create(number):
        try:
            container.upload_blob("same", b"%d" % number)
            return number
        except ResourceExistsError:
            return None

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        winners = [n for n in pool.map(create, range(16)) if n is not None]
    assert len(winners) == 1 and container.download_blob("same").readall() == b"%d" % winners[0]
    base = f"http://127.0.0.1:{stack.ports['vectors']}/api/v2/tenants/default_tenant/databases/default_database/collections"
    name = "c" + uuid.uuid4().hex
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ids = {a.json["id"] for a in pool.map(lambda _: request("POST", base, {"name": name, "get_or_create": True}), range(32))}
        statuses = sorted(a.status for a in pool.map(lambda _: request("POST", base, {"name": name + "x"}), range(16)))
    assert len(ids) == 1 and statuses == [200] + [409] * 15


def test_queue_storage(stack):
    queue = QueueServiceClient.from_connection_string(stack.storage).create_queue("q" + uuid.uuid4().hex)
    queue.send_message("a <&> b")
    message = next(iter(queue.receive_messages(visibility_timeout=30)))
    assert (message.content, message.dequeue_count) == ("a <&> b", 1)
    assert list(queue.receive_messages()) == []
    updated = queue.update_message(message, visibility_timeout=0, content="changed")
    with pytest.raises(Exception, match="PopReceiptMismatch"):
        queue.delete_message(message.id, message.pop_receipt)
    again = next(iter(queue.receive_messages()))
    assert (again.content, again.dequeue_count) == ("changed", 2)
    queue.delete_message(again)
    assert queue.get_queue_properties().approximate_message_count == 0
    assert updated.pop_receipt != message.pop_receipt
    queue.delete_queue()


def test_cosmos(stack):
    client = CosmosClient(f"http://127.0.0.1:{stack.ports['cosmos']}", stack.keys["cosmosKey"])
    database = client.create_database_if_not_exists("tests " + uuid.uuid4().hex)
    container = database.create_container_if_not_exists("convé", PartitionKey("/chatId"))
    container.create_item({"id": "a 1", "chatId": "u1", "z": 1, "a": [1.5, None]})
    with pytest.raises(exceptions.CosmosResourceExistsError):
        container.create_item({"id": "a 1", "chatId": "u1"})
    container.upsert_item({"id": "a 1", "chatId": "u2", "z": 2})
    assert list(container.read_item("a 1", "u1"))[:4] == ["id", "chatId", "z", "a"]
    rows = container.query_items("SELECT c.z FROM c WHERE c.z >= @x ORDER BY c.z DESC", parameters=[{"name": "@x", "value": 1}], partition_key="u1")
    assert list(rows) == [{"z": 1}]
    item = container.read_item("a 1", "u1")
    container.replace_item("a 1", {**item, "z": 5}, etag=item["_etag"], match_condition=MatchConditions.IfNotModified)
    with pytest.raises(exceptions.CosmosAccessConditionFailedError):
        container.replace_item("a 1", item, etag=item["_etag"], match_condition=MatchConditions.IfNotModified)
    assert container.read_item("a 1", "u1")["z"] == 5
    container.delete_item("a 1", "u1")
    with pytest.raises(exceptions.CosmosResourceNotFoundError):
        container.read_item("a 1", "u1")
    for number in range(25):
        container.create_item({"id": str(number), "chatId": "many", "n": number})
    pages = container.query_items("SELECT VALUE c.n FROM c ORDER BY c.n", partition_key="many", max_item_count=7)
    assert list(pages) == list(range(25))
    client.delete_database(database.id)


@pytest.mark.parametrize("wrong, wrong_cosmos", [("A" * 86 + "==",) * 2, (STORAGE_KEY, COSMOS_KEY)], ids=["made up", "public"])
def test_wrong_signatures_are_refused(stack, wrong, wrong_cosmos):
    with pytest.raises(ClientAuthenticationError):
        BlobServiceClient.from_connection_string(storage(stack, wrong)).create_container("never")
    with pytest.raises(ClientAuthenticationError):
        QueueServiceClient.from_connection_string(storage(stack, wrong)).create_queue("never")
    with pytest.raises(exceptions.CosmosHttpResponseError, match="Unauthorized"):
        CosmosClient(f"http://127.0.0.1:{stack.ports['cosmos']}", wrong_cosmos)
    assert request("GET", f"http://127.0.0.1:{stack.ports['blob']}/devstoreaccount1?comp=list").status == 401
    assert request("GET", f"http://127.0.0.1:{stack.ports['cosmos']}/dbs").status == 401


def test_identity_opens_the_vault(stack):
    vault = f"http://127.0.0.1:{stack.ports['vault']}/secrets/APUS-TEST?api-version=7.4"
    assert request("GET", vault).status == 401
    identity = f"http://127.0.0.1:{stack.ports['identity']}/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net"
    assert request("GET", identity).status == 401
    assert request("GET", identity, headers={"X-IDENTITY-HEADER": "apus-local-identity"}).status == 401
    token = request("GET", identity, headers={"X-IDENTITY-HEADER": stack.keys["identityHeader"]}).json["access_token"]
    bearer = {"Authorization": "Bearer " + token}
    assert request("GET", vault, headers=bearer).status == 404
    assert request("PUT", vault, {"value": "hidden"}, bearer).status == 200
    assert request("GET", vault, headers=bearer).json["value"] == "hidden"
