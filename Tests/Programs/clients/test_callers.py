"""Callers that send what is no request, or send it slowly: every server of ours refuses the ones, and outlasts the others."""
import os, re, resource, socket, ssl, subprocess, tempfile, threading, time

import pytest

import malformed, ports
from stack import PROGRAMS, ROOT, request

# The host's apps are one program; what is behind them has a server of its own.
SERVERS = {
    "page": "/health", "vectors": "/api/v2/heartbeat", "chat": "/admin/host/ping", "upload": "/admin/host/ping", "history": "/admin/host/ping", "account": "/admin/host/ping",
    "blob": "/_emulator/health", "queue": "/_emulator/health", "cosmos": "/_emulator/health", "vault": "/_emulator/health", "identity": "/_emulator/health",
}


def port_of(stack, server):
    return stack.port if server == "page" else stack.ports[server]


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_no_request_is_refused_once(stack, server):
    assert len(malformed.REQUESTS) > 200
    assert malformed.faults(port_of(stack, server), SERVERS[server]) == []


@pytest.mark.parametrize("server", ["blob", "vault"])
def test_the_same_over_https(stack, server):
    context = ssl._create_unverified_context()
    assert malformed.faults(port_of(stack, server), SERVERS[server], lambda peer: context.wrap_socket(peer, server_hostname="localhost")) == []


class Backend:
    """A server that keeps what it is sent, and answers each request with nothing much."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.got = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    @staticmethod
    def is_whole(data):
        head, end, content = data.partition(b"\r\n\r\n")
        if b"chunked" in head.lower():
            return content.endswith(b"0\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head.lower())
        return bool(end) and len(content) >= int(length[1] if length else 0)

    def serve(self, peer):
        with peer:
            data = b""
            while not self.is_whole(data):
                piece = peer.recv(65536)
                if not piece:
                    return
                data += piece
            self.got.append(data)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


@pytest.fixture(scope="module")
def proxy():
    """A `vm-server` whose apps are a recorder."""
    backend = Backend()
    with tempfile.TemporaryDirectory() as data:
        port = ports.take(2)
        address = f"http://127.0.0.1:{backend.port}"
        environment = {**os.environ, "APUS_CHAT_URL": address, "APUS_UPLOAD_URL": address, "APUS_HISTORY_URL": address, "APUS_ACCOUNT_URL": address}
        server = subprocess.Popen(
            [os.path.join(PROGRAMS, "vm-server"), "--no-embeddings", "--data", os.path.join(data, "vectors"), "--web", os.path.join(ROOT, "web"),
             "--port", str(port), "--vectors-port", str(port + 1)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            end = time.time() + 20
            while time.time() < end:
                try:
                    request("GET", f"http://127.0.0.1:{port + 1}/api/v2/heartbeat")
                    break
                except OSError:
                    time.sleep(0.02)
            backend.page = port
            yield backend
        finally:
            server.terminate()
            server.wait(30)
            backend.listener.close()


def test_the_proxy_passes_on_nothing_that_is_malformed(proxy):
    before = len(proxy.got)
    assert malformed.faults(proxy.page, "/api/chat") == []
    assert proxy.got[before:] == []


@pytest.mark.parametrize("framing, body", [
    ("Content-Length: 5", b"hello"), ("Content-Length: 005", b"hello"), ("Transfer-Encoding: chunked", b"2;a=\"b\"\r\nhe\r\n3\r\nllo\r\n0\r\nT: v\r\n\r\n"),
    ("Transfer-Encoding: CHUNKED", b"5\r\nhello\r\n0\r\n\r\n"), ("Content-Length: 5\r\nConnection: x-own, content-length\r\nX-Own: 1", b"hello"),
])
def test_the_proxy_frames_what_it_passes_on_itself(proxy, framing, body):
    before = len(proxy.got)
    answer = malformed.answer_to(proxy.page, b"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + framing.encode() + b"\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    passed, = proxy.got[before:]
    head, _, content = passed.partition(b"\r\n\r\n")
    fields = [line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:]]
    framings = [(name, value.strip()) for name, value in fields if name in (b"content-length", b"transfer-encoding")]
    assert framings in ([(b"content-length", b"5")], [(b"transfer-encoding", b"chunked")]), passed
    assert content in (b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), passed


class Holder:
    """Connections that say the beginning of something, and then a byte now and then."""

    def __init__(self, port, count, beginning):
        self.peers = []
        for _ in range(count):
            peer = socket.create_connection(("127.0.0.1", port))
            peer.sendall(beginning)
            self.peers.append(peer)

    def drip(self):
        for peer in self.peers:
            try:
                peer.send(b"x", socket.MSG_DONTWAIT)
            except OSError:
                pass

    def open(self):
        """How many the server has not ended."""
        count = 0
        for peer in self.peers:
            try:
                while peer.recv(4096, socket.MSG_DONTWAIT):
                    pass
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def close(self):
        for peer in self.peers:
            peer.close()


def test_slow_callers_keep_nobody_out_and_are_cut(stack):
    """2,000 half-sent heads at the page and some at each other server, from the address that all others have too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    head, body = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", b"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n{"
    began = time.time()
    held = [Holder(port_of(stack, server), 2000 if server == "page" else 100, head) for server in SERVERS]
    held += [Holder(port_of(stack, server), 50, body) for server in SERVERS]
    try:
        while time.time() - began < 60 and any(holder.open() for holder in held):
            for server, path in SERVERS.items():
                asked = time.time()
                assert request("GET", f"http://127.0.0.1:{port_of(stack, server)}{path}", timeout=10).status == 200, server
                assert time.time() - asked < 5, server
            for holder in held:
                holder.drip()
            time.sleep(1)
        assert [holder.open() for holder in held] == [0] * len(held)
    finally:
        for holder in held:
            holder.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
