"""The product over the emulator: without any key, with large files, and with services that falter."""
import contextlib, os, threading, time

import pytest
from azure.cosmos import PartitionKey

import stack as stacks
from emulators import Clients, Emulator, IDENTITY_HEADER, signed
from model_server import ModelServer


@contextlib.contextmanager
def running(emulator, environment):
    apus = stacks.Stack(environment)
    try:
        yield apus.start()
    finally:
        apus.remove()


def by_key(emulator):
    return {"AzureWebJobsStorage": emulator.connection_string, "APUS_COSMOS_ENDPOINT": emulator.url("cosmos"),
            "APUS_COSMOS_KEY": stacks.COSMOS_KEY}


def text_of(number, sentences):
    return " ".join(f"The warehouse number {number} holds {index} crates of paper." for index in range(sentences)).encode()


def test_runs_without_a_key(emulator, monkeypatch):
    """Storage, Cosmos DB and the vault are reached over https by identity; the one secret there is lies in the vault."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", emulator.url("identity") + "/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    clients = Clients(emulator, "sync")
    clients.vault().set_secret("OPENAI-API-KEY", "key-from-the-vault")
    # Identities cannot make containers: that belongs to deployment.
    clients.cosmos().create_database_if_not_exists("apus").create_container_if_not_exists("messages", PartitionKey("/chatId"))
    with ModelServer() as model:
        settings = {
            "AzureWebJobsStorage__blobServiceUri": emulator.account_url("blob", secure=True),
            "AzureWebJobsStorage__queueServiceUri": emulator.account_url("queue", secure=True),
            "APUS_COSMOS_ENDPOINT": emulator.url("cosmos", secure=True), "APUS_KEY_VAULT_URL": emulator.url("vault", secure=True),
            "IDENTITY_ENDPOINT": emulator.url("identity") + "/msi/token", "IDENTITY_HEADER": IDENTITY_HEADER,
            "SSL_CERT_FILE": emulator.authority, "APUS_MODELS": "extractive,openai:test-model", "OPENAI_BASE_URL": model.url}
        assert not [name for name in settings if "KEY" in name and name != "APUS_KEY_VAULT_URL"]
        with running(emulator, settings) as apus:
            document = apus.upload("crates.txt", text_of(7, 40)).json["documents"][0]["id"]
            assert apus.wait_settled(document)["status"] == "ready"
            answer = apus.ask("How many crates does warehouse number 7 hold?").json
            assert answer["citations"] and answer["citations"][0]["documentId"] == document
            assert apus.ask("Hello?", model="openai:test-model").status == 200
            assert model.authorizations[-1] == "Bearer key-from-the-vault"
            history = apus.call("GET", "/api/history").json["chats"]
            assert len(apus.call("GET", "/api/history/" + answer["chatId"]).json["messages"]) == 2
            # Every token that was given out is withdrawn: the next calls get fresh ones.
            emulator.admin("POST", "tokens", {"expireAll": True})
            assert apus.ask("And number 8?", chatId=answer["chatId"]).status == 200
            for chat in history:
                assert apus.call("DELETE", "/api/history/" + chat["id"]).status == 200
            assert apus.call("DELETE", "/api/documents/" + document).json["blobs"] == 2
            log = apus.read_log()
            assert "key-from-the-vault" not in log and IDENTITY_HEADER not in log and "eyJ" not in log


@pytest.fixture(scope="module")
def own():
    emulator = Emulator().start()
    with running(emulator, by_key(emulator)) as apus:
        yield emulator, apus
    emulator.remove()


def memory(process):
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


def test_a_large_upload_needs_little_memory(own):
    emulator, apus = own
    assert apus.wait_settled(apus.upload("warm.txt", text_of(1, 5)).json["documents"][0]["id"])["status"] == "ready"
    handler = apus.processes()["upload"]
    before = memory(handler)
    # Ends in an error of its own, so that only the way into the store is measured.
    content = b"%PDF-1.7\n" + os.urandom(95 * 1024 * 1024 - 9)
    answer = apus.upload("large.pdf", content, "application/pdf")
    after = memory(handler)
    assert answer.status == 202, answer.body
    document = answer.json["documents"][0]["id"]
    assert after - before < 30, f"{before} MB before, {after} MB after"
    stored = signed("HEAD", f"{emulator.account_url('blob')}/documents/default/{document}/original")
    assert int(stored.headers["Content-Length"]) == len(content)
    assert apus.wait_settled(document, limit=180)["status"] == "failed"
    assert apus.call("DELETE", "/api/documents/" + document).status == 200


def test_a_throttled_store_slows_a_chat_and_loses_nothing(own):
    emulator, apus = own
    chat = apus.ask("Where is warehouse one?").json["chatId"]
    started = time.time()
    apus.ask("And two?", chatId=chat)
    usual = time.time() - started
    emulator.fault("cosmos", pathContains="/docs", status=429, retryAfterMilliseconds=400, count=5)
    started = time.time()
    assert apus.ask("And three?", chatId=chat).status == 200
    assert time.time() - started > usual + 1.0
    emulator.fault("cosmos", pathContains="/docs", status=449, count=2)
    emulator.fault("cosmos", method="POST", pathContains="/docs", cut="response")
    assert apus.ask("And four?", chatId=chat).status == 200
    texts = [m["text"] for m in apus.call("GET", f"/api/history/{chat}").json["messages"] if m["role"] == "user"]
    assert texts == ["Where is warehouse one?", "And two?", "And three?", "And four?"]


def test_faltering_blobs_and_queues_lose_nothing(own):
    emulator, apus = own
    for service, rule in [("blob", {"method": "PUT", "status": 503, "count": 2}), ("blob", {"method": "PUT", "cut": "response"}),
                          ("queue", {"method": "POST", "status": 503}), ("blob", {"method": "GET", "cut": "body", "count": 2})]:
        emulator.fault(service, **rule)
    answer = apus.upload("falter.txt", text_of(3, 400))
    assert answer.status == 202, answer.body
    assert apus.wait_settled(answer.json["documents"][0]["id"])["status"] == "ready"


def test_two_deletions_of_one_chat_meet(own):
    emulator, apus = own
    chat = apus.ask("Where?").json["chatId"]
    for _ in range(3):
        apus.ask("Where else?", chatId=chat)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(apus.call("DELETE", "/api/history/" + chat).status)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert set(answers) <= {200, 404} and 200 in answers
    assert apus.call("GET", "/api/history/" + chat).status == 404
