"""Another embedding model: refused, embedded again while the old one answers, taken over, old vectors gone."""
import base64, hashlib, http.server, json, os, struct, subprocess, threading

import pytest

import stack as stacks

PROGRAM = os.path.join(stacks.PROGRAMS, "apus")


class Embedder:
    """An OpenAI-compatible embeddings server: 64 values by hashed words."""

    def __init__(self):
        outer = self
        self.texts = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.texts += body["input"]
                data = [{"index": i, "embedding": base64.b64encode(struct.pack("<64f", *outer.vector(t))).decode()} for i, t in enumerate(body["input"])]
                answer = json.dumps({"data": data}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def vector(text):
        values = [0.01] * 64
        for word in "".join(c if c.isalnum() else " " for c in text.lower()).split():
            values[hashlib.sha256(word.encode()).digest()[0] % 64] += 1.0
        return values


@pytest.fixture
def embedder():
    embedder = Embedder()
    yield embedder
    embedder.server.shutdown()
    embedder.server.server_close()


def collections(apus):
    url = f"http://127.0.0.1:{apus.ports['vectors']}/api/v2/tenants/default/databases/apus/collections"
    return {c["name"]: (c["metadata"]["embedding_model"], c["dimension"]) for c in stacks.request("GET", url).json}


def test_the_model_is_changed_without_a_gap(embedder):
    apus = stacks.Stack({"APUS_MODELS": "extractive", "APUS_ANSWER_CACHE": "0"})
    new = {"APUS_EMBEDDINGS_URL": embedder.url, "APUS_EMBEDDINGS_MODEL": "hashed-words", "APUS_CHROMA_URL": f"http://127.0.0.1:{apus.ports['vectors']}"}

    def reembed():
        result = subprocess.run([PROGRAM, "reembed"], env={"PATH": "/usr/bin:/bin", **new}, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def asks(question, words):
        return words in apus.ask(question).json["text"]

    try:
        apus.start()
        assert "0 passages" in reembed()
        first = apus.upload("swifts.txt", b"The swifts of Lisbon return on the ninth of May.").json["documents"][0]["id"]
        gone = apus.upload("gone.txt", b"The storks of Seville have left for good.").json["documents"][0]["id"]
        for document in (first, gone):
            apus.wait_settled(document)
        # With the new model alone everything is refused, and the way out is named.
        apus.stop()
        apus.environment.update({k: v for k, v in new.items() if k != "APUS_CHROMA_URL"})
        apus.start()
        refused = apus.ask("When do the swifts of Lisbon return?")
        assert refused.status == 409 and "apus reembed" in refused.json["detail"]
        apus.stop()
        for name in ("APUS_EMBEDDINGS_URL", "APUS_EMBEDDINGS_MODEL"):
            del apus.environment[name]
        apus.start()
        assert asks("When do the swifts of Lisbon return?", "ninth of May")
        assert "restart them" in reembed() and "swifts\nThe swifts of Lisbon return on the ninth of May." in embedder.texts
        assert collections(apus) == {"passages": ("hashed-words", 64), "passages-before": ("all-MiniLM-L6-v2", 384)}
        # The old vectors answer until the restart, and documents still come and go.
        assert asks("When do the swifts of Lisbon return?", "ninth of May")
        late = apus.upload("late.txt", b"The herons of Porto nest in March.").json["documents"][0]["id"]
        apus.wait_settled(late)
        assert asks("When do the herons of Porto nest?", "March")
        apus.stop()
        apus.environment.update({k: v for k, v in new.items() if k != "APUS_CHROMA_URL"})
        apus.start()
        assert asks("When do the swifts of Lisbon return?", "ninth of May")
        assert "1 passages embedded. The collection is complete" in reembed()
        assert collections(apus) == {"passages": ("hashed-words", 64)}
        assert asks("When do the herons of Porto nest?", "March")
        assert apus.call("DELETE", "/api/documents/" + gone).json["passages"] == 1
        assert "0 passages embedded" in reembed()
    finally:
        apus.remove()
