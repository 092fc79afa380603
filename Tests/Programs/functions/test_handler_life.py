"""The handler's start, end, restart and output (docs/reference/functions-custom-handlers.md, 6)."""
import os, re, signal, time

import pytest

from stack import request


@pytest.mark.section("6.3")
def test_calls_wait_for_a_handler_that_listens_late(make):
    app = make.app().http("a").behave(listen_after=1.5)
    app.output("a", {"res": {"body": "late"}})
    host = make.host(app)
    began = time.time()
    assert host.call("GET", "/api/a").body == b"late" and time.time() - began > 0.8


@pytest.mark.section("6.3")
@pytest.mark.parametrize("status", [404, 500])
def test_any_answer_counts_as_ready(make, status):
    app = make.app().http("a").answer("/", status=status)
    app.output("a", {"res": {"body": "x"}})
    assert make.host(app).call("GET", "/api/a").body == b"x"


@pytest.mark.section("6.3")
@pytest.mark.section("6.4")
def test_a_handler_that_never_listens_is_restarted_and_counted(make):
    app = make.app(handler={"initializationTimeout": "00:00:01"}).http("a").behave(never_listen=True)
    host = make.host(app, "--strict")
    assert host.ended(30) == 1
    assert len(app.starts) == 3 and "third time" in host.log


@pytest.mark.section("6.4")
def test_exit_code_zero_is_final(make):
    app = make.app("proxying").http("a").behave(exit_listening=[0.5, 0])
    host = make.host(app)
    host.until_log("code 0 and is not started again")
    assert host.call("GET", "/api/a").status == 503 and len(app.starts) == 1
    strict = make.app("proxying").http("a").behave(exit_listening=[0.5, 0])
    host = make.host(strict, "--strict")
    host.until_log("code 0 and is not started again")
    # After ten attempts to connect the real host gives up.
    assert host.call("GET", "/api/a").status in (500, 502) and len(strict.starts) == 1


@pytest.mark.section("6.4")
def test_exit_code_200_restarts_without_being_counted(make):
    app = make.app().http("a").behave(exit=200, exit_starts=6)
    app.output("a", {"res": {"body": "x"}})
    host = make.host(app, "--strict")
    assert host.call("GET", "/api/a").body == b"x" and len(app.starts) == 7


@pytest.mark.section("6.4")
@pytest.mark.parametrize("code", [1, 3, 255])
def test_the_third_crash_ends_the_host(make, code):
    app = make.app().http("a").behave(exit=code, stderr=["first", "second", "third", "fourth"])
    host = make.host(app, "--strict", wait=False)
    assert host.ended() == 1
    assert len(app.starts) == 3 and "restart limit is exceeded" in host.log
    # The last three lines of the error stream say why.
    assert "second | third | fourth" in host.log and f"code {code}" in host.log


@pytest.mark.section("6.4")
def test_without_strict_a_crashing_handler_is_started_again_with_pauses(make):
    app = make.app().http("a").behave(exit=1, exit_starts=4)
    app.output("a", {"res": {"body": "x"}})
    host = make.host(app)
    assert host.call("GET", "/api/a").body == b"x"
    assert len(app.starts) == 5 and app.starts[4]["time"] - app.starts[2]["time"] > 2


@pytest.mark.section("6.4")
def test_calls_fail_when_the_handler_dies_and_work_after_its_restart(make):
    app = make.app().http("a").http("b").answer("/a", exit=7)
    app.output("b", {"res": {"body": "x"}})
    host = make.host(app)
    answer = host.call("GET", "/api/a")
    assert answer.status == 500 and answer.body == b""
    # Until the host knows of the death, a call may meet a closed port.
    end = time.time() + 30
    while len(app.starts) < 2 and time.time() < end:
        time.sleep(0.05)
    assert host.call("GET", "/api/b").body == b"x"
    first, second = app.starts
    assert first["environment"]["FUNCTIONS_CUSTOMHANDLER_PORT"] == second["environment"]["FUNCTIONS_CUSTOMHANDLER_PORT"]
    assert first["environment"]["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] != second["environment"]["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"]


@pytest.mark.section("6.2")
@pytest.mark.parametrize("kind", ["missing", "mode", "format"])
def test_an_executable_that_cannot_be_started_is_reported_at_once(make, kind):
    app = make.app(handler={"description": {"defaultExecutablePath": "tool/run"}}).http("a")
    if kind != "missing":
        app.write("tool/run", "\x7fELF nonsense")
        os.chmod(app.path("tool/run"), 0o755 if kind == "format" else 0o644)
    host = make.host(app)
    host.until_log("cannot be started")
    began = time.time()
    assert host.call("GET", "/api/a").status == 503 and time.time() - began < 2
    host.until_log({"missing": "does not exist", "mode": "chmod", "format": "cannot start"}[kind])
    assert any("not running" in e for e in host.call("GET", "/admin/host/status").json["errors"])


@pytest.mark.section("1.7")
def test_function_timeout_kills_and_restarts(make):
    app = make.app(functionTimeout="00:00:01").http("slow").http("quick").answer("/slow", delay=30)
    app.output("quick", {"res": {"body": "x"}})
    host = make.host(app, "--strict")
    began = time.time()
    assert host.call("GET", "/api/slow").status == 500 and 0.9 < time.time() - began < 4
    for _ in range(3):
        # Not counted as an error, so the third does not end the host.
        assert host.call("GET", "/api/slow").status == 500
    assert host.call("GET", "/api/quick").body == b"x" and len(app.starts) == 5


@pytest.mark.section("6.5")
def test_shutdown_ends_the_handler(make):
    for options in ([], ["--strict"]):
        app = make.app().http("a")
        host = make.host(app, *options)
        host.call("GET", "/api/a")
        pid = app.starts[0]["pid"]
        assert host.stop() == 0
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_killed_host_leaves_no_handler_behind(make):
    app = make.app().http("a")
    host = make.host(app)
    host.call("GET", "/api/a")
    host.kill()
    end = time.time() + 5
    while os.path.exists(f"/proc/{app.starts[0]['pid']}/cmdline") and open(f"/proc/{app.starts[0]['pid']}/stat").read().split()[2] != "Z":
        assert time.time() < end
        time.sleep(0.02)


@pytest.mark.section("6.6")
def test_output_levels(make):
    app = make.app().http("a").behave(stdout=["plain out", "LanguageWorkerConsoleLog inner"], stderr=["plain err", "a Warning here"])
    host = make.host(app)
    host.until_log("a Warning here")
    log = host.log
    assert re.search(r"handler +plain out", log) and re.search(r"handler +ERROR plain err", log)
    assert re.search(r"handler +WARNING a Warning here", log) and "inner" not in log
    quiet = make.app(handler={"description": {**app.host_json["customHandler"]["description"], "useStdErrorStreamForErrorsOnly": False}}).http("a")
    quiet.behave(stderr=["just saying", "it FAILED"])
    log = make.host(quiet).until_log("it FAILED").log
    assert re.search(r"handler +just saying", log) and re.search(r"handler +ERROR it FAILED", log)


@pytest.mark.section("6.6")
def test_credentials_are_masked(make):
    app = make.app().http("a")
    app.host_json["customHandler"]["description"]["workerArguments"] = ["--storage", "AccountName=a;AccountKey=c2VjcmV0"]
    app.write("host.json", app.host_json)
    host = make.host(app, "--verbose")
    host.until_log("AccountKey=\\*\\*\\*")
    assert "c2VjcmV0" not in host.log


def test_reload_when_files_change(make):
    app = make.app().http("a")
    app.output("a", {"res": {"body": "one"}}).output("b", {"res": {"body": "two"}})
    host = make.host(app)
    assert host.call("GET", "/api/a").body == b"one" and host.call("GET", "/api/b").status == 404
    app.http("b")
    host.until(lambda: host.call("GET", "/api/b").status == 200)
    # What was counted goes on.
    assert 'functions_host_invocations_total{function="a",result="succeeded"} 1\n' in host.call("GET", "/metrics").body.decode()
    # While a file is broken the app says so, and it comes back by itself.
    good = open(app.path("host.json")).read()
    app.write("host.json", "{ nonsense")
    host.until(lambda: host.call("GET", "/api/a").status == 503)
    assert b"not valid JSON" in host.call("GET", "/api/a").body
    assert host.call("GET", "/admin/host/status").json["state"] == "Error"
    app.write("host.json", good)
    host.until(lambda: host.call("GET", "/api/a").status == 200)


@pytest.mark.section("1.7")
def test_app_offline(make):
    app = make.app().http("a")
    host = make.host(app)
    assert host.call("GET", "/api/a").status == 204
    assert host.call("PUT", "/admin/host/state", b'"nonsense"').status == 400
    assert host.call("PUT", "/admin/host/state", b'"Offline"').status == 202
    host.until(lambda: host.call("GET", "/api/a").status == 503)
    assert b"offline" in host.call("GET", "/").body
    assert host.call("GET", "/admin/host/status").json["state"] == "Offline"
    assert host.call("PUT", "/admin/host/state", b'"Running"').status == 202
    host.until(lambda: host.call("GET", "/api/a").status == 204)
