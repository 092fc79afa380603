"""The monitoring files with a real Prometheus that reads the running product: rules, alerts, and every query of the
dashboards."""
import contextlib, glob, json, os, re, subprocess, time, urllib.parse

import pytest

import model_server
import ports
import stack as stacks
from stack import ROOT, Stack, request

MONITORING = os.path.join(ROOT, "deploy", "monitoring")


def queries():
    """(dashboard, panel, query) of everything that the dashboards show."""
    found = []
    for path in sorted(glob.glob(f"{MONITORING}/grafana/dashboards/*.json")):
        for panel in json.load(open(path))["panels"]:
            found += [(os.path.basename(path), panel["title"], target["expr"]) for target in panel["targets"]]
    return found


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """A Prometheus with our rules that has read a product in use for a while; its address."""
    folder = tmp_path_factory.mktemp("prometheus")
    with contextlib.ExitStack() as ends:
        model = ends.enter_context(model_server.ModelServer())
        # A price makes cost appear; the second model is there to fail.
        prices = folder / "models.json"
        prices.write_text(json.dumps({"models": {"openai:test-model": {"price": {"input": 1000, "output": 2000}}}}))
        stack = Stack({
            "OTEL_METRIC_EXPORT_INTERVAL": "500", "APUS_MODELS": "openai:test-model,ollama:absent,extractive",
            "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "none", "OLLAMA_HOST": f"http://127.0.0.1:{ports.take()}",
            "APUS_MODEL_SETTINGS": str(prices)})
        ends.callback(stack.remove)
        stack.start()
        text = open(f"{MONITORING}/prometheus.yml").read()
        text = text.replace("apus:8000", f"127.0.0.1:{stack.ports['vectors']}").replace("15s", "1s")
        text = re.sub(r"alerting:\n(  .*\n)+", "", text).replace("rules/", f"{MONITORING}/rules/")
        (folder / "prometheus.yml").write_text(text)
        port = ports.take()
        server = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ends.callback(server.wait, 30)
        ends.callback(server.terminate)
        for round in range(8):
            use(stack, round)
            time.sleep(1)
        yield f"http://127.0.0.1:{port}"


def use(stack, round):
    """What people do: upload, ask in every way, look at their chats, and a file that cannot be read."""
    answer = stack.upload(f"{round}.txt", f"Round {round}: the lighthouse keeper of bay {round} is Ines Vega.".encode())
    stack.wait_settled(answer.json["documents"][0]["id"])
    broken = stack.upload(f"{round}.pdf", b"%PDF-1.4 broken " + str(round).encode())
    stack.wait_settled(broken.json["documents"][0]["id"])
    for model in ("openai:test-model", "ollama:absent", "extractive"):
        stack.call("POST", "/api/ask", {"question": f"Who is the lighthouse keeper of bay {round}?", "model": model})
    stack.call("POST", "/api/ask", {"question": f"What is the melting point of tungsten {round}?", "model": "extractive"})
    stack.call("GET", "/api/history")
    stack.call("GET", "/api/documents/nonsense")


def ask(address, query):
    """The values of an instant query."""
    answer = request("GET", f"{address}/api/v1/query?query=" + urllib.parse.quote(query))
    assert answer.status == 200, answer.body
    return answer.json["data"]["result"]


@pytest.mark.parametrize("dashboard, panel, query", queries(), ids=lambda value: value if len(value) < 40 else "")
def test_every_query_of_the_dashboards_has_an_answer(prometheus, dashboard, panel, query):
    end = time.time() + 30
    while True:
        result = ask(prometheus, query)
        if result and all(series["value"][1] not in ("NaN", "+Inf") for series in result[:1]):
            return
        assert time.time() < end, f"{dashboard}, {panel}: {query}: {result}"
        time.sleep(1)


def test_the_rules_are_loaded_and_work(prometheus):
    groups = request("GET", f"{prometheus}/api/v1/rules").json["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 20 and all(rule["health"] == "ok" for rule in rules), [r for r in rules if r["health"] != "ok"]
    firing = {rule["name"] for rule in rules if rule.get("state") == "firing"}
    assert "ApusDown" not in firing


def test_every_alert_has_its_section_in_the_runbook(prometheus):
    text = open(f"{ROOT}/docs/operate.md").read().lower()
    groups = request("GET", f"{prometheus}/api/v1/rules").json["data"]["groups"]
    for rule in (rule for group in groups for rule in group["rules"] if rule["type"] == "alerting"):
        assert f"### {rule['name'].lower()}\n" in text, rule["name"]
        assert rule["annotations"]["runbook"] == f"docs/operate.md#{rule['name'].lower()}"


def test_labels_stay_few(prometheus):
    """No ids, paths or texts become labels: the series of one name stay a handful."""
    names = request("GET", f"{prometheus}/api/v1/label/__name__/values").json["data"]
    for name in names:
        count = len(ask(prometheus, f"count by (__name__) ({{__name__=\"{name}\"}})") and ask(prometheus, f"{{__name__=\"{name}\"}}"))
        # A histogram has a series for each of its buckets.
        assert count < (2000 if name.endswith("_bucket") else 300), (name, count)


def test_the_dashboards_are_those_that_their_program_writes(tmp_path):
    before = {path: open(path).read() for path in glob.glob(f"{MONITORING}/grafana/dashboards/*.json")}
    subprocess.run([f"{MONITORING}/grafana/make-dashboards"], check=True)
    assert before == {path: open(path).read() for path in before} and len(before) == 4


def test_configuration_and_rules_pass_their_own_checks():
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "tests/alerts.yml"]):
        result = subprocess.run(["promtool", *command], cwd=MONITORING, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
    result = subprocess.run(["amtool", "check-config", f"{MONITORING}/alertmanager.yml"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
