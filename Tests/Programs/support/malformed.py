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


def answer_to(port, data, wrap=lambda peer: peer, limit=30):
    """Sends bytes as they are and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.settimeout(limit)
        with wrap(plain) as peer:
            peer.sendall(data)
            if peer is plain:
                peer.shutdown(socket.SHUT_WR)
            got = b""
            try:
                while piece := peer.recv(65536):
                    got += piece
            except OSError:
                pass
            return got


def faults(port, path="/", wrap=lambda peer: peer):
    """Those that a server does not refuse by exactly one answer of the right status and the end of the connection."""
    wrong = []
    for name, status, template in REQUESTS:
        answer = answer_to(port, bytes_of(template, path), wrap)
        if not answer.startswith(b"HTTP/1.1 %d " % status) or answer.count(b"HTTP/1.1 ") != 1:
            wrong.append((name, answer[:200]))
    return wrong
