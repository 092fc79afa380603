"""The account app as a program: signing in over real HTTP, several processes, kills."""
import re, shutil, tempfile, time

import pytest

import accounts
from accounts import PASSWORD, REFRESH, TOKEN, Account, Browser, person


@pytest.fixture(scope="module")
def database():
    with accounts.database() as connection:
        yield connection


@pytest.fixture(scope="module")
def house(database):
    """Two processes of the app, and the first administrator, who came by the link in the log."""
    folder = tempfile.mkdtemp(prefix="apus-accounts-log-")
    one = Account(database, folder, "one")
    two = Account(database, folder, "two")
    try:
        # A process that starts later does not end what somebody may be opening.
        token = one.first_token()
        assert two.first_token() == token
        boss = Browser(one)
        answer = boss("POST", "accept", {"token": token, "login": "boss", "password": PASSWORD})
        assert answer.status == 200 and answer.json["administrator"] is True
        yield one, two, boss
        for account in (one, two):
            assert PASSWORD not in account.log and "scrypt$" not in account.log and "apus_" not in account.log
            assert boss.jar[REFRESH] not in account.log and boss.jar[TOKEN] not in account.log
    finally:
        for account in (one, two):
            account.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_session_counts_in_every_process_and_is_renewed(house):
    one, two, boss = house
    assert boss.copy(two)("GET", "me").json["person"]["login"] == "boss"
    _, ann = person(boss, "ann")
    thief, tab = ann.copy(), ann.copy(two)
    assert ann("POST", "refresh").status == 204
    # A second tab that used the same cookie, at another process.
    assert tab("POST", "refresh").status == 204 and tab.jar[REFRESH] == ann.jar[REFRESH]
    assert ann("POST", "refresh").status == 204 and ann.jar[REFRESH] != tab.jar[REFRESH]
    refused = thief("POST", "refresh")
    assert refused.status == 401 and refused.json["code"] == "sign_in_required"
    assert ann("POST", "refresh").status == 401


def test_who_may_not_sign_in_any_more_is_out_everywhere_within_20_seconds(house):
    one, two, boss = house
    identity, bob = person(boss, "bob")
    made = bob("POST", "keys", {"name": "k", "scopes": ["read"]}).json["key"]
    elsewhere, key = bob.copy(two), {"Authorization": "Bearer " + made}
    assert elsewhere("GET", "me").status == 200 and Browser(two)("GET", "me", headers=key).status == 200
    assert boss("PATCH", f"people/{identity}", {"active": False}).status == 200
    began = time.time()
    assert bob("GET", "me").status == 401
    while elsewhere("GET", "me").status == 200 or Browser(two)("GET", "me", headers=key).status == 200:
        assert time.time() - began < 20
        time.sleep(0.2)
    assert bob.sign_in("bob").status == 401


def test_names_are_locked_in_every_process(house):
    one, two, boss = house
    person(boss, "cleo")
    for login in ("cleo", "nobody at all"):
        answers = [Browser(account).sign_in(login, "wrong password") for account in (one, two, one, two, one)]
        assert {answer.status for answer in answers} == {401}
        locked = Browser(two).sign_in(login, "wrong password")
        assert locked.status == 429 and locked.headers["retry-after"] in ("1", "2")
    time.sleep(2.1)
    assert Browser(two).sign_in("cleo").status == 200


def test_a_key_may_what_its_scopes_say(house):
    one, two, boss = house
    made = boss("POST", "keys", {"name": "ci", "scopes": ["read", "manage"]})
    assert made.status == 201 and re.fullmatch(r"apus_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}", made.json["key"])
    key = {"Authorization": "Bearer " + made.json["key"]}
    program = Browser(two)
    assert program("GET", "me", headers=key).json["permissions"] == ["read", "manage"]
    assert program("GET", "workspaces/default/members", headers=key).status == 200
    assert program("GET", "people", headers=key).status == 403
    assert program("POST", "keys", {"name": "x", "scopes": ["read"]}, key).status == 403
    narrow = {"Authorization": "Bearer " + boss("POST", "keys", {"name": "n", "scopes": ["ask"]}).json["key"]}
    assert program("GET", "workspaces/default/members", headers=narrow).status == 403
    wrong = {"Authorization": key["Authorization"][:-1] + ("0" if key["Authorization"][-1] != "0" else "1")}
    assert program("GET", "me", headers=wrong).status == 401


def test_what_was_acknowledged_survives_a_kill(house):
    one, two, boss = house
    identity, dora = person(boss, "dora")
    key = {"Authorization": "Bearer " + dora("POST", "keys", {"name": "k", "scopes": ["read"]}).json["key"]}
    assert dora("POST", "refresh").status == 204
    assert boss("POST", "workspaces", {"id": "team", "name": "Team"}).status == 201
    assert boss("PUT", f"workspaces/team/members/{identity}", {"role": "owner"}).status == 200
    assert dora("PATCH", "me", {"workspace": "team", "password": {"old": PASSWORD, "new": "another long password"}}).status == 200
    one.kill()
    one.start()
    assert dora("GET", "me").json["workspace"] == {"id": "team", "name": "Team", "role": "owner"}
    assert dora("POST", "refresh").status == 204
    assert Browser(one)("GET", "me", headers=key).status == 200
    assert Browser(one).sign_in("dora").status == 401
    assert Browser(one).sign_in("dora", "another long password").status == 200
    assert one.log.count("The first administrator signs up") == 1
