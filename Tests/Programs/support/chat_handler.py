"""Chat handlers beside a running stack: the same stores, other settings."""
import json, os, signal, subprocess, tempfile, time

import ports
from stack import ROOT, parse_events, request


class ChatHandler:
    """The chat app's executable by itself, on the stores of a stack."""

    def __init__(self, stack, environment):
        with open(f"/proc/{stack.processes()['chat']}/environ", "rb") as file:
            inherited = dict(entry.split("=", 1) for entry in file.read().decode().split("\0") if "=" in entry)
        for name in list(inherited):
            if name.startswith(("APUS_MODEL", "OPENAI_", "APUS_ANSWER", "APUS_PRESET")):
                del inherited[name]
        self.port = ports.take()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = os.path.join(stack.data, f"chat-{self.port}.txt")
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [os.path.join(ROOT, ".build", "apps", "chat", "handler")], stdout=self.log, stderr=subprocess.STDOUT,
            env={**inherited, "FUNCTIONS_CUSTOMHANDLER_PORT": str(self.port), "APUS_ANSWER_CACHE": "0", **environment}, start_new_session=True)
        end = time.time() + 20
        while True:
            try:
                if self.call("GET", "/api/health").status == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.time() > end:
                raise RuntimeError("the handler did not start: " + self.read_log())
            time.sleep(0.05)

    def read_log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def close(self):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
            self.process.wait(20)

    def call(self, method, path, data=None, headers=None, timeout=60):
        return request(method, self.url + path, data, headers, timeout)

    def ask(self, question, **fields):
        return self.call("POST", "/api/ask", {"question": question, **fields})

    def chat_stream(self, message, **fields):
        answer = self.call("POST", "/api/chat", {"message": message, **fields}, {"Accept": "text/event-stream"})
        return parse_events(answer.body.decode())

    def complete(self, model, content="Hello?", **fields):
        """One answer of a model without streaming, over the OpenAI-compatible face."""
        return self.call("POST", "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": content}], **fields})


class SettingsFile:
    """A file of per-model settings."""

    def __init__(self, models):
        self.models = models

    def __enter__(self):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump({"models": self.models}, self.file)
        self.file.flush()
        self.path = self.file.name
        return self

    def __exit__(self, *error):
        self.file.close()
