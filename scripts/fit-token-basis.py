#!/usr/bin/env python3
"""Fits the projection of token embeddings and writes Sources/VectorService/CEncoder/token-basis.f32.

The basis is that of the principal components, not centred, of the encoder's last layer over English text: this repository's
documentation and Debian's /usr/share/common-licenses. No question of any evaluation and no document of the sample library is
among it. Run with the interpreter of the tests (numpy, tokenizers): .venv/bin/python scripts/fit-token-basis.py
"""
import glob, json, math, os, re, struct
import numpy
from tokenizers import BertWordPieceTokenizer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DIMENSIONS, HEADS, LAYERS, CHARACTERS, MOST_OF_FILE, TEXTS = 64, 12, 6, 900, 40_000, 700


def weights():
    with open(glob.glob(ROOT + "/models/**/model.safetensors", recursive=True)[0], "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    return {name: numpy.frombuffer(data[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]], numpy.float32)
            .reshape(entry["shape"]) for name, entry in header.items() if entry.get("dtype") == "F32"}


W = weights()


def linear(x, name):
    return x @ W[name + ".weight"].T + W[name + ".bias"]


def norm(x, name):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / numpy.sqrt(variance + 1e-12) * W[name + ".weight"] + W[name + ".bias"]


ERF = numpy.vectorize(math.erf, otypes=[numpy.float32])


def encode(ids):
    """The last layer's rows for a sequence of tokens (all-MiniLM-L6-v2)."""
    count = len(ids)
    x = W["embeddings.word_embeddings.weight"][ids] + W["embeddings.position_embeddings.weight"][:count]
    x = norm(x + W["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        query, key, value = (linear(x, name + "attention.self." + part).reshape(count, HEADS, -1).transpose(1, 0, 2)
                             for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        x = norm(x + linear(mixed.transpose(1, 0, 2).reshape(count, -1), name + "attention.output.dense"),
                 name + "attention.output.LayerNorm")
        inner = linear(x, name + "intermediate.dense")
        inner = inner * 0.5 * (1 + ERF(inner / math.sqrt(2)))
        x = norm(x + linear(inner, name + "output.dense"), name + "output.LayerNorm")
    return x


def texts():
    files = sorted(glob.glob(ROOT + "/docs/**/*.md", recursive=True)) + [ROOT + "/README.md", ROOT + "/SECURITY.md"]
    for path in files + sorted(glob.glob("/usr/share/common-licenses/*")):
        with open(path, errors="replace") as file:
            text = re.sub(r"\s+", " ", file.read())[:MOST_OF_FILE]
        yield from (text[start:start + CHARACTERS] for start in range(0, len(text), CHARACTERS))


def main():
    tokenizer = BertWordPieceTokenizer(ROOT + "/Sources/Base/CVocabulary/vocab.txt", lowercase=True)
    chosen = list(texts())
    numpy.random.default_rng(1).shuffle(chosen)
    moments = numpy.zeros((384, 384))
    for text in chosen[:TEXTS]:
        rows = encode(numpy.array(tokenizer.encode(text).ids[:256]))
        rows = rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
        moments += rows.T @ rows
    values, vectors = numpy.linalg.eigh(moments)
    basis = numpy.ascontiguousarray(vectors[:, ::-1][:, :DIMENSIONS], dtype="<f4")
    basis.tofile(ROOT + "/Sources/VectorService/CEncoder/token-basis.f32")
    print(f"{len(chosen[:TEXTS])} texts; {DIMENSIONS} of 384 dimensions hold {values[::-1][:DIMENSIONS].sum() / values.sum():.2f} of the sum of squares")


if __name__ == "__main__":
    main()
