"""The account app as a program: signing in over real HTTP, several processes, kills."""
import base64, contextlib, glob, http.cookies, os, pwd, re, shutil, signal, subprocess, tempfile, time

import pytest

import ports
from stack import PROGRAMS, request

PASSWORD = "correct horse battery staple"
TOKEN, REFRESH = "__Host-apus-token", "__Secure-apus-refresh"


@pytest.fixture(scope="module")
def database():
    """The connection string of a server of its own."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    folder = tempfile.mkdtemp(prefix="apus-accounts-")
    user = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        user = {"user": entry.pw_uid, "group": entry.pw_gid}
    run = lambda *words: subprocess.run([f"{programs}/{words[0]}", *words[1:]], check=True, cwd="/", capture_output=True, **user)
    run("initdb", "-D", f"{folder}/data", "-U", "owner", "--auth=trust", "--no-sync")
    port = ports.take()
    options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    run("pg_ctl", "-D", f"{folder}/data", "-w", "-s", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield f"host=127.0.0.1 port={port} user=owner dbname=postgres"
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-s", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


class Account:
    """One process of the account app."""

    def __init__(self, database, folder, name):
        self.database, self.path, self.port = database, os.path.join(folder, name + ".log"), ports.take()
        self.start()

    def start(self):
        environment = {
            "PATH": os.environ["PATH"], "FUNCTIONS_CUSTOMHANDLER_PORT": str(self.port), "APUS_DATABASE_URL": self.database,
            "APUS_SIGN_IN": "local", "APUS_SIGNING_KEYS": "k1:" + base64.b64encode(b"x" * 32).decode(), "APUS_PAGE_URL": "https://docs.example.com"}
        with open(self.path, "ab") as log:
            self.process = subprocess.Popen([os.path.join(PROGRAMS, "account-function")], env=environment, stdout=log, stderr=log)
        end = time.time() + 60
        while time.time() < end:
            with contextlib.suppress(OSError):
                if request("GET", f"http://127.0.0.1:{self.port}/api/health").status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(self.log)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    @property
    def log(self):
        with open(self.path, errors="replace") as file:
            return file.read()

    def first_token(self):
        end = time.time() + 30
        while time.time() < end:
            found = re.findall(r"The first administrator signs up at https://docs\.example\.com/#accept=([\w-]+) \(within 24 hours, once\)\.", self.log)
            if found:
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(self.log)


class Browser:
    """Keeps cookies, and asks whichever process it is told to."""

    def __init__(self, account):
        self.account, self.jar = account, {}

    def copy(self, account=None):
        other = Browser(account or self.account)
        other.jar = dict(self.jar)
        return other

    def __call__(self, method, path, data=None, headers=None):
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = request(method, f"http://127.0.0.1:{self.account.port}/api/account/{path}", data, {"Cookie": cookies, **(headers or {})})
        for line in answer.headers.get_all("set-cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                assert morsel["secure"] and morsel["httponly"] and morsel["samesite"] == "Strict" and not morsel["domain"]
                self.jar.pop(name, None)
                if morsel["max-age"] != "0":
                    self.jar[name] = morsel.value
        return answer

    def sign_in(self, login, password=PASSWORD):
        return self("POST", "sign-in", {"login": login, "password": password})


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


def person(boss, login, **fields):
    """Somebody who came by an invitation: their id and browser."""
    added = boss("POST", "people", {"login": login, "workspaces": [{"id": "default", "role": "editor"}], **fields})
    assert added.status == 201, added.body
    browser = Browser(boss.account)
    token = added.json["link"].removeprefix("https://docs.example.com/#accept=")
    assert browser("POST", "accept", {"token": token, "password": PASSWORD}).status == 200
    return added.json["id"], browser


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
