"""The same random operations on our server and on Chroma's own; every answer is compared.

Left out, or compared loosely, is only what we answer differently on purpose: see `docs/parts/vectors.md`, "Differences".
"""
import json, math, os, uuid

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from stack import request

IDS = ["a", "b", "c", "d", "é", "日本", "e f", "g\"h", "i\\j", "%k_"]
# Letters that filters look for, some of them special to SQL, JSON or regular expressions.
TEXTS = st.text(alphabet="abcAB %_\\\"'é日.\n0", max_size=12)
ids = st.sampled_from(IDS)
integers = st.integers(-3, 3)
# Chroma reads some decimals with an error in the last place.
quarters = st.integers(-8, 8).map(lambda number: number / 4)
scalars = st.one_of(integers, st.booleans(), st.sampled_from(["x", "y", "é"]))
values = st.one_of(scalars, st.lists(integers, min_size=1, max_size=3), st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=2))
keys = st.sampled_from(["k", "l", "m"])
metadatas = st.one_of(st.none(), st.dictionaries(keys, values, max_size=3), st.dictionaries(st.just("f"), quarters, max_size=1))
# Whole numbers, whose distances both servers compute without rounding.
vectors = st.lists(st.integers(-4, 4).map(float), min_size=3, max_size=3)
documents = st.one_of(st.none(), TEXTS)

patterns = st.sampled_from(["a", "^a", "b$", "[ab]+", "(?i)A", "a.c", "\\d", "\\w+ \\w+", "(a|b){2}", "é", "^$", "[^a]", "\\.", "(?s)a.b", "\\bab\\b"])
conditions = st.one_of(
    st.tuples(keys, scalars).map(lambda t: {t[0]: t[1]}),
    st.tuples(keys, st.sampled_from(["$eq", "$ne"]), scalars).map(lambda t: {t[0]: {t[1]: t[2]}}),
    st.tuples(keys, st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), integers).map(lambda t: {t[0]: {t[1]: t[2]}}),
    st.tuples(st.just("f"), st.sampled_from(["$gt", "$gte", "$lt", "$lte", "$eq", "$ne"]), quarters).map(lambda t: {t[0]: {t[1]: t[2]}}),
    st.tuples(keys, st.sampled_from(["$in", "$nin"]), st.one_of(st.lists(integers, min_size=1, max_size=3), st.lists(st.sampled_from(["x", "z"]), min_size=1, max_size=2))).map(lambda t: {t[0]: {t[1]: t[2]}}),
    st.tuples(keys, st.sampled_from(["$contains", "$not_contains"]), scalars).map(lambda t: {t[0]: {t[1]: t[2]}}),
    # Malformed ones, which have to be refused alike.
    st.sampled_from([{}, {"k": None}, {"k": {"$in": []}}, {"k": {"$gt": "x"}}, {"$x": 1}, {"k": {"$gt": 1, "$lt": 2}}, {"k": {"$in": [1, "x"]}}, {"k": 1, "l": 2}]),
)
wheres = st.one_of(st.none(), st.recursive(conditions, lambda inner: st.tuples(st.sampled_from(["$and", "$or"]), st.lists(inner, max_size=3)).map(lambda t: {t[0]: t[1]}), max_leaves=4))
document_conditions = st.one_of(
    st.tuples(st.sampled_from(["$contains", "$not_contains"]), st.text(alphabet="abA %_\\é.", max_size=2)).map(lambda t: {t[0]: t[1]}),
    st.tuples(st.sampled_from(["$regex", "$not_regex"]), patterns).map(lambda t: {t[0]: t[1]}),
    st.sampled_from([{"$regex": "("}, {"$contains": 5}, {}, {"$regex": "(?=a)"}, {"$foo": "a"}]),
)
where_documents = st.one_of(st.none(), st.none(), st.recursive(document_conditions, lambda inner: st.tuples(st.sampled_from(["$and", "$or"]), st.lists(inner, max_size=2)).map(lambda t: {t[0]: t[1]}), max_leaves=3))
includes = st.lists(st.sampled_from(["documents", "metadatas", "embeddings", "uris"]), unique=True)


@st.composite
def batches(draw, updating=False):
    chosen = draw(st.lists(ids, min_size=1, max_size=4))
    size = len(chosen)
    def column(strategy, **fields):
        return draw(st.one_of(st.none(), st.lists(strategy, min_size=size, max_size=size)))
    body = {"ids": chosen, "embeddings": draw(st.lists(vectors, min_size=size, max_size=size)),
            "documents": column(documents), "uris": column(st.one_of(st.none(), st.just("file:///x"))), "metadatas": column(metadatas)}
    if updating:
        body["embeddings"] = column(st.one_of(st.none(), vectors))
        if body["metadatas"]:
            for entry in body["metadatas"]:
                if entry and draw(st.booleans()):
                    entry[draw(keys)] = None
    # Now and then something that has to be refused.
    fault = draw(st.sampled_from([None] * 12 + ["lengths", "dimension", "id", "key", "null"]))
    if fault == "lengths":
        body["documents"] = ["x"] * (size + 1)
    elif fault == "dimension":
        body["embeddings"] = [[1.0, 2.0]] * size
    elif fault == "id":
        body["ids"] = [""] + chosen[1:]
    elif fault == "key":
        body["metadatas"] = [{"#k": 1}] * size
    elif fault == "null":
        body["metadatas"] = [{"k": {"nested": 1}}] * size
    return body


def plain(found):
    """Chroma tells "never had metadata" from "has none" by whether a URI or document was ever changed; nobody relies on it."""
    return [plain(entry) if isinstance(entry, list) else entry or None for entry in found] if found else found


def close(one, two):
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(close(a, b) for a, b in zip(one, two))
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=1e-5, abs_tol=1e-5)
    return one == two


class BothServers(RuleBasedStateMachine):
    apus = chroma = None
    space = "l2"

    @initialize(space=st.sampled_from(["l2", "cosine", "ip"]), first=vectors)
    def make(self, space, first):
        self.space = space
        name = "c" + uuid.uuid4().hex
        self.name = name
        self.places = []
        for server in (self.apus, self.chroma):
            made = server.make(name, configuration={"hnsw": {"space": space}})
            self.places.append((server, made["id"]))
            # The dimension is known from the start: a rejected first write would fix Chroma's.
            assert server.post(made["id"], "add", {"ids": ["first"], "embeddings": [first]}).status == 201

    # Collections are left behind: Chroma's server does not delete the arrays in a deleted collection's metadata, and
    # they turn up in records of the next one.

    def both(self, action, body):
        ours, theirs = [server.post(collection, action, body) for server, collection in self.places]
        told = f"{action} {json.dumps(body)}\nours {ours.status} {ours.body[:600]}\ntheirs {theirs.status} {theirs.body[:600]}"
        assert ours.status == theirs.status, told
        if ours.status >= 400:
            assert ours.json["error"] == theirs.json["error"], told
            return None, None, told
        return ours.json, theirs.json, told

    @rule(body=batches())
    def add(self, body):
        self.both("add", body)

    @rule(body=batches())
    def upsert(self, body):
        self.both("upsert", body)

    @rule(body=batches(updating=True))
    def update(self, body):
        self.both("update", body)

    @rule(chosen=st.one_of(st.none(), st.lists(ids, max_size=3)), where=wheres, where_document=where_documents,
          limit=st.one_of(st.none(), st.none(), st.integers(0, 2)))
    def delete(self, chosen, where, where_document, limit):
        if chosen is None and where is None and where_document is None:
            return
        ours, theirs, told = self.both("delete", {"ids": chosen, "where": where, "where_document": where_document, "limit": limit})
        # Without a filter Chroma counts the ids it was given.
        if ours is not None and (where or where_document):
            assert ours == theirs, told

    @rule(chosen=st.one_of(st.none(), st.lists(ids, max_size=4)), where=wheres, where_document=where_documents, include=includes,
          limit=st.one_of(st.none(), st.integers(0, 5)), offset=st.one_of(st.none(), st.integers(0, 3)))
    def get(self, chosen, where, where_document, include, limit, offset):
        ours, theirs, told = self.both("get", {"ids": chosen, "where": where, "where_document": where_document, "include": include, "limit": limit, "offset": offset})
        if ours is None:
            return
        for member in ("ids", "documents", "uris", "include"):
            assert ours[member] == theirs[member], told
        assert plain(ours["metadatas"]) == plain(theirs["metadatas"]), told
        # Chroma stores cosine vectors normalised and multiplies them back.
        assert close(ours["embeddings"], theirs["embeddings"]), told

    @rule(queries=st.lists(vectors, min_size=1, max_size=2), count=st.integers(0, 12), chosen=st.one_of(st.none(), st.none(), st.lists(ids, min_size=1, max_size=4)),
          where=wheres, where_document=where_documents)
    def query(self, queries, count, chosen, where, where_document):
        ours, theirs, told = self.both("query", {"query_embeddings": queries, "n_results": count, "ids": chosen, "where": where, "where_document": where_document})
        if ours is None:
            return
        assert close(ours["distances"], theirs["distances"]), told
        for index, found in enumerate(ours["ids"]):
            known = dict(zip(theirs["ids"][index], theirs["distances"][index]))
            last = theirs["distances"][index][-1] if known else 0
            for place, name in enumerate(found):
                distance = ours["distances"][index][place]
                # Equal distances may be cut off at different records.
                assert name in known or close(distance, last), told
                if name in known:
                    assert close(distance, known[name]), told
                    other = theirs["ids"][index].index(name)
                    assert ours["documents"][index][place] == theirs["documents"][index][other], told
                    assert (ours["metadatas"][index][place] or None) == (theirs["metadatas"][index][other] or None), told

    @invariant()
    def counts(self):
        if getattr(self, "places", None):
            ours, theirs = [request("GET", f"{server.collections}/{collection}/count").json for server, collection in self.places]
            assert ours == theirs


@pytest.mark.long
def test_every_answer_is_chromas(apus, chroma):
    machine = type("Machine", (BothServers,), {"apus": apus, "chroma": chroma})
    run_state_machine_as_test(machine, settings=settings(
        # The same operations in every run, so that a failure is ours; APUS_EXAMPLES=N tries N new ones.
        derandomize="APUS_EXAMPLES" not in os.environ, max_examples=int(os.environ.get("APUS_EXAMPLES", "40")), stateful_step_count=20, deadline=None, database=None, print_blob=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck)))
