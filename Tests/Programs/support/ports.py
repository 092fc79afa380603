"""Ports for the servers of tests, which run side by side: no two processes are ever handed the same one.

A range is claimed by locking a file, and the lock ends with the process that holds it, however that ends. The ranges lie
outside those that the kernel gives to outgoing connections, so that none of these can take a port between its being
handed out and its server's start. Within a process no port is handed out twice.
"""
import contextlib, fcntl, os, socket, tempfile

RANGE = 100
_locks, _next, _end = [], 0, 0


def _bases():
    """Where ranges begin: above the ports that the product uses by default, not where the kernel takes its own, and first
    those below 20,000, where commands of `apus` begin to look for ports that they need for a moment."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            low, high = map(int, file.read().split())
    except OSError:
        low, high = 32768, 60999
    outside = [base for base in range(12_000, 65_000, RANGE) if base + RANGE <= low or base > high]
    return outside if len(outside) > 20 else list(range(12_000, 65_000, RANGE))


def _claim():
    """Locks a range that no other process has."""
    folder = os.path.join(tempfile.gettempdir(), "apus-test-ports")
    os.makedirs(folder, exist_ok=True)
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o1777)
    for base in _bases():
        with contextlib.suppress(OSError):
            lock = open(os.path.join(folder, str(base)), "a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            _locks.append(lock)
            return base
    raise RuntimeError("every range of ports for tests is taken")


def _is_free(port):
    """Whether no server listens there that these locks know nothing of."""
    with socket.socket() as probe:
        # What is left of closed connections is no server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def take(count=1):
    """The first of `count` consecutive ports that are this process's from now on."""
    global _next, _end
    while True:
        if _next + count > _end:
            _next = _claim()
            _end = _next + RANGE
        base, _next = _next, _next + count
        if all(map(_is_free, range(base, base + count))):
            return base
