"""Starts and stops a whole Apus of its own for tests: own data folder, own ports, ended exactly."""
import contextlib, json, os, shutil, signal, subprocess, tempfile, time, urllib.error, urllib.parse, urllib.request, uuid

import ports

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
DATA = os.path.join(ROOT, "..", "shared", "data")
PROGRAMS = os.path.join(ROOT, ".build", "release")
STORAGE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
COSMOS_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def request(method, url, data=None, headers=None, timeout=60, follows=True):
    """One HTTP exchange; statuses are values, not exceptions. Redirects are followed, or answers."""
    if isinstance(data, (dict, list)):
        data, headers = json.dumps(data).encode(), {"Content-Type": "application/json", **(headers or {})}
    call = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        opener = urllib.request.build_opener() if follows else urllib.request.build_opener(_Stay)
        with opener.open(call, timeout=timeout) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


class Stack:
    """`apus up` with ports and data of its own."""

    def __init__(self, environment=None, options=()):
        self.options = list(options)
        self.data = tempfile.mkdtemp(prefix="apus-test-")
        os.chmod(self.data, 0o755)
        base = ports.take(11)
        self.port = base
        self.base = base + 1
        names = ["vectors", "chat", "upload", "history", "blob", "queue", "cosmos", "vault", "identity", "account"]
        self.ports = {name: self.base + index for index, name in enumerate(names)}
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("APUS_", "OPENAI_", "Azure"))}
        # Nobody listens there: a part that asked this proxy for another part would fail.
        self.environment["http_proxy"] = "http://127.0.0.1:1"
        self.environment.update(environment or {})
        self.process = None

    def start(self, limit=90):
        self.log = open(os.path.join(self.data, "log.txt"), "ab")
        self.process = subprocess.Popen(
            [os.path.join(PROGRAMS, "apus"), "up", "--data", self.data, "--port", str(self.port), "--base-port", str(self.base), *self.options],
            stdout=self.log, stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)
        started = time.time()
        while time.time() - started < limit:
            if self.process.poll() is not None:
                raise RuntimeError("apus up ended: " + self.read_log()[-3000:])
            with contextlib.suppress(OSError):
                if request("GET", self.url + "/health", timeout=20).status == 200:
                    self.started = self.processes()
                    return self
            time.sleep(0.1)
        raise RuntimeError("apus up did not become healthy: " + self.read_log()[-3000:])

    def heal(self):
        """Starts it again unless it runs as it was started, and leaves neither documents nor chats behind."""
        if self.process is None or self.process.poll() is not None or self.processes() != self.started:
            self.stop()
            self.start()
        for kind, path, which in [("documents", "/api/documents", "&versions=all"), ("chats", "/api/history", "&archived=any")]:
            while left := self.call("GET", path + "?limit=200" + which).json[kind]:
                for entry in left:
                    answer = self.call("DELETE", f"{path}/{entry['id']}")
                    assert answer.status in (200, 404), answer.body
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        return self.process.returncode if self.process else None

    def remove(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def read_log(self):
        with open(os.path.join(self.data, "log.txt"), errors="replace") as file:
            return file.read()

    @property
    def keys(self):
        """The keys of the stack's own emulator and host, which were made for its data folder."""
        with open(os.path.join(self.data, "keys.json")) as file:
            return json.load(file)

    @property
    def storage(self):
        """The connection string of the stack's own storage account."""
        account = "devstoreaccount1"
        return (f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={self.keys['storageKey']};"
                f"BlobEndpoint=http://127.0.0.1:{self.ports['blob']}/{account};QueueEndpoint=http://127.0.0.1:{self.ports['queue']}/{account};")

    def database(self):
        """The connection string of the stack's own PostgreSQL."""
        return f"host='{self.socket()}' user=apus dbname=apus"

    def socket(self):
        """The folder of PostgreSQL's unix socket, as the running server has it."""
        with open(f"/proc/{self.processes()['postgres']}/cmdline") as file:
            arguments = file.read().split("\0")
        return next(a.split("=", 1)[1] for a in arguments if a.startswith("unix_socket_directories="))

    def processes(self):
        """Process ids of the stack's programs by name: the descendants of `apus up`."""
        found = {}
        parents = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/stat") as file:
                    stat = file.read()
                parents[int(entry)] = int(stat.rsplit(")", 1)[1].split()[1])
        def descends(pid):
            while pid in parents:
                if pid == self.process.pid:
                    return True
                pid = parents[pid]
            return False
        for pid in parents:
            if pid == self.process.pid or not descends(pid):
                continue
            with contextlib.suppress(OSError):
                path = os.readlink(f"/proc/{pid}/exe")
                name = os.path.basename(os.path.dirname(path)) if path.endswith("/handler") else os.path.basename(path)
                if name == "postgres" and parents[pid] != self.process.pid:
                    continue
                found[name] = pid
        return found

    def emulator_admin(self, method, path, data=None):
        """The emulator's own pages, with the token of the data folder."""
        with open(os.path.join(self.data, "azure", "admin-token")) as file:
            token = file.read().strip()
        url = f"http://127.0.0.1:{self.ports['blob']}/_emulator/{path}"
        answer = request(method, url, data, {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        assert answer.status < 300, answer.body
        return answer

    # The product's API

    def call(self, method, path, data=None, headers=None, timeout=60):
        return request(method, self.url + path, data, headers, timeout)

    def upload(self, name, content, content_type="application/octet-stream"):
        return self.call("POST", "/api/upload?name=" + urllib.parse.quote(name), content, {"Content-Type": content_type})

    def wait_settled(self, document, limit=90):
        end = time.time() + limit
        state = None
        while time.time() < end:
            answer = self.call("GET", "/api/documents/" + document)
            if answer.status == 200:
                state = answer.json
                if state["status"] in ("ready", "failed"):
                    return state
            time.sleep(0.1)
        raise AssertionError(f"not settled: {state}; {self.read_log()[-2000:]}")

    def ask(self, message, **fields):
        return self.call("POST", "/api/chat", {"message": message, "messageId": str(uuid.uuid4()), **fields})

    def ask_stream(self, message, **fields):
        """The events of a streamed answer as (name, data)."""
        answer = self.call("POST", "/api/chat", {"message": message, "messageId": str(uuid.uuid4()), **fields}, {"Accept": "text/event-stream"})
        return parse_events(answer.body.decode())


def parse_events(text):
    events = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        name = next((line[7:] for line in lines if line.startswith("event: ")), None)
        data = next((line[6:] for line in lines if line.startswith("data: ")), None)
        if name:
            events.append((name, json.loads(data)))
    return events
