"""Many clients of one collection, by Chroma's own client: what is there all the time is never missing."""
import threading

import chromadb
import pytest
from chromadb.errors import NotFoundError


def client(server):
    return chromadb.HttpClient(host="127.0.0.1", port=server.port)


def test_to_get_or_create_succeeds_beside_deletions(apus):
    failed = []
    def work(number):
        own = client(apus)
        for round in range(6):
            try:
                own.get_or_create_collection("side", embedding_function=None)
            except Exception as error:
                failed.append(repr(error))
            if number % 2:
                try:
                    own.delete_collection("side")
                except NotFoundError:
                    pass
                except Exception as error:
                    failed.append(repr(error))
    threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert failed == []


def test_changes_side_by_side_all_stay(apus):
    made = client(apus).get_or_create_collection("changes", metadata={"a": "0"}, embedding_function=None)
    failed = []
    def rename(number):
        try:
            client(apus).get_collection("changes", embedding_function=None).modify(metadata={"a": str(number)})
        except Exception as error:
            failed.append(repr(error))
    def configure(number):
        try:
            client(apus).get_collection("changes", embedding_function=None).modify(
                configuration={"hnsw": {"ef_search": 100 + number}})
        except Exception as error:
            failed.append(repr(error))
    threads = [threading.Thread(target=[rename, configure][number % 2], args=(number,)) for number in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert failed == []
    last = client(apus).get_collection("changes", embedding_function=None)
    assert last.id == made.id and last.metadata["a"] != "0"
    assert last.configuration["hnsw"]["ef_search"] >= 100


@pytest.mark.parametrize("emptied", [{"k": None, "j": None}, {"k": None}])
def test_metadata_whose_last_key_goes_is_none(apus, emptied):
    own = client(apus).get_or_create_collection(f"emptied-{len(emptied)}", embedding_function=None)
    own.upsert(ids=["x"], embeddings=[[1, 0]], metadatas=[{name: 1 for name in emptied}])
    own.update(ids=["x"], metadatas=[emptied])
    assert own.get()["metadatas"] == [None]
    own.update(ids=["x"], metadatas=[{"again": True}])
    assert own.get()["metadatas"] == [{"again": True}]
