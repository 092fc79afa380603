"""A custom handler of Python's standard library that does what its files say.

Started in an app's root: behaviour.json tells how it lives, answers.json (read at each request) what it answers by
path. Every request goes to requests.jsonl, every start to starts.jsonl.
"""
import base64, http.server, json, os, socket, sys, threading, time

ROOT = os.environ["FUNCTIONS_APP_ROOT_PATH"]


def load(name):
    try:
        with open(os.path.join(ROOT, name)) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def note(name, entry):
    with open(os.path.join(ROOT, name), "a") as file:
        file.write(json.dumps(entry) + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            result = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                result += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return result
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def handle_any(self):
        path = self.path.split("?")[0]
        answer = load("answers.json").get(path, {})
        if answer.get("upgrade"):
            return self.upgrade(answer["upgrade"])
        body = b"" if answer.get("ignore_body") else self.body()
        if path != "/":
            note("requests.jsonl", {"method": self.command, "path": self.path, "headers": self.headers.items(),
                                    "body": base64.b64encode(body).decode(), "time": time.time(), "pid": os.getpid()})
        if "exit" in answer:
            os._exit(answer["exit"])
        if "fail_times" in answer:
            done = sum(1 for line in open(os.path.join(ROOT, "requests.jsonl")) if json.loads(line)["path"] == self.path)
            answer = answer["failure"] if done <= answer["fail_times"] else answer["success"]
        time.sleep(answer.get("delay", 0))
        if "raw" in answer:
            self.wfile.write(base64.b64decode(answer["raw"]))
            self.wfile.flush()
            self.close_connection = True
            if answer.get("hold"):
                time.sleep(answer["hold"])
            return
        standard = {} if "json" in answer else {"Content-Type": "text/plain"}
        content = base64.b64decode(answer["body64"]) if "body64" in answer else str(answer.get("body", "hello")).encode()
        if "json" in answer or self.command == "POST" and path.count("/") == 1 and "body" not in answer and "body64" not in answer:
            standard, content = {"Content-Type": "application/json"}, json.dumps(answer.get("json", {})).encode()
        self.send_response(answer.get("status", 200))
        for name, value in {**standard, **answer.get("headers", {})}.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name, each)
        if "stream" in answer:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for pause, text in answer["stream"] * answer.get("repeat", 1):
                time.sleep(pause)
                data = text.encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            if answer.get("cut"):
                self.close_connection = True
                return
            self.wfile.write(b"0\r\n\r\n")
            return
        if "Content-Length" not in answer.get("headers", {}) and answer.get("status", 200) not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def upgrade(self, protocol):
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", protocol)
        self.end_headers()
        while line := self.rfile.readline():
            self.wfile.write(line.upper())
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def main():
    behaviour = load("behaviour.json")
    note("starts.jsonl", {"arguments": sys.argv[1:], "environment": dict(os.environ), "directory": os.getcwd(), "pid": os.getpid(), "time": time.time()})
    starts = sum(1 for _ in open(os.path.join(ROOT, "starts.jsonl")))
    for line in behaviour.get("stdout", []):
        print(line, flush=True)
    for line in behaviour.get("stderr", []):
        print(line, file=sys.stderr, flush=True)
    if "exit" in behaviour and starts <= behaviour.get("exit_starts", 1 << 30):
        time.sleep(behaviour.get("exit_after", 0))
        os._exit(behaviour["exit"])
    time.sleep(behaviour.get("listen_after", 0))
    if behaviour.get("never_listen"):
        time.sleep(3600)
    server = Server(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler)
    if "exit_listening" in behaviour:
        threading.Timer(behaviour["exit_listening"][0], lambda: os._exit(behaviour["exit_listening"][1])).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
