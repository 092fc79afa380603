"""A new version of the machine's program takes over without a request being lost: its sockets stay open."""
import os, signal, socket, subprocess, threading, time

import pytest

import ports
import stack as stacks
from stack import PROGRAMS, request


class Manager:
    """Holds a listening socket as systemd does, and starts the program over it."""

    def __init__(self, data):
        self.data = data
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        descriptor = self.socket.fileno()
        # The program's own process id has to be in LISTEN_PID, and the socket has to be descriptor 3.
        script = f'exec 3<&{descriptor}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "-", f"{PROGRAMS}/vm-server", "--vectors-only", "--no-embeddings", "--data", self.data,
             "--vectors-port", str(self.port)], pass_fds=[descriptor], stderr=subprocess.DEVNULL)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(20)


@pytest.fixture
def manager(tmp_path):
    manager = Manager(str(tmp_path))
    manager.start()
    yield manager
    manager.stop()
    manager.socket.close()


def test_no_request_is_lost_while_the_program_is_exchanged(manager):
    assert request("GET", manager.url + "/api/v2/heartbeat").status == 200
    stop, outcomes = threading.Event(), []

    def callers():
        while not stop.is_set():
            try:
                outcomes.append(request("GET", manager.url + "/api/v2/heartbeat", timeout=20).status)
            except OSError as error:
                outcomes.append(error)

    threads = [threading.Thread(target=callers) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.4)
        manager.stop()
        # Nobody is there for a moment; callers wait in the socket's queue.
        time.sleep(0.3)
        manager.start()
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(outcomes) > 100 and set(outcomes) == {200}, [o for o in outcomes if o != 200][:5]


def test_a_socket_for_another_process_or_port_is_left_alone(tmp_path):
    port = ports.take()
    environment = {**os.environ, "LISTEN_PID": "1", "LISTEN_FDS": "1"}
    process = subprocess.Popen(
        [f"{PROGRAMS}/vm-server", "--vectors-only", "--no-embeddings", "--data", str(tmp_path), "--vectors-port", str(port)],
        env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                assert request("GET", f"http://127.0.0.1:{port}/api/v2/heartbeat").status == 200
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise AssertionError("it does not listen by itself")
    finally:
        process.terminate()
        process.wait(20)
