"""`apus eval` against a running Apus: figures, floors, comparison, report, what other tools read."""
import json, os, subprocess

import pytest

import ports
from evaluating import evaluate
from library import FOLDER, questions
from stack import ROOT

EVALUATORS = os.path.join(ROOT, ".venv-evaluators", "bin", "python")


@pytest.fixture(scope="module")
def measured(run):
    return json.loads(run.read_text())


def figures(measured):
    return {figure["name"]: figure for figure in measured["figures"]}


def test_figures_are_those_of_the_answers(measured):
    """Computed once more, from the product's answers alone."""
    asked = questions()
    given = {item["id"]: item["given"] for item in measured["questions"]}
    assert list(given) == [item["id"] for item in asked] and measured["leftOut"] == 0
    known = [item for item in asked if item["answer"] is not None]
    refused = [given[item["id"]]["finishReason"] == "not_found" for item in known]
    near, held, cited = [], [], []
    for item, refusal in zip(known, refused):
        answer = given[item["id"]]
        places = [(place["document"], place["page"]) for place in [item, *item.get("also", [])]]
        close = lambda found: any(found["name"] == name and abs(found["page"] - page) <= 1 for name, page in places)
        near.append(any(map(close, answer["passages"][:5])))
        said = " ".join(answer["text"].split())
        held.append(not refusal and all(words in said for words in item["evidence"]))
        if not refusal:
            cited.append(any(map(close, answer["citations"])))
    found = figures(measured)
    for name, values in {"near@5": near, "evidence": held, "cited-near": cited, "wrongly-refused": refused}.items():
        assert found[name]["questions"] == len(values) and found[name]["value"] == pytest.approx(sum(values) / len(values)), name
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]
    assert found["wrongly-answered"]["questions"] == len(asked) - len(known)


def test_a_run_says_how_passages_were_found(measured):
    assert json.loads(measured["parameters"]["retrieval"])["embeddingModel"] == "all-MiniLM-L6-v2"
    assert measured["parameters"]["model"] == "extractive"


def test_chats_of_an_evaluation_are_not_left_among_others(run, stack):
    assert stack.call("GET", "/api/history").json["chats"] == []


def test_a_run_is_measured_again_without_asking(run):
    told = evaluate(run, "--floor", "near@5=0.9")
    assert told.returncode == 0 and "near@5" in told.stdout, told.stderr
    told = evaluate(run, "--floor", "near@5=1.01", "--floor", "wrongly-answered=-1")
    assert told.returncode == 1
    assert "floor not reached: near@5 is " in told.stdout and "wrongly-answered is " in told.stdout
    assert told.stderr == "apus: 2 floors are not reached\n"


def test_two_runs_are_compared(run, measured, tmp_path):
    changed = json.loads(json.dumps(measured))
    lost = [item for item in changed["questions"] if not item.get("unanswerable") and item["given"]["finishReason"] == "stop"][:30]
    for item in lost:
        item["given"] |= {"finishReason": "not_found", "passages": [], "citations": []}
    other = tmp_path / "other.json"
    other.write_text(json.dumps(changed, separators=(",", ":")))
    told = evaluate("--compare", run, other, "--json", tmp_path / "difference.json", "--report", tmp_path / "difference.html")
    assert told.returncode == 0, told.stderr
    difference = json.loads((tmp_path / "difference.json").read_text())
    refusals = next(d for d in difference["differences"] if d["name"] == "wrongly-refused")
    assert refusals["difference"] > 0 and refusals["low"] > 0
    assert {change["id"] for change in difference["changes"]} == {item["id"] for item in lost}
    assert all("wrongly-refused" in change["worse"] for change in difference["changes"])
    assert f"questions that changed: {len(lost)}" in told.stdout
    assert evaluate("--compare", run).returncode == 64


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_a_page_that_needs_nothing_else(run, tmp_path, scheme, browser):
    page_file = tmp_path / "report.html"
    assert evaluate(run, "--report", page_file).returncode == 0
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1000, "height": 800})
    problems, asked = [], []
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert not problems and asked == [page_file.as_uri()]
    assert page.locator("svg").count() == 2 and page.locator("script").count() == 0
    rows = page.locator("table.questions tbody tr")
    assert rows.count() == len(json.loads(run.read_text())["questions"])
    assert rows.first.locator(".fault").count() > 1 and rows.last.locator(".right").count() == 1
    rows.first.locator("summary").click()
    assert rows.first.locator("dl").is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000
    page.close()


def read_by(tool, script, path):
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.path.dirname(path), "DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "RAGAS_DO_NOT_TRACK": "true"}
    told = subprocess.run([EVALUATORS, "-c", script, str(path)], capture_output=True, text=True, timeout=240, env=environment, cwd=os.path.dirname(path))
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def test_deepeval_reads_its_export(run, measured, tmp_path):
    path = tmp_path / "cases.json"
    assert evaluate(run, "--export", "deepeval", path).returncode == 0
    cases = read_by("deepeval", """
import json, sys
from deepeval.dataset import EvaluationDataset
dataset = EvaluationDataset()
dataset.add_test_cases_from_json_file(sys.argv[1], input_key_name="input", actual_output_key_name="actual_output",
    expected_output_key_name="expected_output", context_key_name="context", retrieval_context_key_name="retrieval_context")
print(json.dumps([[c.input, c.actual_output, c.expected_output, c.context, len(c.retrieval_context)] for c in dataset.test_cases]))
""", path)
    assert cases == [[q["question"], q["given"]["text"], q.get("answers", [None])[0], q.get("evidence", []), len(q["given"]["passages"])] for q in measured["questions"]]


def test_ragas_reads_its_export(run, measured, tmp_path):
    path = tmp_path / "samples.jsonl"
    assert evaluate(run, "--export", "ragas", path).returncode == 0
    samples = read_by("ragas", """
import json, sys
from ragas import EvaluationDataset
dataset = EvaluationDataset.from_jsonl(sys.argv[1])
print(json.dumps([[s.user_input, s.response, s.reference, s.reference_contexts, len(s.retrieved_contexts)] for s in dataset]))
""", path)
    assert samples == [[q["question"], q["given"]["text"], q.get("answers", [None])[0], q.get("evidence", []), len(q["given"]["passages"])] for q in measured["questions"]]


def test_a_question_without_an_answer_is_no_success(stack, tmp_path):
    questions = tmp_path / "set.jsonl"
    questions.write_text('{"question": "STALL now", "answers": ["x"]}\n{"question": "What is said?", "unanswerable": true}\n')
    path = tmp_path / "run.json"
    told = evaluate(questions, "--url", stack.url, "--model", "openai:test-model", "--timeout", "2", "--json", path)
    assert told.returncode == 1 and "1 of 2 questions have no answer" in told.stderr, told.stdout + told.stderr
    assert "no answer to q1: " in told.stdout
    kept = json.loads(path.read_text())["questions"]
    assert "failure" in kept[0] and "given" in kept[1]


def test_an_unknown_model_is_told(stack, tmp_path):
    questions = tmp_path / "set.jsonl"
    questions.write_text('{"question": "What?", "answers": ["x"]}\n')
    told = evaluate(questions, "--url", stack.url, "--model", "nobody")
    assert told.returncode == 1 and "no answer to q1: 400: " in told.stdout, told.stdout


def test_documents_that_cannot_be_read_are_told_and_their_questions_left_out(stack, tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "good.txt").write_text("The gate closes at 21:45 every evening.")
    (folder / "bad.bin").write_bytes(bytes(range(256)))
    questions = folder / "questions.jsonl"
    questions.write_text('{"question": "When does the gate close?", "answers": ["21:45"], "document": "good.txt"}\n'
                         '{"question": "What else?", "answers": ["x"], "document": "bad.bin", "reads": "binary"}\n')
    told = evaluate(folder, "--documents", folder, "--url", stack.url + "/", "--floor", "number=1", "--floor", "document-first=1")
    stack.heal()
    assert told.returncode == 0, told.stdout + told.stderr
    assert "left out: bad.bin was refused: " in told.stderr and "cannot be read: 1\n" in told.stdout


def test_documents_that_are_there_under_other_names_are_told_before_anything_is_asked(stack, tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "gate.txt").write_text("The north gate opens at 06:15 every morning.")
    (folder / "questions.jsonl").write_text('{"question": "When does the north gate open?", "answers": ["06:15"], "document": "gate.txt"}\n')
    told = evaluate(folder, "--documents", folder, "--url", stack.url)
    assert told.returncode == 0, told.stdout + told.stderr
    (folder / "gate.txt").rename(folder / "door.txt")
    renamed = evaluate(folder, "--documents", folder, "--url", stack.url)
    (folder / "gate.txt").write_bytes((folder / "door.txt").read_bytes())
    twice = evaluate(folder, "--documents", folder, "--url", stack.url)
    stack.heal()
    for told, remedy in ((renamed, "remove the document (DELETE /api/documents/"), (twice, "Take one of the two files out of the folder")):
        assert told.returncode == 1 and told.stdout == "", told.stdout
        assert "door.txt has the bytes of gate.txt. " in told.stderr and remedy in told.stderr and "questions asked" not in told.stderr


def test_apus_keeps_what_a_run_came_to(run, measured, stack):
    kept = []
    for name in ("before", "after"):
        told = evaluate(run, "--record", name, "--url", stack.url)
        assert told.returncode == 0, told.stderr
        kept.append(told.stdout.split("kept as ")[1].strip())
    first = stack.call("GET", "/api/experiments?limit=1").json
    assert [(e["id"], e["name"], e["set"], e["figures"]) for e in first["experiments"]] == [(kept[1], "after", measured["set"], measured["figures"])]
    second = stack.call("GET", "/api/experiments?limit=1&before=" + first["next"]).json
    assert [e["id"] for e in second["experiments"]] == [kept[0]] and second["next"] is None
    for name in kept:
        assert stack.call("DELETE", "/api/experiments/" + name).json == {"rows": 1}
    assert stack.call("DELETE", "/api/experiments/" + kept[0]).status == 404
    told = evaluate(run, "--record", " ", "--url", stack.url)
    assert told.returncode == 1 and "400" in told.stderr and "name: Must not be blank." in told.stderr


@pytest.mark.parametrize("words,reason", [
    (["nowhere.jsonl"], "nowhere.jsonl does not exist"), (["."], ". has no questions.jsonl and no dont_know.jsonl"),
    ([FOLDER, "--floor", "speed=1"], "there is no metric speed. There are: near@1"),
    ([FOLDER, "--floors", "nowhere.json"], "nowhere.json is no file"),
    ([FOLDER, "--json", "no/such/folder/run.json"], "nothing can be written into no/such/folder/"),
    ([FOLDER, "--documents", "nowhere"], "nowhere is no folder"),
    (["--compare", os.path.join(FOLDER, "questions.jsonl"), "other"], "questions.jsonl is no run")])
def test_mistakes_are_told_before_anything_is_asked(tmp_path, monkeypatch, words, reason):
    monkeypatch.chdir(tmp_path)
    told = evaluate(*words, "--url", "http://127.0.0.1:1")
    assert told.returncode == 1 and reason in told.stderr, told.stderr


@pytest.mark.parametrize("words", [[], ["a", "b"], ["a", "--export", "other", "b"], ["a", "--export", "ragas"], ["a", "--parallel", "0"], ["a", "--url", "ftp://x"], ["a", "--wait", "soon"]])
def test_misuse_is_refused(tmp_path, words):
    (tmp_path / "a").write_text('{"question": "What?", "answers": ["x"]}\n')
    told = evaluate(*[str(tmp_path / "a") if word == "a" else word for word in words])
    assert told.returncode == 64 and "Try 'apus --help'" in told.stderr, told.stderr


def test_where_nothing_answers_is_told(tmp_path):
    port = ports.take()
    told = evaluate(FOLDER, "--port", port)
    assert told.returncode == 1
    assert told.stderr == f"apus: nothing answers at http://127.0.0.1:{port}; start Apus first, or name its address with --url\n"


def test_a_set_with_mistakes_names_lines_and_fields(tmp_path):
    questions = tmp_path / "set.jsonl"
    questions.write_text('{"question": "a", "answers": ["b"]}\n{"question": "c"}\n{"question": "d", "pags": 1, "unanswerable": true}\n{\n')
    told = evaluate(questions, "--url", "http://127.0.0.1:1").stderr
    assert f'{questions}:2: "answers": ' in told and f'{questions}:3: "pags": Unknown field' in told and f"{questions}:4: " in told
