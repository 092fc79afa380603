"""Links that show a chat to others: over real sockets, where nobody signs in, and with two people and two workspaces."""
import re, threading

import pytest

import accounts, stack as stacks


def header(answer, name):
    return answer.headers.get(name)


def is_hidden(answer):
    return (header(answer, "X-Robots-Tag"), header(answer, "Referrer-Policy"), header(answer, "Cache-Control")) == (
        "noindex, nofollow, noarchive", "no-referrer", "no-store")


class Person:
    """Somebody who asks through the page's port, in one workspace."""

    def __init__(self, stack, workspace=None):
        self.stack, self.jar = stack, {}
        self.headers = {"x-apus-workspace": workspace} if workspace else {}

    def __call__(self, method, path, data=None, headers=None):
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        sent = {**self.headers, **(headers or {}), **({"Cookie": cookies} if cookies else {})}
        answer = stacks.request(method, self.stack.url + path, data, sent, follows=False)
        for line in answer.headers.get_all("set-cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            self.jar[name] = value
        return answer

    def chat(self, text):
        answer = self("POST", "/api/chat", {"message": text, "useDocuments": False})
        assert answer.status == 200, answer.body
        return answer.json["chatId"]

    def share(self, chat, **fields):
        answer = self("POST", f"/api/history/{chat}/share", fields)
        assert answer.status == 201, answer.body
        return answer.json


@pytest.fixture(scope="module")
def settings(model):
    return {"APUS_MODELS": "openai:test-model", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "k"}


@pytest.fixture(scope="module")
def house(settings):
    """A stack where people sign in, with its first administrator."""
    own = stacks.Stack({**settings, "APUS_SIGN_IN": "local"})
    try:
        own.start()
        token = accounts.first_link(own.read_log).split("#accept=")[1].split()[0]
        boss = Person(own)
        made = boss("POST", "/api/account/accept", {"token": token, "login": "boss", "password": accounts.PASSWORD})
        assert made.status == 200, made.body
        assert boss("POST", "/api/account/workspaces", {"id": "other", "name": "Other"}).status == 201
        yield own, boss
    finally:
        own.remove()


def somebody(house, login, workspace):
    own, boss = house
    added = boss("POST", "/api/account/people", {"login": login, "workspaces": [{"id": workspace, "role": "editor"}]})
    assert added.status == 201, added.body
    person = Person(own, workspace)
    token = added.json["link"].split("#accept=")[1]
    assert person("POST", "/api/account/accept", {"token": token, "password": accounts.PASSWORD}).status == 200
    return person


def test_where_nobody_signs_in_a_link_shows_the_chat_as_it_was(stack):
    anybody = Person(stack)
    chat = anybody.chat("What is a swift?")
    link = anybody.share(chat, expiresInDays=1)
    anybody("POST", "/api/chat", {"message": "And later?", "chatId": chat, "useDocuments": False})
    shown = anybody("GET", link["path"])
    assert shown.status == 200 and is_hidden(shown)
    assert [m["role"] for m in shown.json["messages"]] == ["user", "assistant"] and shown.json["count"] == link["messages"] == 2
    assert chat.encode() not in shown.body and b"documentId" not in shown.body
    assert anybody("GET", "/api/share", headers={"x-apus-link": link["token"]}).json == shown.json
    file = anybody("GET", link["path"] + "?format=markdown")
    assert file.status == 200 and is_hidden(file) and b"What is a swift?" in file.body and b"And later?" not in file.body
    for wrong in ["x" * 48, "x", link["token"][:-1], link["token"] + "x", link["token"][:16] + "0" * 32, "%2e%2e", "a/b"]:
        assert anybody("GET", "/api/share/" + wrong).status in (400, 404), wrong
    assert anybody("DELETE", f"/api/history/{chat}/share/{link['id']}").status == 204
    assert anybody("GET", link["path"]).status == 404
    # A receipt counts what ended with the chat.
    anybody.share(chat)
    second = anybody.share(chat)
    assert anybody("DELETE", f"/api/history/{chat}").json["links"] == 2
    assert anybody("GET", second["path"]).status == 404
    assert link["token"] not in stack.read_log() and second["token"] not in stack.read_log()
    assert re.search(r"/api/share/…", stack.read_log())


def test_who_opens_a_link_where_people_sign_in(house):
    own, boss = house
    ann, bob, eve = somebody(house, "ann", "default"), somebody(house, "bob", "default"), somebody(house, "eve", "other")
    nobody = Person(own)
    chat = ann.chat("A secret of Ann's.")
    link = ann.share(chat)
    path, unknown = link["path"], "/api/share/" + "x" * 48
    assert bob("GET", f"/api/history/{chat}").status == 404
    assert bob("GET", f"/api/history/{chat}/share").status == 404
    assert bob("DELETE", f"/api/history/{chat}/share/{link['id']}").status == 404
    assert eve("POST", f"/api/history/{chat}/share", {}).status == 404
    assert bob("GET", path).json["messages"][0]["text"] == "A secret of Ann's."
    for address in (path, unknown):
        refused, outside = nobody("GET", address), eve("GET", address)
        assert (refused.status, refused.json["code"]) == (401, "sign_in_required") and is_hidden(refused)
        assert outside.status == 404 and outside.json["detail"] == "The link is not found or has ended." and is_hidden(outside)
    assert ann("PATCH", "/api/account/workspaces/default", {"publicLinks": True}).status == 403
    assert boss("PATCH", "/api/account/workspaces/default", {"publicLinks": True}).json["publicLinks"] is True
    assert nobody("GET", path).status == eve("GET", path).status == 200
    assert b"ann" not in nobody("GET", path).body.lower().replace(b"a secret of ann's.", b"")
    # Ended while others read: each is told the chat or that there is none.
    statuses = []
    readers = [threading.Thread(target=lambda: statuses.extend(nobody("GET", path).status for _ in range(20))) for _ in range(4)]
    for reader in readers:
        reader.start()
    assert ann("DELETE", f"/api/history/{chat}").json["links"] == 1
    for reader in readers:
        reader.join()
    assert set(statuses) <= {200, 401} and nobody("GET", path).status == 401 and bob("GET", path).status == 404
    assert boss("PATCH", "/api/account/workspaces/default", {"publicLinks": False}).status == 200
    entries = boss("GET", "/api/account/audit?limit=200").json["entries"]
    assert {"POST /api/history/{chatId}/share", "GET /api/share/{token}"} <= {e["action"] for e in entries}
    assert link["token"] not in str(entries) and link["token"] not in own.read_log()
