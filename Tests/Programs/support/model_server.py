"""A small OpenAI-compatible server that stands in as the language model, with every way of going wrong.

The last user message's question chooses the behaviour: it contains one of the words below.
"""
import http.server, json, re, threading, time


class ModelServer:
    def __init__(self):
        # Questions to be answered; titles, summaries and rewritten questions are asides.
        self.requests, self.asides = [], []
        self.authorizations = []
        # Header fields of the questions.
        self.headers = []
        self.seen = set()
        self.closed_early = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                is_aside = body["messages"][0]["content"].startswith(("Give the conversation", "Sum up", "Rewrite"))
                (outer.asides if is_aside else outer.requests).append(body)
                if not is_aside:
                    outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                outer.authorizations.append(self.headers.get("Authorization"))
                outer.answer(self, body["messages"][-1]["content"].rsplit("Question:", 1)[-1])

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, question):
        if "REFUSE" in question:
            return self.fail(handler, 400, "invalid_request")
        if "FLAKY" in question and question not in self.seen:
            self.seen.add(question)
            return self.fail(handler, 503, "overloaded")
        if "OVERLOADED" in question:
            return self.fail(handler, 503, "overloaded")
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            if "ENDLESS" in question:
                for index in range(2000):
                    self.send(handler, {"content": f"word{index} "})
                    time.sleep(0.05)
            elif "SLOWLY" in question:
                for index in range(int(re.search(r"SLOWLY (\d+)", question).group(1))):
                    self.send(handler, {"content": f"word{index} "})
                    time.sleep(0.05)
                self.send(handler, {}, "stop")
            elif "STALL" in question:
                self.send(handler, {"content": "It begins "})
                time.sleep(45)
            elif "CUT" in question:
                self.send(handler, {"content": "It begins "})
                handler.connection.close()
            elif "LENGTH" in question:
                self.send(handler, {"content": "Too long"}, "length")
            elif "GARBAGE" in question:
                handler.wfile.write(b"data: {not json\n\n")
            else:
                for piece in ["The plan covers it ", "[1", "]. Nothing ", "[9]", "supports [2", ", 77] this."]:
                    self.send(handler, {"content": piece})
                self.send(handler, {}, "stop")
                handler.wfile.write(b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7}}\n\n')
            handler.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.closed_early.set()

    @staticmethod
    def send(handler, delta, reason=None):
        chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        handler.wfile.flush()

    @staticmethod
    def fail(handler, status, code):
        body = json.dumps({"error": {"code": code, "message": "no"}}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
