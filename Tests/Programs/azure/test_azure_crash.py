"""Kills the emulator under mixed load: what was acknowledged is there, nothing half-written shows."""
import base64, hashlib, os, random, threading, time, urllib.parse, uuid

import pytest
from azure.cosmos import PartitionKey

from emulators import Clients, Emulator, cosmos, signed

KILLS = int(os.environ.get("APUS_KILLS", "20"))


class Ledger:
    """What the emulator has acknowledged, and what it may or may not have done when it was killed."""

    def __init__(self):
        self.sure, self.open = {}, {}

    def write(self, key, value, act):
        """Remembers a write; `None` stands for a deletion."""
        self.open[key] = self.open.get(key, set()) | {value}
        status = act()
        if status is not None and status < 300:
            self.sure[key] = value
            self.open.pop(key)
            return True
        if status is not None and status < 500:
            raise AssertionError(f"{key}: {status}")
        return False

    def check(self, key, found):
        allowed = {self.sure.get(key)} | self.open.get(key, set())
        assert found in allowed, f"{key}: found {found!r}, acknowledged {self.sure.get(key)!r}"
        # Whatever is there now is what counts from here on.
        self.sure[key] = found
        self.open.pop(key, None)


def attempt(*arguments, **named):
    """The status of a request, `None` when there was no answer."""
    return quietly(lambda: signed(*arguments, **named).status)


def quietly(call):
    try:
        return call()
    except OSError:
        return None
    except Exception as error:
        if type(error).__name__ in ("RemoteDisconnected", "IncompleteRead", "BadStatusLine"):
            return None
        raise


class Worker(threading.Thread):
    """One client with names of its own."""

    def __init__(self, emulator, number, ledger):
        super().__init__()
        self.emulator, self.number, self.ledger = emulator, number, ledger
        self.random = random.Random(number * 1000 + ledger["round"])
        self.error = None

    def run(self):
        try:
            while not self.ledger["stop"].is_set():
                if not self.random.choice([self.blob, self.blob, self.message, self.item, self.batch])():
                    return
        except Exception as error:
            self.error = error

    def blob(self):
        blobs = self.ledger["blobs"][self.number]
        name = f"{self.number}-{self.random.randrange(8)}"
        url = f"{self.emulator.account_url('blob')}/crash/{name}"
        kind = self.random.random()
        if kind < 0.2:
            if blobs.sure.get(name) is None or name in blobs.open:
                return True
            return blobs.write(name, None, lambda: attempt("DELETE", url))
        content = os.urandom(self.random.choice([0, 100, 5000, 70_000, 300_000]))
        mark = hashlib.sha256(content).hexdigest()
        if kind < 0.7:
            return blobs.write(name, mark, lambda: attempt("PUT", url, content, {"x-ms-blob-type": "BlockBlob"}))
        ids = [base64.b64encode(f"{uuid.uuid4()}-{index}".encode()).decode() for index in range(3)]
        third = len(content) // 3 + 1
        def put():
            parts = [content[index * third:(index + 1) * third] for index in range(3)]
            used = []
            for block, part in zip(ids, parts):
                if part:
                    status = attempt("PUT", f"{url}?comp=block&blockid={urllib.parse.quote(block, safe='')}", part)
                    if status != 201:
                        return status
                    used.append(block)
            body = "<BlockList>" + "".join(f"<Latest>{block}</Latest>" for block in used) + "</BlockList>"
            return attempt("PUT", url + "?comp=blocklist", body.encode())
        return blobs.write(name, mark, put)

    def message(self):
        text = f"{self.number}-{uuid.uuid4()}"
        url = f"{self.emulator.account_url('queue')}/crash/messages"
        body = f"<QueueMessage><MessageText>{text}</MessageText></QueueMessage>".encode()
        return self.ledger["messages"][self.number].write(text, True, lambda: attempt("POST", url, body))

    def item(self):
        items = self.ledger["items"][self.number]
        name = f"{self.number}-{self.random.randrange(8)}"
        value = str(uuid.uuid4())
        link = "dbs/crash/colls/items"
        headers = {"x-ms-documentdb-partitionkey": f'["{self.number}"]', "x-ms-documentdb-is-upsert": "True"}
        body = {"id": name, "pk": str(self.number), "value": value, "text": "x" * self.random.randrange(5000)}
        return items.write(name, value, lambda: quietly(lambda: cosmos(
            "POST", self.emulator.url("cosmos"), f"/{link}/docs", "docs", link, body, headers).status))

    def batch(self):
        """Ten items that are always written together have to have one value."""
        batches = self.ledger["batches"][self.number]
        value = str(uuid.uuid4())
        link = "dbs/crash/colls/items"
        headers = {"x-ms-documentdb-partitionkey": f'["batch{self.number}"]', "x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"}
        body = [{"operationType": "Upsert", "resourceBody": {"id": str(n), "pk": f"batch{self.number}", "value": value}} for n in range(10)]
        return batches.write("batch", value, lambda: quietly(lambda: cosmos(
            "POST", self.emulator.url("cosmos"), f"/{link}/docs", "docs", link, body, headers).status))


@pytest.mark.long
def test_nothing_acknowledged_is_lost():
    emulator = Emulator().start()
    try:
        assert signed("PUT", emulator.account_url("blob") + "/crash?restype=container").status == 201
        assert signed("PUT", emulator.account_url("queue") + "/crash").status == 201
        client = Clients(emulator, "sync").cosmos()
        client.create_database("crash").create_container("items", PartitionKey("/pk"))
        workers = 4
        ledger = {kind: [Ledger() for _ in range(workers)] for kind in ("blobs", "messages", "items", "batches")}
        generator = random.Random(7)
        written = 0
        for ledger["round"] in range(KILLS):
            ledger["stop"] = threading.Event()
            threads = [Worker(emulator, number, ledger) for number in range(workers)]
            [thread.start() for thread in threads]
            time.sleep(generator.uniform(0.02, 0.4))
            emulator.kill()
            ledger["stop"].set()
            [thread.join() for thread in threads]
            assert not [thread.error for thread in threads if thread.error], [thread.error for thread in threads]
            emulator.start()
            written += check(emulator, ledger)
        print(f"{KILLS} kills, {written} writes checked")
        assert written > KILLS
        left = set(os.listdir(os.path.join(emulator.data, "blobs")))
        emulator.restart()
        assert len(set(os.listdir(os.path.join(emulator.data, "blobs")))) <= len(left), "no file without a row stays"
    finally:
        emulator.remove()


def check(emulator, ledger):
    written = 0
    for blobs in ledger["blobs"]:
        for name in set(blobs.sure) | set(blobs.open):
            answer = signed("GET", f"{emulator.account_url('blob')}/crash/{name}")
            assert answer.status in (200, 404)
            blobs.check(name, hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None)
            written += 1
    listed = signed("GET", f"{emulator.account_url('blob')}/crash?restype=container&comp=list").body.decode()
    for blobs in ledger["blobs"]:
        for name, value in blobs.sure.items():
            assert (f"<Name>{name}</Name>" in listed) == (value is not None)
    held = set()
    while True:
        body = signed("GET", f"{emulator.account_url('queue')}/crash/messages?numofmessages=32&visibilitytimeout=3600").body.decode()
        texts = [part.split("</MessageText>")[0] for part in body.split("<MessageText>")[1:]]
        if not texts:
            break
        held |= set(texts)
    assert signed("DELETE", f"{emulator.account_url('queue')}/crash/messages").status == 204
    for messages in ledger["messages"]:
        for text in messages.sure:
            assert text in held, f"message {text} is lost"
            written += 1
        messages.sure, messages.open = {}, {}
    for number, (items, batches) in enumerate(zip(ledger["items"], ledger["batches"])):
        found = rows(emulator, str(number))
        for name in set(items.sure) | set(items.open):
            items.check(name, found.get(name))
            written += 1
        values = set(rows(emulator, f"batch{number}").values())
        assert len(values) <= 1, "half a batch"
        if batches.sure or batches.open:
            batches.check("batch", next(iter(values), None))
            written += 1
    return written


def rows(emulator, partition):
    link = "dbs/crash/colls/items"
    headers = {"x-ms-documentdb-partitionkey": f'["{partition}"]', "x-ms-documentdb-isquery": "True", "Content-Type": "application/query+json"}
    answer = cosmos("POST", emulator.url("cosmos"), f"/{link}/docs", "docs", link, {"query": "SELECT c.id, c['value'] FROM c"}, headers)
    return {item["id"]: item["value"] for item in answer.json["Documents"]}
