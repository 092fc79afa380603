"""Function apps for tests: roots made of files, and functions-host that serves them."""
import base64, contextlib, json, os, re, shutil, signal, subprocess, tempfile, time

import ports
from stack import PROGRAMS, request

HANDLER = os.path.join(os.path.dirname(__file__), "handlers", "scripted.py")
HTTP_OUT = {"type": "http", "direction": "out", "name": "res"}


def http_in(**fields):
    return {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", **fields}


class App:
    """An app's root with the scripted handler."""

    def __init__(self, mode="envelope", **host):
        self.root = tempfile.mkdtemp(prefix="apus-app-")
        handler = {"description": {"defaultExecutablePath": "/usr/bin/python3", "arguments": [HANDLER]}}
        if mode != "envelope":
            handler[{"proxying": "enableProxyingHttpRequest", "forwarding": "enableForwardingHttpRequest"}[mode]] = True
        handler.update(host.pop("handler", {}))
        self.host_json = {"version": "2.0", "customHandler": handler, **host}
        self.write("host.json", self.host_json)
        self.answers = {}

    def path(self, *names):
        return os.path.join(self.root, *names)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        temporary = self.path(name + ".tmp")
        with open(temporary, "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        os.replace(temporary, self.path(name))

    def function(self, name, *bindings, **fields):
        self.write(f"{name}/function.json", {"bindings": list(bindings), **fields})
        return self

    def http(self, name, output=HTTP_OUT, more=(), **fields):
        top = {key: fields.pop(key) for key in ("retry", "disabled") if key in fields}
        return self.function(name, http_in(**fields), output, *more, **top)

    def behave(self, **behaviour):
        self.write("behaviour.json", behaviour)
        return self

    def answer(self, path, **answer):
        self.answers[path] = answer
        self.write("answers.json", self.answers)
        return self

    def output(self, name, outputs, **rest):
        """The envelope that a function answers."""
        return self.answer("/" + name, json={"Outputs": outputs, **rest})

    def lines(self, name):
        with contextlib.suppress(FileNotFoundError):
            with open(self.path(name)) as file:
                return [json.loads(line) for line in file if line.endswith("\n")]
        return []

    @property
    def starts(self):
        return self.lines("starts.jsonl")

    @property
    def requests(self):
        result = self.lines("requests.jsonl")
        for entry in result:
            entry["body"] = base64.b64decode(entry["body"])
            entry["fields"] = {name.lower(): value for name, value in entry["headers"]}
        return result

    @property
    def envelopes(self):
        return [json.loads(entry["body"]) for entry in self.requests]

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)


class Host:
    """`functions-host start` for one app."""

    def __init__(self, app, *options, environment=None):
        self.app = app
        self.port = ports.take()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = app.path("host.log")
        inherited = {"PATH": "/usr/bin:/bin", "TZ": "UTC", **(environment or {})}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(PROGRAMS, "functions-host"), "start", "--root", f"{app.root}={self.port}", *options],
                stdout=log, stderr=subprocess.STDOUT, env=inherited, start_new_session=True)

    def wait(self, limit=20):
        end = time.time() + limit
        while time.time() < end:
            assert self.process.poll() is None, self.log
            with contextlib.suppress(OSError):
                if request("GET", self.url + "/admin/host/ping").status == 200:
                    return self
            time.sleep(0.005)
        raise AssertionError("functions-host does not answer: " + self.log)

    @property
    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def until_log(self, pattern, limit=15):
        end = time.time() + limit
        while not re.search(pattern, self.log):
            assert time.time() < end, f"{pattern} is not in the log: {self.log}"
            time.sleep(0.02)
        return self

    def until(self, condition, limit=20):
        end = time.time() + limit
        while not condition():
            assert time.time() < end, "it did not happen: " + self.log[-3000:]
            time.sleep(0.02)
        return self

    def call(self, method, path, body=None, headers=None, timeout=30):
        return request(method, self.url + path, body, headers, timeout)

    def ended(self, limit=30):
        return self.process.wait(limit)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.process.returncode


class Maker:
    """Makes apps and hosts and ends exactly those."""

    def __init__(self):
        self.made = []

    def app(self, *arguments, **fields):
        app = App(*arguments, **fields)
        self.made.append(app.remove)
        return app

    def host(self, app, *options, environment=None, wait=True):
        host = Host(app, *options, environment=environment)
        self.made.append(host.stop)
        return host.wait() if wait else host

    def end(self):
        for undo in reversed(self.made):
            undo()
