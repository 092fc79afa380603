"""Embeddings of tokens and /v1/rerank: against the same model in numpy, and by a client of Cohere's API."""
import base64, importlib.util, os

import cohere, numpy, pytest
from tokenizers import BertWordPieceTokenizer

import vectors

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
TEXTS = ["How long is probation?", "LD-250H: tighten the head to 8.5 N·m.\nDrain it once a year.", "Überstunden werden bezahlt", "x"]


class Embedder(vectors.Apus):
    """`vm-server --vectors-only` with the embedding model."""

    def command(self):
        return [part for part in super().command() if part != "--no-embeddings"] + ["--model", os.path.join(ROOT, "models/all-MiniLM-L6-v2")]


@pytest.fixture(scope="module")
def embedder():
    with Embedder() as server:
        yield server


def fitted():
    spec = importlib.util.spec_from_file_location("fit", os.path.join(ROOT, "scripts", "fit-token-basis.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stored(text):
    """The numbers of each token."""
    data = base64.b64decode(text)
    assert data[0] == 2 and len(data) % 64 == 1
    return numpy.frombuffer(data[1:], numpy.int8).reshape(-1, 64) / 127


def test_tokens_are_those_of_the_model(embedder):
    model = fitted()
    tokenizer = BertWordPieceTokenizer(os.path.join(ROOT, "Sources/Base/CVocabulary/vocab.txt"), lowercase=True)
    basis = numpy.fromfile(os.path.join(ROOT, "Sources/VectorService/CEncoder/token-basis.f32"), "<f4").reshape(384, 64)
    assert numpy.allclose(basis.T @ basis, numpy.eye(64), atol=1e-4)
    answer = embedder.call("POST", "/v1/embeddings", {"input": TEXTS}, {"Prefer": "token-embeddings"}, timeout=120)
    assert answer.status == 200
    for text, entry in zip(TEXTS, answer.json["data"]):
        numbers = stored(entry["token_embeddings"])
        expected = model.encode(numpy.array(tokenizer.encode(text).ids)) @ basis
        expected /= numpy.linalg.norm(expected, axis=1, keepdims=True)
        assert numbers.shape == expected.shape
        assert (numbers * expected).sum(1).min() > 0.99


def test_a_client_of_cohere_ranks(embedder):
    client = cohere.Client(api_key="none", base_url=embedder.url)
    documents = ["Invoices are due in thirty days.", "The canteen closes at two.", "A pump is drained before its yearly service."]
    answer = client.rerank(model="all-MiniLM-L6-v2", query="When do I empty the pump?", documents=documents, top_n=2,
                           return_documents=True)
    assert [result.index for result in answer.results][0] == 2 and len(answer.results) == 2
    assert answer.results[0].document.text == documents[2]
    assert 0 < answer.results[1].relevance_score < answer.results[0].relevance_score <= 1
    newer = cohere.ClientV2(api_key="none", base_url=embedder.url)
    assert newer.rerank(model="all-MiniLM-L6-v2", query="pump", documents=documents).results[0].index == 2


def test_they_survive_a_kill(embedder):
    collection = embedder.make("kept")["id"]
    made = embedder.call("POST", "/v1/embeddings", {"input": TEXTS}, {"Prefer": "token-embeddings"}, timeout=120).json["data"]
    added = embedder.post(collection, "add", {
        "ids": [str(number) for number in range(len(TEXTS))], "embeddings": [entry["embedding"] for entry in made],
        "documents": TEXTS, "token_embeddings": [entry["token_embeddings"] for entry in made]})
    assert added.status == 201
    embedder.kill()
    embedder.start()
    kept = embedder.post(collection, "get", {"include": ["token_embeddings"]}).json["token_embeddings"]
    assert kept == [entry["token_embeddings"] for entry in made]
    embedder.stop()
    assert embedder.maintain("--verify")[0] == 0
    embedder.start()
