"""host.json, the handler's command line and local settings, against the real program (docs/reference/functions-custom-handlers.md, 1 and 8)."""
import json, os, shutil, sys

import pytest

from functions import HANDLER, HTTP_OUT, http_in
import ports


def failing(make, app, *parts, environment=None):
    """The host ends with a message that has every part."""
    host = make.host(app, wait=False, environment=environment)
    assert host.ended() == 1
    for part in parts:
        assert part in host.log, host.log


def started(make, app, **options):
    host = make.host(app, **options)
    host.until(lambda: app.starts)
    return host, app.starts[0]


@pytest.mark.section("1.1")
@pytest.mark.parametrize("content,parts", [
    ("{", ["host.json", "not valid JSON"]), ("[1]", ["host.json", "object"]), ('{"a": 1}', ["version is missing"]),
    ('{"version": "1.0"}', ["1.0", '"2.0"']), ('{"version": 2}', ['"2.0"']),
])
def test_faults_of_the_file(make, content, parts):
    app = make.app().http("a")
    app.write("host.json", content)
    failing(make, app, *parts)


@pytest.mark.section("1.1")
@pytest.mark.parametrize("content", [None, "{}"])
def test_a_missing_or_empty_file_has_the_standard_version(make, content):
    app = make.app().http("a", disabled=True)
    os.remove(app.path("host.json"))
    if content:
        app.write("host.json", content)
    # The version is not what it stumbles over: an app with functions needs a handler as well.
    failing(make, app, "no customHandler section")
    if content is None:
        assert json.load(open(app.path("host.json")))["version"] == "2.0"


@pytest.mark.section("1.1")
def test_lenient_json_and_names_without_case(make):
    app = make.app().http("a")
    app.write("host.json", "{ /* c */ 'VERSION': '2.0', // d\n \"CustomHandler\": {\"Description\": {\"DefaultExecutablePath\": \"python3\", \"arguments\": [\"%s\"],},}, \"later\": 1 }" % HANDLER)
    app.write("a/function.json", "{'bindings': [ {'type':'HttpTrigger','direction':'IN','name':'req','authLevel':'Anonymous'}, {'type':'HTTP','direction':'Out','name':'res'}, ] }")
    app.output("a", {"res": {"body": "fine"}})
    assert make.host(app).call("GET", "/api/a").body == b"fine"


@pytest.mark.section("1.2")
def test_no_description_and_no_executable_fail_differently(make):
    app = make.app().http("a")
    app.write("host.json", {"version": "2.0", "customHandler": {}})
    failing(make, app, "customHandler.description is missing")
    app.write("host.json", {"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": ""}}})
    failing(make, app, "defaultExecutablePath is missing")


@pytest.mark.section("1.2")
def test_an_app_without_functions_needs_no_handler(make):
    app = make.app()
    app.write("host.json", {"version": "2.0"})
    host = make.host(app)
    assert host.call("GET", "/").status == 200 and host.call("GET", "/api/a").status == 404
    host.until_log("none: a function is a folder")


@pytest.mark.section("1.2")
@pytest.mark.parametrize("worker_directory", [None, "bin", "absolute"])
def test_the_executable_is_joined_to_the_worker_directory_if_it_is_there(make, worker_directory):
    app = make.app().http("a")
    folder = app.path("bin") if worker_directory else app.root
    os.makedirs(folder, exist_ok=True)
    script = os.path.join(folder, "start")
    with open(script, "w") as file:
        file.write(f"#!/bin/sh\nexec /usr/bin/python3 {HANDLER} mine\n")
    os.chmod(script, 0o755)
    description = {"defaultExecutablePath": "start"}
    if worker_directory:
        description["workerDirectory"] = folder if worker_directory == "absolute" else "bin"
    app.write("host.json", {"version": "2.0", "customHandler": {"description": description}})
    _, start = started(make, app)
    assert start["arguments"] == ["mine"] and os.path.realpath(start["directory"]) == os.path.realpath(app.root)


@pytest.mark.section("1.2")
def test_a_runtime_is_found_on_the_path(make):
    app = make.app(handler={"description": {"defaultExecutablePath": "python3", "arguments": [HANDLER]}}).http("a")
    started(make, app)


@pytest.mark.section("1.3")
def test_argument_line(make):
    app = make.app(handler={"description": {
        "defaultExecutablePath": "%PY%", "defaultWorkerPath": HANDLER,
        "arguments": ["-X", "utf8"],
        "workerArguments": ["--listen", "%FUNCTIONS_CUSTOMHANDLER_PORT%", "--title", '"Swift notes"', "--a 1", "%UNSET%x", "a%20b%20c", "%OWN%"],
        "workingDirectory": "data"}}).http("a")
    os.mkdir(app.path("data"))
    _, start = started(make, app, environment={"PY": "/usr/bin/python3", "OWN": "mine"})
    port = start["environment"]["FUNCTIONS_CUSTOMHANDLER_PORT"]
    assert start["arguments"] == ["--listen", port, "--title", "Swift notes", "--a", "1", "x", "a20c", "mine"]
    assert os.path.realpath(start["directory"]) == os.path.realpath(app.path("data"))


@pytest.mark.section("1.2")
def test_an_absolute_working_directory(make, tmp_path):
    app = make.app()
    app.host_json["customHandler"]["description"]["workingDirectory"] = str(tmp_path)
    app.write("host.json", app.host_json)
    _, start = started(make, app.http("a"))
    assert os.path.realpath(start["directory"]) == os.path.realpath(tmp_path)


@pytest.mark.section("9.1")
@pytest.mark.parametrize("option,value", [("batchSize", 0), ("batchSize", 33), ("newBatchThreshold", -1), ("maxDequeueCount", 0), ("maxPollingInterval", "00:00:00.05"),
                                          ("visibilityTimeout", "-00:00:01"), ("messageEncoding", "utf8"), ("batchSize", "many")])
def test_limits_of_queue_options(make, option, value):
    failing(make, make.app(extensions={"queues": {option: value}}).http("a"), f"extensions.queues.{option} must be")


@pytest.mark.section("1.7")
@pytest.mark.parametrize("retry,part", [
    ({"strategy": "fixedDelay", "maxRetryCount": 1}, "delayInterval is missing"), ({"strategy": "fixedDelay", "delayInterval": "00:00:01"}, "maxRetryCount is missing"),
    ({"strategy": "sometimes", "maxRetryCount": 1}, "strategy must be"), ({"strategy": "fixedDelay", "maxRetryCount": -2, "delayInterval": "00:00:01"}, "maxRetryCount must be"),
    ({"strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": "-00:00:01"}, "negative"),
    ({"strategy": "exponentialBackoff", "maxRetryCount": 1, "minimumInterval": "00:00:02", "maximumInterval": "00:00:01"}, "above maximumInterval"),
])
def test_faults_of_retry_policies(make, retry, part):
    failing(make, make.app(retry=retry).http("a"), part)


@pytest.mark.section("2.1")
@pytest.mark.parametrize("name,is_valid", [("r", True), ("R9", True), ("a" * 128, True), ("a" * 129, False), ("9r", False), ("a-b", False), ("ä", False), ("$return", False)])
def test_names_of_bindings(make, name, is_valid):
    app = make.app().function("f", {**http_in(), "name": name}, HTTP_OUT)
    answer = make.host(app).call("GET", "/admin/functions/f/status")
    assert (answer.json == {}) == is_valid


@pytest.mark.section("2.1")
@pytest.mark.parametrize("name,is_valid", [("a", True), ("A-b_9", True), ("myhost", True), ("_a", False), ("Host", False), ("é", False)])
def test_names_of_functions(make, name, is_valid):
    import urllib.parse
    host = make.host(make.app().http(name))
    assert (host.call("GET", f"/admin/functions/{urllib.parse.quote(name)}/status").json == {}) == is_valid


@pytest.mark.section("1.7")
def test_watched_directories_restart(make):
    app = make.app(watchDirectories=["rules"]).http("a")
    app.write("rules/one.txt", "1")
    host = make.host(app)
    host.until(lambda: len(app.starts) == 1)
    app.write("rules/one.txt", "changed")
    host.until(lambda: len(app.starts) == 2)


@pytest.mark.section("6.1")
def test_environment_of_the_handler(make):
    app = make.app().http("a")
    app.write("local.settings.json", {"IsEncrypted": False, "Values": {"MINE": "1", "TAKEN": "file"}, "ConnectionStrings": {"L": "one"}})
    host, start = started(make, app, environment={"FUNCTIONS_CUSTOMHANDLER_PORT": "1", "TAKEN": "own"})
    environment = start["environment"]
    assert environment["FUNCTIONS_CUSTOMHANDLER_PORT"] == environment["FUNCTIONS_HTTPWORKER_PORT"] != "1"
    assert environment["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] == environment["FUNCTIONS_HTTPWORKER_ID"]
    assert len(environment["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"]) == 36
    assert environment["FUNCTIONS_APP_ROOT_PATH"] == environment["AzureWebJobsScriptRoot"] == app.root
    assert environment["FUNCTIONS_WORKER_RUNTIME"] == "custom" and environment["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"
    assert environment["WEBSITE_HOSTNAME"] == f"localhost:{host.port}"
    assert environment["MINE"] == "1" and environment["TAKEN"] == "own" and environment["ConnectionStrings:L"] == "one"
    host.until_log("TAKEN is skipped")


@pytest.mark.section("1.1")
def test_environment_overrides(make):
    app = make.app(extensions={"http": {"routePrefix": "api"}}).http("a")
    app.host_json["customHandler"]["description"]["workerArguments"] = ["kept"]
    app.write("host.json", app.host_json)
    host, start = started(make, app, environment={
        "AzureFunctionsJobHost__extensions__http__routePrefix": "v1",
        "AzureFunctionsJobHost__customHandler__description__arguments": json.dumps([HANDLER, "b", "c"])})
    assert start["arguments"] == ["b", "c", "kept"]
    assert host.call("GET", "/v1/a").status == 204 and host.call("GET", "/api/a").status == 404


@pytest.mark.section("1.2")
@pytest.mark.parametrize("port", [0, 70000, "x", -1])
def test_ports_that_are_none(make, port):
    failing(make, make.app(handler={"port": port}).http("a"), "customHandler.port must be")


@pytest.mark.section("1.2")
@pytest.mark.parametrize("kind", [int, str])
def test_a_fixed_port(make, kind):
    port = ports.take()
    app = make.app(handler={"port": kind(port)}).http("a")
    host, start = started(make, app)
    assert start["environment"]["FUNCTIONS_CUSTOMHANDLER_PORT"] == str(port)
    host.until_log(str(port))
    other = make.app(handler={"port": port}).http("a")
    failing(make, other, str(port), "in use")


@pytest.mark.section("1.4")
def test_profiles(make):
    app = make.app(configurationProfile="web-app-custom-handler")
    app.answer("/any/where", body="page")
    host = make.host(app)
    assert host.call("GET", "/any/where").body == b"page"
    failing(make, make.app(configurationProfile="nonsense"), "default, mcp-custom-handler, web-app-custom-handler")
    # The environment beats the file.
    failing(make, make.app(configurationProfile="default"), "configurationProfile is other",
            environment={"AzureFunctionsJobHost__configurationProfile": "other"})


@pytest.mark.section("1.5")
def test_custom_routes(make):
    routes = [{"route": "one"}, {"route": "x//y"}, {"route": "three", "authorizationLevel": "admin"}]
    app = make.app("proxying", handler={"http": {"routes": routes, "defaultAuthorizationLevel": "anonymous"}})
    host = make.host(app, "--enable-auth")
    for line in ["http-handler1: ", "http-handler2: left out", "http-handler3: "]:
        host.until_log(line)
    assert host.call("DELETE", "/api/one").status == 200 and host.call("GET", "/api/three").status == 401
    app.http("more")
    failing(make, app, "exclude each other")
    other = make.app(handler={"http": {"routes": routes}})
    failing(make, other, "FUNCTIONS_WORKER_RUNTIME", environment={"FUNCTIONS_WORKER_RUNTIME": "node"})


@pytest.mark.section("2.1")
def test_faults_of_one_function_leave_the_rest(make):
    app = make.app().http("good")
    app.output("good", {"res": {"body": "fine"}})
    app.write("broken/function.json", "{ nonsense")
    app.write("empty/function.json", {"bindings": []})
    app.function("two", http_in(), http_in(), HTTP_OUT)
    app.function("unknown", {"type": "sqlTrigger", "direction": "in", "name": "x"})
    app.function("9digits", http_in(), HTTP_OUT)
    app.function("host", http_in(), HTTP_OUT)
    app.function("under", {**http_in(), "name": "a_b"}, HTTP_OUT)
    app.function("returned", http_in(), {"type": "http", "direction": "out", "name": "$return"})
    os.mkdir(app.path("ignored"))
    host = make.host(app)
    assert host.call("GET", "/api/good").body == b"fine"
    for name, part in {"broken": "not valid JSON", "empty": "no bindings", "two": "one trigger", "unknown": "sqlTrigger",
                       "9digits": "name is not valid", "host": "name is not valid", "under": "a_b"}.items():
        errors = host.call("GET", f"/admin/functions/{name}/status").json["errors"]
        assert len(errors) == 1 and part in errors[0], errors
        assert host.call("GET", "/api/" + name).status == 404
    assert host.call("GET", "/admin/functions/returned/status").json == {}
    assert host.call("GET", "/admin/functions/ignored/status").status == 404


@pytest.mark.section("2.4")
def test_settings_in_binding_values(make):
    app = make.app().http("a", route="%WHERE%/x").http("b", route="%NOWHERE%").http("c", route="50%")
    host = make.host(app, environment={"WHERE": "here"})
    assert host.call("GET", "/api/here/x").status == 204
    assert "NOWHERE" in host.call("GET", "/admin/functions/b/status").json["errors"][0]
    assert "partner" in host.call("GET", "/admin/functions/c/status").json["errors"][0]


@pytest.mark.section("1.7")
def test_allowed_functions(make):
    app = make.app(functions=["ONE"]).http("one").http("two")
    host = make.host(app)
    assert host.call("GET", "/api/one").status == 204 and host.call("GET", "/api/two").status == 404


@pytest.mark.section("8.1")
@pytest.mark.parametrize("content,part", [
    ("{", "not valid JSON"), ('{"IsEncrypted": true, "Values": {}}', "encrypted"),
    ('{"IsEncrypted": false, "Host": {"LocalHttpPort": 99999}}', "LocalHttpPort"),
    ('{"IsEncrypted": false, "Host": {"CORS": "*", "CORSCredentials": true}}', "CORS"),
])
def test_faults_of_local_settings(make, content, part):
    app = make.app().http("a")
    app.write("local.settings.json", content)
    failing(make, app, part)


@pytest.mark.section("8.2")
def test_storage_is_needed_by_other_triggers(make):
    app = make.app().function("tick", {"type": "timerTrigger", "name": "t", "direction": "in", "schedule": "0 * * * * *"})
    failing(make, app, "AzureWebJobsStorage", "UseDevelopmentStorage=true")


@pytest.mark.section("8.2")
def test_a_port_in_use_is_named(make):
    first = make.host(make.app().http("a"))
    import subprocess
    from stack import PROGRAMS
    app = make.app().http("a")
    result = subprocess.run([os.path.join(PROGRAMS, "functions-host"), "start", "--root", app.root, "--port", str(first.port)], capture_output=True, text=True, timeout=20)
    assert result.returncode == 1 and str(first.port) in result.stderr and "--port" in result.stderr
