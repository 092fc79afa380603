"""Runs azure-emulator for tests, and lets one test drive the synchronous and the asynchronous SDKs alike."""
import asyncio, base64, contextlib, email.utils, hashlib, hmac, inspect, json, os, shutil, signal, socket, subprocess, tempfile, time, urllib.parse

import ports
from stack import COSMOS_KEY, PROGRAMS, STORAGE_KEY, request

ACCOUNT = "devstoreaccount1"
SERVICES = ["blob", "queue", "cosmos", "vault", "identity"]
IDENTITY_HEADER = "apus-local-identity"
CLIENT_SECRET = "apus-local-client-secret"
TENANT = "a9d5bcc0-5d1e-4a6b-9a0f-0d9a4b1c2e3f"


class Emulator:
    """`azure-emulator` with ports and data of its own."""

    def __init__(self, *options, data=None):
        self.options = options
        self.data = data or tempfile.mkdtemp(prefix="apus-azure-")
        base = ports.take(len(SERVICES))
        self.ports = {name: base + index for index, name in enumerate(SERVICES)}
        self.process = None

    def start(self):
        arguments = [os.path.join(PROGRAMS, "azure-emulator"), "--data", self.data, *self.options]
        for name, port in self.ports.items():
            arguments += [f"--{name}-port", str(port)]
        self.log = open(os.path.join(self.data, "log.txt"), "ab")
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.time() + 20
        while time.time() < end:
            if self.process.poll() is not None:
                raise RuntimeError("azure-emulator ended: " + self.read_log())
            with contextlib.suppress(OSError):
                # One port listens after the other.
                for port in self.ports.values():
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                if request("GET", self.url("blob") + "/_emulator/health").status == 200:
                    return self
            time.sleep(0.005)
        raise RuntimeError("azure-emulator does not answer")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def remove(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def read_log(self):
        with open(os.path.join(self.data, "log.txt"), errors="replace") as file:
            return file.read()

    def url(self, service, secure=False, host="127.0.0.1"):
        return f"{'https' if secure else 'http'}://{host}:{self.ports[service]}"

    def account_url(self, service, secure=False):
        return f"{self.url(service, secure)}/{ACCOUNT}"

    @property
    def authority(self):
        return os.path.join(self.data, "ca.pem")

    @property
    def token(self):
        """What opens `/_emulator/`."""
        with open(os.path.join(self.data, "admin-token")) as file:
            return file.read().strip()

    @property
    def connection_string(self):
        return (f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={STORAGE_KEY};"
                f"BlobEndpoint={self.account_url('blob')};QueueEndpoint={self.account_url('queue')};")

    def admin(self, method, path, body=None):
        return request(method, f"{self.url('blob')}/_emulator/{path}", body, {"Authorization": f"Bearer {self.token}"})

    def pass_time(self, seconds):
        """Moves the emulator's clock on: what begins, ends or expires does so without being waited for."""
        answer = self.admin("POST", "clock", {"advance": seconds})
        assert answer.status == 200, answer.body

    def fault(self, service, **rule):
        answer = self.admin("POST", "faults", {"service": service, **rule})
        assert answer.status == 201, answer.body
        return answer.json


def signed(method, url, body=b"", headers=None, key=STORAGE_KEY, date=None):
    """A storage request signed by hand, for what the SDKs would not send."""
    parts = urllib.parse.urlsplit(url)
    headers = {"x-ms-date": date or email.utils.formatdate(usegmt=True), "x-ms-version": "2021-12-02", **(headers or {})}
    if body or method in ("PUT", "POST"):
        headers.setdefault("Content-Type", "application/octet-stream")
    lower = {name.lower(): value for name, value in headers.items()}
    lines = [method]
    for name in ("content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
                 "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"):
        lines.append((str(len(body)) if body else "") if name == "content-length" else lower.get(name, ""))
    lines += [f"{name}:{lower[name]}" for name in sorted(lower) if name.startswith("x-ms-")]
    resource = f"/{ACCOUNT}{parts.path}"
    for name, values in sorted(urllib.parse.parse_qs(parts.query, keep_blank_values=True).items()):
        resource += f"\n{name.lower()}:{','.join(sorted(values))}"
    text = "\n".join(lines + [resource])
    signature = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
    return request(method, url, body or (b"" if method in ("PUT", "POST") else None),
                   {**headers, "Authorization": f"SharedKey {ACCOUNT}:{signature}"})


def cosmos(method, base, path, kind, link, body=None, headers=None, date=None):
    """A request to Cosmos DB signed by hand; `kind` and `link` are what is signed."""
    date = date or email.utils.formatdate(usegmt=True)
    text = f"{method.lower()}\n{kind}\n{link}\n{date.lower()}\n\n"
    signature = base64.b64encode(hmac.new(base64.b64decode(COSMOS_KEY), text.encode(), hashlib.sha256).digest()).decode()
    token = urllib.parse.quote(f"type=master&ver=1.0&sig={signature}", safe="")
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Type": "application/json"} if data is not None else {}
    return request(method, base + path, data, {**fields, "x-ms-date": date, "x-ms-version": "2018-12-31", "authorization": token, **(headers or {})})


_loop = None


def run(awaitable):
    """Runs a coroutine on the one loop that all asynchronous clients of the tests share."""
    global _loop
    _loop = _loop or asyncio.new_event_loop()
    asyncio.set_event_loop(_loop)
    return _loop.run_until_complete(awaitable)


def plain(value):
    """What a wrapper stands for."""
    if isinstance(value, Blocking):
        return value._target
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    return value


def settled(value):
    """The value of a call of an asynchronous client, waited for and wrapped where it is asynchronous itself."""
    async def wait(awaitable):
        return await awaitable
    if inspect.isawaitable(value) and not hasattr(value, "__aiter__"):
        value = run(wait(value))
    if hasattr(value, "__aiter__") and not hasattr(value, "__iter__"):
        return Pages(value)
    if ".aio" in type(value).__module__:
        return Blocking(value)
    if isinstance(value, tuple) and any(".aio" in type(item).__module__ for item in value):
        return tuple(settled(item) for item in value)
    return value


class Blocking:
    """An asynchronous client with the face of the synchronous one."""

    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        value = getattr(self._target, name)
        if not callable(value):
            return value
        def call(*arguments, **named):
            async def inside():
                return value(*map(plain, arguments), **{key: plain(item) for key, item in named.items()})
            return settled(run(inside()))
        return call

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        run(self._target.__aexit__(*reason) if hasattr(self._target, "__aexit__") else self._target.close())


class Pages:
    """An asynchronous iteration, element by element or page by page."""

    def __init__(self, target):
        self._target = target

    def __iter__(self):
        iterator = self._target.__aiter__()
        while True:
            try:
                yield settled(run(iterator.__anext__()))
            except StopAsyncIteration:
                return

    def __getattr__(self, name):
        return getattr(self._target, name)

    def by_page(self, *arguments, **named):
        return Pages(self._target.by_page(*arguments, **named))


class Clients:
    """Makes clients of one style, `sync` or `async`, for an emulator."""

    def __init__(self, emulator, style):
        self.emulator, self.style = emulator, style
        self._open = []

    def _module(self, name):
        return __import__(name + (".aio" if self.style == "async" else ""), fromlist=["_"])

    def make(self, module, name, *arguments, **named):
        kind = getattr(self._module(module), name)
        if self.style == "sync":
            client = kind(*arguments, **named)
            self._open.append(client)
            return client
        async def inside():
            return kind(*map(plain, arguments), **{key: plain(item) for key, item in named.items()})
        client = Blocking(run(inside()))
        self._open.append(client)
        return client

    def of(self, module, name, factory, *arguments, **named):
        """A client that a class method makes, such as `from_connection_string`."""
        kind = getattr(self._module(module), name)
        if self.style == "sync":
            client = getattr(kind, factory)(*arguments, **named)
        else:
            async def inside():
                return getattr(kind, factory)(*map(plain, arguments), **{key: plain(item) for key, item in named.items()})
            client = Blocking(run(inside()))
        self._open.append(client)
        return client

    def blobs(self, **named):
        return self.of("azure.storage.blob", "BlobServiceClient", "from_connection_string", self.emulator.connection_string,
                       retry_total=0, **named)

    def queues(self, **named):
        return self.of("azure.storage.queue", "QueueServiceClient", "from_connection_string", self.emulator.connection_string,
                       retry_total=0, **named)

    def cosmos(self, **named):
        return self.make("azure.cosmos", "CosmosClient", self.emulator.url("cosmos"), COSMOS_KEY, **named)

    def credential(self, name="ManagedIdentityCredential", **named):
        return self.make("azure.identity", name, **named)

    def vault(self, credential=None, **named):
        return self.make(
            "azure.keyvault.secrets", "SecretClient", self.emulator.url("vault", secure=True),
            credential or self.credential(), verify_challenge_resource=False, connection_verify=self.emulator.authority,
            **named)

    def close(self):
        for client in reversed(self._open):
            with contextlib.suppress(Exception):
                client.close()
