"""Starts and stops vector services for tests: ours alone, and Chroma's own server to compare with."""
import contextlib, os, shutil, signal, subprocess, sys, tempfile, time

import ports
from stack import PROGRAMS, request


class Service:
    """A server with a data folder of its own; ended exactly."""

    def __init__(self, data=None):
        self.data = data or tempfile.mkdtemp(prefix="apus-vectors-")
        self.process = None
        self.port = ports.take()

    def command(self):
        raise NotImplementedError

    scheme = "http"

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def collections(self):
        return self.url + "/api/v2/tenants/default_tenant/databases/default_database/collections"

    def start(self, limit=60):
        self.log = open(self.data + ".log", "ab")
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.time() + limit
        while time.time() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{type(self).__name__} ended: " + self.read_log()[-2000:])
            with contextlib.suppress(OSError):
                if self.is_up():
                    return self
            time.sleep(0.005)
        raise RuntimeError(f"{type(self).__name__} does not answer: " + self.read_log()[-2000:])

    def is_up(self):
        return request("GET", self.url + "/api/v2/heartbeat", timeout=5).status == 200

    def read_log(self):
        with open(self.data + ".log", errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        return self.process.returncode if self.process else None

    def remove(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.remove(self.data + ".log")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    # Short ways to the API

    def call(self, method, path, body=None, headers=None, timeout=60):
        return request(method, self.url + path, body, headers, timeout)

    def make(self, name, **fields):
        answer = request("POST", self.collections, {"name": name, **fields})
        assert answer.status == 200, answer.body
        return answer.json

    def post(self, collection, action, body, timeout=60):
        return request("POST", f"{self.collections}/{collection}/{action}", body, timeout=timeout)


class Apus(Service):
    """`vm-server --vectors-only` with options of choice."""

    def __init__(self, *options, data=None):
        super().__init__(data)
        self.options = options

    def command(self):
        return [os.path.join(PROGRAMS, "vm-server"), "--vectors-only", "--no-embeddings", "--data", self.data,
                "--vectors-port", str(self.port), *self.options]

    def maintain(self, *options):
        """Runs the program for its maintenance; returns code and output."""
        done = subprocess.run([os.path.join(PROGRAMS, "vm-server"), "--data", self.data, *options],
                              capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout + done.stderr


class Chroma(Service):
    """Chroma's own server of the installed version."""

    def command(self):
        return [os.path.join(os.path.dirname(sys.executable), "chroma"), "run", "--path", self.data, "--port", str(self.port)]
