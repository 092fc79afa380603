"""A mixed load with faults and kills leaves every program as it was: descriptors, threads, memory, disk.

`make test-long` lets it run for half an hour and prints the table; `make test` for a quarter of a minute, in which only what
leaks at once shows. APUS_SOAK_SECONDS sets the time.
"""
import contextlib, os, random, signal, socket, threading, time

import pytest

import stack as stacks

SECONDS = float(os.environ.get("APUS_SOAK_SECONDS", "15"))
# Memory and disk settle only after many rounds of everything.
IS_LONG = SECONDS >= 600
# Callers at once, and the connections that they leave in pools: each to two services.
CALLERS = 6
POOL = 2 * CALLERS
KILLED = ["chat", "upload", "history", "account", "document-reader", "vm-server", "azure-emulator"]
FAULTS = [
    {"service": "blob", "status": 503, "count": 3}, {"service": "queue", "status": 500, "count": 2},
    {"service": "cosmos", "status": 429, "count": 3}, {"service": "blob", "cut": "body", "count": 2},
]


class Load:
    """Callers of every kind until `stop` is set. What is refused or cut is meant to be; an answer of 500 is not."""

    def __init__(self, stack):
        self.stack, self.stop = stack, threading.Event()
        self.counts, self.wrong, self.lock = {}, [], threading.Lock()
        self.upset_until = 0

    def note(self, kind, answer=None):
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if answer is not None and answer.status == 500 and time.time() > self.upset_until:
                self.wrong.append((kind, answer.body[:300]))

    def raw(self, head, body=b"", pause=0.0, read=0):
        """Sends bytes as they are and leaves, after `read` bytes of an answer."""
        with socket.create_connection(("127.0.0.1", self.stack.port), timeout=10) as connection:
            connection.sendall(head)
            for start in range(0, len(body), 7 if pause else 65536):
                connection.sendall(body[start:start + (7 if pause else 65536)])
                time.sleep(pause)
            if read:
                connection.recv(read)

    def once(self, chance):
        stack, number = self.stack, chance.randrange(1 << 30)
        host = f"Host: 127.0.0.1:{stack.port}\r\n".encode()
        kind = chance.choice(["ask", "upload", "refused", "cut upload", "slow upload", "cut answer", "list", "malformed"])
        if kind == "ask":
            self.note(kind, stack.ask(f"What does depot {number % 9} keep?"))
        elif kind == "upload":
            name, text = chance.choice([
                (f"{number}.txt", f"Depot {number} keeps ledgers.\n" * 40), (f"{number}.md", f"# Depot {number}\n\n* ledgers\n"),
                (f"{number}.html", f"<h1>Depot {number}</h1><p>It keeps <b>ledgers</b>.</p>"), (f"{number}.pdf", "%PDF-1.4 damaged")])
            answer = stack.upload(name, text.encode())
            self.note(kind, answer)
            if answer.status == 202 and chance.random() < 0.8:
                time.sleep(chance.random())
                self.note("delete", stack.call("DELETE", "/api/documents/" + answer.json["documents"][0]["id"]))
        elif kind == "refused":
            self.note(kind, chance.choice([
                lambda: stack.upload("a.txt", b""), lambda: stack.upload("a.exe", b"MZ\0\0" * 100),
                lambda: stack.call("POST", "/api/chat", {"message": ""}), lambda: stack.call("GET", "/api/documents/none")])())
        elif kind == "cut upload":
            self.raw(b"POST /api/upload?name=a.txt HTTP/1.1\r\n" + host + b"Content-Length: 4000000\r\n\r\n", b"x" * 300_000)
            self.note(kind)
        elif kind == "slow upload":
            self.raw(b"POST /api/upload?name=a.txt HTTP/1.1\r\n" + host + b"Content-Length: 400\r\n\r\n", b"x" * 70, pause=0.05)
            self.note(kind)
        elif kind == "cut answer":
            body = b'{"message":"What does the depot keep?"}'
            self.raw(b"POST /api/chat HTTP/1.1\r\n" + host + b"Accept: text/event-stream\r\nContent-Type: application/json\r\n"
                     + b"Content-Length: %d\r\n\r\n" % len(body), body, read=20)
            self.note(kind)
        elif kind == "list":
            answer = stack.call("GET", "/api/history?limit=200")
            self.note(kind, answer)
            for chat in answer.json.get("chats", [])[5:] if answer.status == 200 else []:
                self.note("delete", stack.call("DELETE", "/api/history/" + chat["id"]))
        else:
            self.raw(chance.choice([b"GET / HTTP/1.1\r\n", b"GET  / HTTP/1.1\r\n" + host + b"\r\n", b"\0" * 100]), read=1)
            self.note(kind)

    def caller(self, seed):
        chance = random.Random(seed)
        while not self.stop.is_set():
            # A part that was killed answers nobody for a moment.
            with contextlib.suppress(OSError, ValueError):
                self.once(chance)

    def trouble(self):
        chance = random.Random(99)
        while not self.stop.wait(max(2.0, min(15.0, SECONDS / 8))):
            self.upset_until = time.time() + 30
            if chance.random() < 0.5:
                pid = self.stack.processes().get(chance.choice(KILLED))
                if pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    self.note("kill")
            else:
                with contextlib.suppress(OSError):
                    self.stack.emulator_admin("POST", "faults", chance.choice(FAULTS))
                    self.note("fault")

    def run(self, seconds):
        threads = [threading.Thread(target=self.caller, args=(seed,)) for seed in range(CALLERS)]
        threads.append(threading.Thread(target=self.trouble))
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.stop.set()
        for thread in threads:
            thread.join()


def rest(stack):
    """Leaves nothing behind, and waits until the programs do nothing any more."""
    with contextlib.suppress(OSError):
        stack.emulator_admin("DELETE", "faults")
    end = time.time() + 120
    while time.time() < end:
        with contextlib.suppress(OSError):
            if stack.call("GET", "/health", timeout=20).status == 200:
                break
        time.sleep(0.2)
    for kind, path in [("documents", "/api/documents"), ("chats", "/api/history")]:
        while left := stack.call("GET", path + "?limit=200").json[kind]:
            for entry in left:
                assert stack.call("DELETE", f"{path}/{entry['id']}", timeout=120).status in (200, 404)
    time.sleep(60 if IS_LONG else 5)


def measure(stack):
    """Sockets, other descriptors, threads and private memory of each program, and the bytes of the data folder."""
    found = {}
    for name, pid in stack.processes().items():
        if name == "document-reader":
            continue
        with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
            memory = sum(int(line.split()[1]) for line in file if line.startswith(("Private_", "Anonymous")))
            opened = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
            sockets = sum(target.startswith("socket:") for target in opened)
            found[name] = {
                "sockets": sockets, "files": len(opened) - sockets, "threads": len(os.listdir(f"/proc/{pid}/task")), "KiB": memory}
    bytes_ = sum(
        os.lstat(os.path.join(folder, name)).st_blocks * 512
        for folder, _, names in os.walk(stack.data) for name in names if name != "log.txt" and os.path.lexists(os.path.join(folder, name)))
    return found, bytes_


@pytest.mark.long
def test_a_mixed_load_with_faults_and_kills_leaves_everything_as_it_was(tmp_path):
    stack = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        stack.start()
        # Caches, pools and tables grow to their size first.
        Load(stack).run(max(8.0, SECONDS / 6))
        rest(stack)
        before, disk_before = measure(stack)
        load = Load(stack)
        load.run(SECONDS)
        rest(stack)
        after, disk_after = measure(stack)
        print(f"\n{SECONDS:.0f} s of load: " + ", ".join(f"{count} {kind}" for kind, count in sorted(load.counts.items())))
        for name in sorted(before):
            print(f"  {name:18} " + ", ".join(f"{k} {before[name][k]} -> {after.get(name, {}).get(k)}" for k in before[name]))
        print(f"  data folder        {disk_before >> 10} KiB -> {disk_after >> 10} KiB")
        assert not load.wrong, load.wrong[:5]
        assert set(after) == set(before)
        for name, values in before.items():
            # Connections are kept for the next question, and a part that was killed shortly before has few yet: a pool's
            # worth more is no leak, one for each of the hundreds of calls is.
            assert after[name]["sockets"] <= values["sockets"] + POOL, (name, values, after[name])
            assert after[name]["files"] <= values["files"] * 1.02 + 4, (name, values, after[name])
            assert after[name]["threads"] <= values["threads"] * 1.02 + 4, (name, values, after[name])
            if IS_LONG:
                assert after[name]["KiB"] <= values["KiB"] * 1.02 + 1024, (name, values, after[name])
        if IS_LONG:
            assert disk_after <= disk_before * 1.02 + (4 << 20), (disk_before, disk_after)
    finally:
        stack.remove()
