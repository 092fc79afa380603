"""Unmodified clients and frameworks from PyPI against our service."""
import asyncio, concurrent.futures, time, uuid

import chromadb, pytest
from chromadb.api.types import EmbeddingFunction

import vectors


class Letters(EmbeddingFunction):
    """Texts as counts of their letters: near when they share words."""

    def __init__(self):
        pass

    def __call__(self, input):
        return [[float(text.lower().count(chr(97 + index))) + 0.01 for index in range(26)] for text in input]

    @staticmethod
    def name():
        return "letters"

    def get_config(self):
        return {}

    @staticmethod
    def build_from_config(config):
        return Letters()


def numbers(text):
    return [float(number) for number in Letters()([text])[0]]


def client(server):
    return chromadb.HttpClient(host="127.0.0.1", port=server.port)


def test_sync_client_through_a_restart():
    with vectors.Apus() as server:
        collection = client(server).create_collection("docs", embedding_function=Letters(), metadata={"owner": "x"},
                                                      configuration={"hnsw": {"space": "cosine", "ef_search": 50}})
        texts = ["red fox", "blue sky", "green grass", "a fox in the sky"]
        collection.add(ids=["a", "b", "c", "d"], documents=texts,
                       metadatas=[{"n": 1, "tags": ["x", "y"]}, {"n": 2.5}, {"n": 3, "ok": True}, {"s": "é"}])
        collection.update(ids=["b"], documents=["blue sea"], metadatas=[{"n": None, "new": 1}])
        # With vectors of its own, since the client would want to load the URIs.
        collection.upsert(ids=["a", "e"], embeddings=Letters()(["red foxes", "white snow"]), documents=["red foxes", "white snow"], uris=["file:///a", None])
        collection.delete(where={"ok": True})
        server.stop()
        server.start()
        again = client(server).get_collection("docs", embedding_function=Letters())
        assert again.metadata == {"owner": "x"} and again.configuration["hnsw"]["ef_search"] == 50
        got = again.get(include=["documents", "metadatas", "uris"])
        assert got["ids"] == ["a", "b", "d", "e"]
        assert got["documents"] == ["red foxes", "blue sea", "a fox in the sky", "white snow"]
        assert got["metadatas"] == [{"n": 1, "tags": ["x", "y"]}, {"new": 1}, {"s": "é"}, None]
        assert got["uris"] == ["file:///a", None, None, None]
        assert again.query(query_texts=["red fox"], n_results=1)["ids"] == [["a"]]
        assert again.get(where={"tags": {"$contains": "y"}})["ids"] == ["a"]
        assert again.get(where_document={"$regex": "(?i)^BLUE"})["ids"] == ["b"]
        again.modify(name="renamed")
        assert [c.name for c in client(server).list_collections()] == ["renamed"]
        with pytest.raises(chromadb.errors.ChromaError):
            client(server).create_collection("renamed")


def test_async_client(apus):
    async def use():
        client = await chromadb.AsyncHttpClient(host="127.0.0.1", port=apus.port)
        assert await client.heartbeat() > 0
        collection = await client.create_collection("c" + uuid.uuid4().hex, embedding_function=None)
        await asyncio.gather(*(collection.add(ids=[f"{n}-{i}" for i in range(20)], embeddings=[[n, i] for i in range(20)]) for n in range(10)))
        assert await collection.count() == 200
        found = await collection.query(query_embeddings=[[3, 7]], n_results=1)
        assert found["ids"] == [["3-7"]]
        await collection.delete(ids=["3-7"])
        assert (await collection.get(ids=["3-7"]))["ids"] == []
        fork = await collection.fork("c" + uuid.uuid4().hex)
        assert await fork.count() == 199
    asyncio.run(use())


def test_many_threads_lose_nothing(apus):
    name = "c" + uuid.uuid4().hex
    def work(number):
        mine = client(apus).get_or_create_collection(name, embedding_function=None)
        for step in range(20):
            ids = [f"{number}-{step}-{i}" for i in range(10)]
            mine.add(ids=ids, embeddings=[[number, step, i] for i in range(10)], metadatas=[{"t": number}] * 10)
            found = mine.query(query_embeddings=[[number, step, 3]], n_results=1, where={"t": number})
            assert found["ids"] == [[ids[3]]]
        mine.delete(ids=[f"{number}-0-{i}" for i in range(10)])
        return mine.id
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        made = set(pool.map(work, range(12)))
    assert len(made) == 1
    collection = client(apus).get_collection(name, embedding_function=None)
    assert collection.count() == 12 * 190
    assert len(collection.get(where={"t": 5})["ids"]) == 190


def test_search_with_sparse_vectors_and_fusion(apus):
    from chromadb import K, Knn, Rrf, Schema, Search, SparseVector
    from chromadb.api.types import SparseVectorIndexConfig
    schema = Schema()
    schema.create_index(config=SparseVectorIndexConfig(bm25=True), key="terms")
    collection = client(apus).create_collection("c" + uuid.uuid4().hex, schema=schema, embedding_function=None)
    collection.add(ids=["a", "b", "c"], embeddings=[[1, 0], [0.9, 0.1], [0, 1]], documents=["red", "blue", "green"],
                   metadatas=[{"terms": SparseVector(indices=[1, 2], values=[1.0, 1.0]), "g": 1},
                              {"terms": SparseVector(indices=[2, 3], values=[1.0, 2.0]), "g": 1}, {"terms": SparseVector(indices=[9], values=[1.0]), "g": 2}])
    sparse = Knn(query=SparseVector(indices=[3], values=[1.0]), key="terms", limit=5)
    assert collection.search(Search().rank(sparse).limit(5).select(K.SCORE))["ids"] == [["b"]]
    dense = Knn(query=[1.0, 0.0], limit=3)
    found = collection.search(Search().rank(dense).limit(2).select(K.DOCUMENT, K.SCORE, "g"))
    assert found["ids"] == [["a", "b"]] and found["documents"] == [["red", "blue"]] and found["metadatas"] == [[{"g": 1}, {"g": 1}]]
    fused = Rrf([Knn(query=[1.0, 0.0], return_rank=True, limit=3), Knn(query=SparseVector(indices=[3], values=[1.0]), key="terms", return_rank=True, limit=3, default=100)], k=60)
    assert collection.search(Search().rank(fused).limit(1))["ids"] == [["b"]]
    assert collection.search(Search().where(K("g") == 2).rank(dense).limit(5))["ids"] == [["c"]]
    status = collection.get_indexing_status()
    assert status.total_ops == 3 and status.op_indexing_progress == 1.0


def test_langchain(apus):
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings

    class Counts(Embeddings):
        def embed_documents(self, texts):
            return Letters()(texts)

        def embed_query(self, text):
            return Letters()([text])[0]

    store = Chroma(collection_name="c" + uuid.uuid4().hex, embedding_function=Counts(), client=client(apus), collection_metadata={"hnsw:space": "cosine"})
    ids = store.add_texts(["red fox", "blue sky", "green grass"], metadatas=[{"page": 1}, {"page": 2}, {"page": 3}])
    assert store.similarity_search("fox", k=1)[0].page_content == "red fox"
    assert store.similarity_search("fox", k=3, filter={"page": {"$gt": 1}})[0].metadata["page"] in (2, 3)
    (document, score), = store.similarity_search_with_relevance_scores("blue sky", k=1)
    assert document.page_content == "blue sky" and score > 0.99
    store.delete([ids[0]])
    assert {d.page_content for d in store.similarity_search("fox", k=5)} == {"blue sky", "green grass"}
    assert len(store.max_marginal_relevance_search("sky", k=2, fetch_k=2)) == 2


def test_llama_index(apus):
    from llama_index.core.schema import TextNode
    from llama_index.core.vector_stores import ExactMatchFilter, MetadataFilters, VectorStoreQuery
    from llama_index.vector_stores.chroma import ChromaVectorStore

    store = ChromaVectorStore(chroma_collection=client(apus).create_collection("c" + uuid.uuid4().hex, embedding_function=None))
    nodes = [TextNode(id_=str(i), text=text, metadata={"kind": kind}, embedding=numbers(text))
             for i, (text, kind) in enumerate([("red fox", "animal"), ("blue sky", "air"), ("green grass", "plant")])]
    store.add(nodes)
    found = store.query(VectorStoreQuery(query_embedding=numbers("fox"), similarity_top_k=1))
    assert found.nodes[0].get_content() == "red fox"
    only = MetadataFilters(filters=[ExactMatchFilter(key="kind", value="plant")])
    assert store.query(VectorStoreQuery(query_embedding=numbers("fox"), similarity_top_k=3, filters=only)).ids == ["2"]
    store.delete_nodes(["0"])
    assert store.query(VectorStoreQuery(query_embedding=numbers("fox"), similarity_top_k=3)).ids == ["1", "2"]


@pytest.mark.parametrize("options", [(), ("--scalar-quantisation",)], ids=["plain", "quantised"])
def test_recall_and_full_results_of_a_graph_that_changes(options):
    """A graph with deletions, replacements and filters finds what a scan finds."""
    import numpy
    random_ = numpy.random.default_rng(3)
    basis = random_.standard_normal((12, 64))
    def some(count):
        return (random_.standard_normal((count, 12)) @ basis + 0.1 * random_.standard_normal((count, 64))).astype(numpy.float32)
    with vectors.Apus(*options) as server:
        collection = client(server).create_collection("docs", embedding_function=None)
        held = {}
        def put(ids, method):
            rows = some(len(ids))
            for start in range(0, len(ids), 5000):
                part = ids[start:start + 5000]
                method(ids=part, embeddings=rows[start:start + 5000], metadatas=[{"m": int(i) % 50} for i in part])
            held.update(zip(ids, rows))
        put([str(i) for i in range(40_000)], collection.add)
        def check(where=None, least=0.97):
            names = [n for n in held if where is None or int(n) % 50 == where["m"]]
            matrix = numpy.stack([held[n] for n in names])
            right = 0
            queries = some(40)
            found = collection.query(query_embeddings=queries, n_results=10, where=where)
            for query, ids in zip(queries, found["ids"]):
                assert len(ids) == 10
                true = numpy.argsort(((matrix - query) ** 2).sum(1))[:10]
                right += len(set(ids) & {names[i] for i in true})
            assert right / 400 >= least, right / 400
        check()
        check({"m": 7}, 0.99)
        random_.shuffle(names := sorted(held))
        for start in range(0, 20_000, 5000):
            collection.delete(ids=names[start:start + 5000])
        for name in names[:20_000]:
            del held[name]
        check()
        put(names[20_000:25_000], collection.upsert)
        put([str(i) for i in range(40_000, 50_000)], collection.add)
        check()
        # The deleted are taken out of the graph when there is a moment of rest; their places are used again.
        for _ in range(100):
            if b"apus_vectors_deleted_vectors 0\n" in server.call("GET", "/metrics").body:
                break
            time.sleep(0.2)
        check()
        put([str(i) for i in range(50_000, 60_000)], collection.add)
        check()
        server.stop()
        assert server.maintain("--verify")[0] == 0
        server.start()
        collection = client(server).get_collection("docs", embedding_function=None)
        check()
        check({"m": 3}, 0.99)
        assert collection.count() == len(held)
