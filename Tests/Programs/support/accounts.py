"""The account app as a program of its own, with a database of its own, and browsers without pages."""
import base64, contextlib, glob, http.cookies, os, pwd, re, shutil, signal, subprocess, tempfile, time

import ports
from stack import PROGRAMS, request

PASSWORD = "correct horse battery staple"
TOKEN, REFRESH, ATTEMPT = "__Host-apus-token", "__Secure-apus-refresh", "__Host-apus-attempt"


@contextlib.contextmanager
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


def first_link(read_log):
    """The link by which the first administrator signs up, the newest that a log has."""
    end = time.time() + 20
    while not (links := re.findall(r"first administrator signs up at (\S+/#accept=\S+)", read_log())):
        assert time.time() < end, read_log()[-3000:]
        time.sleep(0.1)
    return links[-1]


class Account:
    """One process of the account app."""

    def __init__(self, database, folder, name, settings=None):
        self.database, self.path, self.port = database, os.path.join(folder, name + ".log"), ports.take()
        self.settings = settings or {}
        self.start()

    def start(self):
        environment = {
            "PATH": os.environ["PATH"], "FUNCTIONS_CUSTOMHANDLER_PORT": str(self.port), "APUS_DATABASE_URL": self.database,
            "APUS_SIGN_IN": "local", "APUS_SIGNING_KEYS": "k1:" + base64.b64encode(b"x" * 32).decode(), "APUS_PAGE_URL": "https://docs.example.com",
            **self.settings}
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
        """The token of the first administrator's link."""
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
        answer = request(
            method, f"http://127.0.0.1:{self.account.port}/api/account/{path}", data, {"Cookie": cookies, **(headers or {})}, follows=False)
        for line in answer.headers.get_all("set-cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                # A provider sends the browser back from another site.
                place = "Lax" if name == ATTEMPT else "Strict"
                assert morsel["secure"] and morsel["httponly"] and morsel["samesite"] == place and not morsel["domain"]
                self.jar.pop(name, None)
                if morsel["max-age"] != "0":
                    self.jar[name] = morsel.value
        return answer

    def sign_in(self, login, password=PASSWORD):
        return self("POST", "sign-in", {"login": login, "password": password})


def person(boss, login, **fields):
    """Somebody who came by an invitation: their id and browser."""
    added = boss("POST", "people", {"login": login, "workspaces": [{"id": "default", "role": "editor"}], **fields})
    assert added.status == 201, added.body
    browser = Browser(boss.account)
    token = added.json["link"].removeprefix("https://docs.example.com/#accept=")
    assert browser("POST", "accept", {"token": token, "password": PASSWORD}).status == 200
    return added.json["id"], browser
