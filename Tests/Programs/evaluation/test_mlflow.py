"""`apus eval --mlflow`: a run in the real MLflow server, read by its own client and shown on its own page."""
import json, os, shutil, signal, subprocess, tempfile, time

import pytest

import ports
from evaluating import evaluate
from stack import ROOT, request

FOLDER = os.path.join(ROOT, ".venv-mlflow", "bin")
SHOTS = os.path.join(ROOT, ".build", "screenshots")
# What MLflow's client finds of the last run of an experiment.
READ = """
import json, sys, mlflow
client = mlflow.MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name(sys.argv[2])
runs = client.search_runs([experiment.experiment_id])
run = runs[0]
folder = client.download_artifacts(run.info.run_id, "", sys.argv[3])
print(json.dumps({"runs": len(runs), "status": run.info.status, "name": run.info.run_name, "metrics": run.data.metrics, "params": run.data.params,
    "artifacts": sorted(a.path for a in client.list_artifacts(run.info.run_id)), "folder": folder}))
"""


def server(*options):
    """Starts MLflow's server in a folder of its own; returns its process, address and folder."""
    port, folder = ports.take(), tempfile.mkdtemp(prefix="apus-mlflow-")
    environment = {"PATH": FOLDER + ":/usr/bin:/bin", "HOME": folder, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    log = open(os.path.join(folder, "log.txt"), "w+")
    process = subprocess.Popen(
        [os.path.join(FOLDER, "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", *options],
        stdout=log, stderr=log, env=environment, cwd=folder, start_new_session=True)
    end = time.time() + 120
    while True:
        try:
            if request("GET", f"http://127.0.0.1:{port}/health").status == 200:
                return process, f"http://127.0.0.1:{port}", folder
        except OSError:
            pass
        log.seek(0)
        assert process.poll() is None and time.time() < end, log.read()[-2000:]
        time.sleep(0.2)


def end(process, folder):
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(30)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def mlflow():
    process, url, folder = server()
    yield url
    end(process, folder)


def read(url, experiment, folder):
    told = subprocess.run([os.path.join(FOLDER, "python"), "-c", READ, url, experiment, str(folder)], capture_output=True, text=True, timeout=120,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "MLFLOW_DISABLE_TELEMETRY": "true"})
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def test_a_run_is_logged_as_it_was_measured(mlflow, run, tmp_path):
    for _ in range(2):
        told = evaluate(run, "--mlflow", mlflow + "/", "--experiment", "answers & pages")
        assert told.returncode == 0, told.stdout + told.stderr
    found = read(mlflow, "answers & pages", tmp_path)
    assert found["runs"] == 2 and found["status"] == "FINISHED" and found["name"].endswith("Examples/library")
    measured = json.loads(run.read_text())
    for figure in measured["figures"]:
        name = figure["name"].replace("@", "_at_")
        assert found["metrics"][name] == pytest.approx(figure["value"])
        assert found["metrics"][f"interval/{name}_low"] == pytest.approx(figure["low"])
    assert found["params"]["set"] == measured["set"] and found["params"]["model"] == "extractive"
    assert found["params"]["questions"] == str(len(measured["questions"]))
    assert found["artifacts"] == ["report.html", "run.json"]
    with open(os.path.join(found["folder"], "run.json")) as file:
        assert json.load(file) == measured


def test_mlflows_own_page_shows_the_run(mlflow, run, browser):
    told = evaluate(run, "--mlflow", mlflow, "--experiment", "page")
    address = told.stdout.split("logged to ")[1].split()[0]
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(address)
    page.get_by_text("near_at_5").first.wait_for(timeout=60_000)
    os.makedirs(SHOTS, exist_ok=True)
    page.screenshot(path=os.path.join(SHOTS, "mlflow.png"))
    page.close()


def test_what_goes_wrong_is_told(mlflow, run, stack, tmp_path):
    port = ports.take()
    told = evaluate(run, "--mlflow", f"http://127.0.0.1:{port}")
    assert told.returncode == 1 and f"MLflow: cannot connect to http://127.0.0.1:{port}" in told.stderr
    told = evaluate(run, "--mlflow", stack.url)
    assert told.returncode == 1 and "MLflow at " in told.stderr and "404 no answer of MLflow" in told.stderr, told.stderr
    told = evaluate(run, "--mlflow", mlflow, "--experiment", "x" * 5000)
    assert told.returncode == 1 and "MLflow at " in told.stderr and "INVALID_PARAMETER_VALUE" in told.stderr, told.stderr
    assert evaluate(run, "--mlflow", mlflow, "--experiment", "gone").returncode == 0
    found = request("GET", mlflow + "/api/2.0/mlflow/experiments/get-by-name?experiment_name=gone").json["experiment"]["experiment_id"]
    assert request("POST", mlflow + "/api/2.0/mlflow/experiments/delete", {"experiment_id": found}).status == 200
    told = evaluate(run, "--mlflow", mlflow, "--experiment", "gone")
    assert told.returncode == 1 and "was deleted there" in told.stderr, told.stderr


def test_a_server_that_takes_no_files_is_told_and_the_run_marked(run):
    process, url, folder = server("--no-serve-artifacts", "--default-artifact-root", tempfile.gettempdir())
    try:
        told = evaluate(run, "--mlflow", url)
        assert told.returncode == 1 and "start it with --serve-artifacts" in told.stderr, told.stderr
        runs = request("POST", url + "/api/2.0/mlflow/runs/search", {"experiment_ids": ["1"]}).json["runs"]
        assert [r["info"]["status"] for r in runs] == ["FAILED"]
    finally:
        end(process, folder)
