"""Requests that no server of ours takes: the list that the Swift tests use too, and what a refusal looks like."""
import json, os, re, socket

with open(os.path.join(os.path.dirname(__file__), "malformed_requests.json"), encoding="ascii") as file:
    # Name, the status that refuses it, the request; characters stand for bytes.
    REQUESTS = json.load(file)
HIDDEN = "hidden"


def bytes_of(template, path="/"):
    """What is sent: the request, and behind it one that nobody may answer."""
    text = template.replace("{next}", "GET {path}?" + HIDDEN + " HTTP/1.1\r\nHost: {host}\r\n\r\n")
    text = text.replace("{path}", path).replace("{host}", "127.0.0.1")
    return re.sub(r"\{repeat:(\d+):([^}]*)\}", lambda found: found[2] * int(found[1]), text).encode("latin-1")


def answer_to(port, data, wrap=None, limit=30):
    """Sends bytes as they are and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.settimeout(limit)
        with wrap(plain) if wrap else plain as peer:
            peer.sendall(data)
            if wrap is None:
                peer.shutdown(socket.SHUT_WR)
            got = b""
            try:
                while piece := peer.recv(65536):
                    got += piece
            except OSError:
                pass
            return got


def faults(port, path="/", wrap=None):
    """Those that a server does not refuse by exactly one answer of the right status and the end of the connection."""
    wrong = []
    # Long ones come in several records of TLS, and what is behind the first may come after the answer.
    requests = REQUESTS if wrap is None else [entry for entry in REQUESTS if "{repeat:" not in entry[2]]
    for name, status, template in requests:
        answer = answer_to(port, bytes_of(template, path), wrap)
        if not answer.startswith(b"HTTP/1.1 %d " % status) or answer.count(b"HTTP/1.1 ") != 1:
            wrong.append((name, answer[:200]))
    return wrong
