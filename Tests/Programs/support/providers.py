"""A server that plays scripted answers, byte for byte, and remembers what it was asked."""
import json, socket, threading, time


class Script:
    """One answer: a head, pieces of the body, and how it ends."""

    def __init__(self, pieces=(), status=200, content_type="text/event-stream", headers=(), pause=0.0, stall=None, cut=False, reset=False, endless=None):
        self.pieces = [p.encode() if isinstance(p, str) else p for p in ([pieces] if isinstance(pieces, (str, bytes)) else pieces)]
        self.status, self.content_type, self.headers = status, content_type, dict(headers)
        self.pause, self.stall, self.cut, self.reset, self.endless = pause, stall, cut, reset, endless


def sse(*objects, done=False):
    return ["data: " + (o if isinstance(o, str) else json.dumps(o)) + "\n\n" for o in objects] + (["data: [DONE]\n\n"] if done else [])


def openai_text(*texts, reason="stop", usage=(11, 7)):
    chunks = [{"choices": [{"index": 0, "delta": {"content": t}, "finish_reason": None}]} for t in texts]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    if usage:
        chunks.append({"choices": [], "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}})
    return sse(*chunks, done=True)


def openai_calls(*calls):
    """Tool calls (name, arguments as text) in the pieces in which OpenAI sends them."""
    chunks = []
    for index, (name, arguments) in enumerate(calls):
        chunks.append({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}]}}]})
        for piece in (arguments[:5], arguments[5:]):
            chunks.append({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}}]})
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return sse(*chunks, done=True)


def is_aside(body):
    """Titles, summaries and rewritten questions."""
    text = json.dumps(body)
    return any(f'"{w}' in text for w in ("Give the conversation a title", "Sum up the conversation", "Rewrite the user"))


class Provider:
    """Answers requests with the scripts given, the last one for ever; side requests get `aside`."""

    def __init__(self):
        self.scripts, self.requests, self.asides, self.closed = [], [], [], []
        self.aside = Script(openai_text("An aside"))
        self.by_path = {}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def play(self, *scripts):
        with self.lock:
            self.scripts, self.requests, self.asides, self.closed = list(scripts), [], [], []

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                while self.exchange(connection):
                    pass
            except OSError:
                self.closed.append(time.time())

    def exchange(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return False
            data += piece
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        method, path, _ = lines[0].split(" ")
        fields = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
        while len(body) < int(fields.get("content-length", 0)):
            body += connection.recv(65536)
        content = json.loads(body) if body else None
        request = {"method": method, "path": path, "fields": fields, "body": content}
        with self.lock:
            if path.split("?")[0] in self.by_path:
                script = self.by_path[path.split("?")[0]]
            elif content is not None and is_aside(content):
                self.asides.append(request)
                script = self.aside
            else:
                self.requests.append(request)
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        return self.answer(connection, script(request) if callable(script) else script)

    def answer(self, connection, script):
        if script.reset and not script.pieces:
            return self.abort(connection)
        head = f"HTTP/1.1 {script.status} X\r\nContent-Type: {script.content_type}\r\nTransfer-Encoding: chunked\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in script.headers.items())
        connection.sendall(head.encode() + b"\r\n")
        for piece in script.pieces:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            if script.pause:
                time.sleep(script.pause)
        while script.endless:
            connection.sendall(b"%x\r\n%s\r\n" % (len(script.endless), script.endless))
            time.sleep(script.pause)
        if script.stall:
            time.sleep(script.stall)
        if script.reset:
            return self.abort(connection)
        if script.cut:
            return False
        connection.sendall(b"0\r\n\r\n")
        return True

    @staticmethod
    def abort(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return False
