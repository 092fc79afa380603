#!/usr/bin/env python3
"""Prints how well questions are answered over a set of documents, against a running Apus.

Uploads the documents, asks every question without a language model, and compares with the page truth: `document` and
`page` of each question, or `[file.pdf#page=N]` in its answer. Without `--data` it is the sample library of the repository.
Exits with 1 when a floor is not reached.
"""
import argparse, json, os, re, sys, time, urllib.parse, urllib.request, uuid

LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Examples", "library")
FLOORS = {
    "library": {"page": 0.95, "document": 0.80, "refusals": 14, "refused": 11, "proven": 40},
    "folder": {"page": 0.80, "document": 0.80, "refusals": 20, "refused": 1, "proven": 0},
}
TYPES = {".pdf": "application/pdf", ".md": "text/markdown", ".html": "text/html",
         ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def call(base, path, data=None, headers=None, method=None):
    request = urllib.request.Request(base + path, data=data, headers=headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def upload(base, path):
    name = os.path.basename(path)
    kind = TYPES[os.path.splitext(path)[1]]
    with open(path, "rb") as file:
        return call(base, "/api/upload?name=" + urllib.parse.quote(name), file.read(), {"Content-Type": kind})["documents"][0]["id"]


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def library():
    """The sample library's files, its questions as (question, [(document, page)], evidence), and those it does not answer.

    A question marked `reads` wants a kind of file that cannot be read yet; it is left out, and so is the file.
    """
    items = read_lines(os.path.join(LIBRARY, "questions.jsonl"))
    unread = {item["document"] for item in items if "reads" in item}
    folder = os.path.join(LIBRARY, "documents")
    questions = [(item["question"], [(place["document"], place["page"]) for place in [item, *item.get("also", [])]], item["evidence"])
                 for item in items if item["answer"] is not None and "reads" not in item]
    return [os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f not in unread], questions, [i["question"] for i in items if i["answer"] is None]


def folder_of_pdfs(folder):
    """The same for a folder with *.pdf, questions.jsonl and dont_know.jsonl, which names no evidence."""
    questions = [(item["question"], [(f, int(p)) for f, p in re.findall(r"\[([^\[\]#]+\.pdf)#page=(\d+)\]", item["truth"])], [])
                 for item in read_lines(os.path.join(folder, "questions.jsonl"))]
    unknown = [item["question"] for item in read_lines(os.path.join(folder, "dont_know.jsonl"))]
    return [os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f.endswith(".pdf")], questions, unknown


def wait_ready(base, ids, limit=300):
    end = time.time() + limit
    while time.time() < end:
        states = [call(base, "/api/documents/" + i)["status"] for i in ids]
        if all(s in ("ready", "failed") for s in states):
            return states
        time.sleep(0.2)
    raise SystemExit("the documents did not become ready in time")


def ask(base, question):
    body = json.dumps({"message": question, "messageId": str(uuid.uuid4()), "model": "extractive"}).encode()
    return call(base, "/api/chat", body, {"Content-Type": "application/json"})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--data", help="folder with *.pdf, questions.jsonl and dont_know.jsonl; the sample library if left out")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    paths, questions, unknown = folder_of_pdfs(options.data) if options.data else library()
    states = wait_ready(options.url, [upload(options.url, p) for p in paths])
    print(f"documents: {len(paths)}, states: {sorted(set(states))}")

    exact = {1: 0, 3: 0, 5: 0, 8: 0}
    near = dict(exact)
    document_first = refused = cited_near = answered = proven = 0
    for question, truth, evidence in questions:
        answer = ask(options.url, question)
        passages = answer["passages"]
        for k in exact:
            exact[k] += any((p["name"], p["page"]) in truth for p in passages[:k])
            near[k] += any(p["name"] == f and abs(p["page"] - n) <= 1 for p in passages[:k] for f, n in truth)
        first = bool(passages) and passages[0]["name"] in {f for f, _ in truth}
        document_first += first
        is_refused = answer["finishReason"] == "not_found"
        refused += is_refused
        if not is_refused:
            answered += 1
            said = " ".join(answer["text"].split())
            proven += bool(evidence) and all(words in said for words in evidence)
            cited_near += any(c["name"] == f and abs(c["page"] - n) <= 1 for c in answer["citations"] for f, n in truth)
        if options.verbose:
            mark = "R" if is_refused else " "
            top = [(p["name"][:22], p["page"], p["score"]) for p in passages[:3]]
            print(mark, "+" if first else "-", question[:70], truth, top)
    refusals = 0
    for question in unknown:
        answer = ask(options.url, question)
        is_refused = answer["finishReason"] == "not_found"
        refusals += is_refused
        if options.verbose:
            print("R" if is_refused else "A", question[:80], [(p["name"][:22], p["page"], p["score"]) for p in answer["passages"][:2]])

    n = len(questions)
    print("right page in the top 1/3/5/8:     " + "  ".join(f"{exact[k] / n:.2f}" for k in exact))
    print("right page ±1 in the top 1/3/5/8:  " + "  ".join(f"{near[k] / n:.2f}" for k in near))
    print(f"right document first:              {document_first / n:.2f}")
    print(f"answers citing the page ±1:        {cited_near}/{answered}")
    if any(evidence for _, _, evidence in questions):
        print(f"answers that hold all the evidence: {proven}/{n}")
    print(f"refused wrongly:                   {refused}/{n}")
    print(f"unanswerable questions refused:    {refusals}/{len(unknown)}")
    # What the product reached when the set was written, with a little room; docs/retrieval.md says what it should reach.
    least = FLOORS["folder" if options.data else "library"]
    floors = [near[5] / n >= least["page"], document_first / n >= least["document"], refusals >= least["refusals"], refused <= least["refused"], proven >= least["proven"]]
    print("floors reached" if all(floors) else "floors NOT reached")
    sys.exit(0 if all(floors) else 1)


if __name__ == "__main__":
    main()
