"""Kills the server at random moments under load: what was acknowledged is there, a batch is there whole or not at all."""
import base64, http.client, json, os, random, struct, threading, time

import pytest

import vectors

KILLS = int(os.environ.get("APUS_KILLS", "20"))
WRITERS = 3
# Long vectors, so that the few records which fit into a short test are worth a graph with its checkpoints.
DIMENSION = 1024


class Writer(threading.Thread):
    """Writes to records of its own until the server is gone; knows what must be there."""

    def __init__(self, server, collection, name, known, seed):
        super().__init__(daemon=True)
        self.server, self.collection, self.name_ = server, collection, name
        # Id to (number in the vector, document, metadata).
        self.known = known
        self.maybe = None
        self.random = random.Random(seed)
        self.failure = None

    def run(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            while True:
                action, body, after = self.choose()
                self.maybe = after
                connection.request("POST", f"/api/v2/tenants/default_tenant/databases/default_database/collections/{self.collection}/{action}",
                                   json.dumps(body), {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
                if response.status not in (200, 201):
                    self.failure = f"{action}: {response.status}"
                    return
                self.known, self.maybe = after, None
        except (OSError, http.client.HTTPException):
            pass

    def choose(self):
        action = self.random.choices(["add", "upsert", "update", "delete"], [5, 3, 2, 2])[0]
        after = dict(self.known)
        if action == "delete" and len(self.known) > 40:
            gone = self.random.sample(sorted(self.known), self.random.randint(1, 25))
            for name in gone:
                del after[name]
            return "delete", {"ids": gone}, after
        if action in ("add", "delete") or not self.known:
            action = "add"
            ids = [f"{self.name_}-{self.random.getrandbits(48):x}" for _ in range(self.random.choice([1, 5, 60]))]
        else:
            ids = self.random.sample(sorted(self.known), min(len(self.known), self.random.randint(1, 20)))
        number = self.random.randint(1, 1_000_000)
        document, metadata = f"text {number} of {self.name_}", {"n": number, "w": self.name_}
        for name in ids:
            after[name] = (number, document, metadata)
        vector = base64.b64encode(struct.pack("<f", number) + struct.pack("<f", len(self.name_)) * (DIMENSION - 1)).decode()
        return action, {"ids": ids, "embeddings": [vector] * len(ids), "documents": [document] * len(ids), "metadatas": [metadata] * len(ids)}, after


def held(server, collection):
    answer = server.post(collection, "get", {"include": ["documents", "metadatas"]})
    assert answer.status == 200, answer.body
    body = answer.json
    return {name: (metadata["n"], document, metadata) for name, document, metadata in zip(body["ids"], body["documents"], body["metadatas"])}


@pytest.mark.long
def test_nothing_acknowledged_is_lost():
    chance = random.Random(7)
    server = vectors.Apus()
    try:
        server.start()
        collection = server.make("crash")["id"]
        known = {f"w{index}": {} for index in range(WRITERS)}
        missed = 0
        for round_ in range(KILLS):
            writers = [Writer(server, collection, name, known[name], round_ * 10 + index) for index, name in enumerate(known)]
            for writer in writers:
                writer.start()
            # Now and then long enough for the graph, its checkpoint and the tidying after it.
            time.sleep(chance.uniform(0.01, 0.25) if round_ % 10 else 2.5)
            server.kill()
            for writer in writers:
                writer.join(30)
                assert not writer.is_alive() and writer.failure is None, writer.failure
            code, output = server.maintain("--verify")
            assert code == 0, f"after kill {round_}: {output}"
            server.start()
            found = held(server, collection)
            for writer in writers:
                mine = {name: value for name, value in found.items() if name.startswith(writer.name_ + "-")}
                assert mine == writer.known or (writer.maybe is not None and mine == writer.maybe), f"kill {round_}, {writer.name_}: {len(mine)} records, {len(writer.known)} acknowledged"
                known[writer.name_] = mine
            assert len(found) == sum(map(len, known.values()))
            missed += not check_search(server, collection, found, chance)
        assert any(known.values())
        # A graph may miss now and then; a single miss in a short run says nothing about how often.
        assert missed <= max(1, KILLS // 50), f"{missed} of {KILLS} searches did not find a record by its own vector"
    finally:
        server.remove()


def check_search(server, collection, found, chance):
    """A record is found by its own vector: always where every match is looked at, nearly always through the graph.
    Returns whether the graph found it."""
    if not found:
        return True
    name = chance.choice(sorted(found))
    number, _, metadata = found[name]
    vector = [float(number)] + [float(len(metadata["w"]))] * (DIMENSION - 1)
    query = {"query_embeddings": [vector], "n_results": 1, "include": ["metadatas", "distances"]}
    exact = server.post(collection, "query", {**query, "where": {"n": number}})
    assert exact.status == 200 and exact.json["distances"] == [[0]], f"{name}: {exact.body[:300]}"
    answer = server.post(collection, "query", query)
    assert answer.status == 200, answer.body
    return answer.json["metadatas"][0][0]["n"] == number
