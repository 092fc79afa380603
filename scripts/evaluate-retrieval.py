#!/usr/bin/env python3
"""Prints how well questions are answered over a set of documents, against a running Apus.

Uploads the documents, asks every question without a language model, and compares with the page truth
`[file.pdf#page=N]` in each answer. Exits with 1 when a floor is not reached.
"""
import argparse, json, os, re, sys, time, urllib.request, uuid


def call(base, path, data=None, headers=None, method=None):
    request = urllib.request.Request(base + path, data=data, headers=headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def upload(base, path):
    name = os.path.basename(path)
    with open(path, "rb") as file:
        return call(base, "/api/upload?name=" + name, file.read(), {"Content-Type": "application/pdf"})["documents"][0]["id"]


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
    parser.add_argument("--data", required=True, help="folder with *.pdf, questions.jsonl and dont_know.jsonl")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    paths = sorted(os.path.join(options.data, f) for f in os.listdir(options.data) if f.endswith(".pdf"))
    states = wait_ready(options.url, [upload(options.url, p) for p in paths])
    print(f"documents: {len(paths)}, states: {sorted(set(states))}")

    questions = [json.loads(line) for line in open(os.path.join(options.data, "questions.jsonl"))]
    exact = {1: 0, 3: 0, 5: 0, 8: 0}
    near = dict(exact)
    document_first = refused = cited_near = answered = 0
    for item in questions:
        truth = [(f, int(p)) for f, p in re.findall(r"\[([^\[\]#]+\.pdf)#page=(\d+)\]", item["truth"])]
        answer = ask(options.url, item["question"])
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
            cited_near += any(c["name"] == f and abs(c["page"] - n) <= 1 for c in answer["citations"] for f, n in truth)
        if options.verbose:
            mark = "R" if is_refused else " "
            top = [(p["name"][:22], p["page"], p["score"]) for p in passages[:3]]
            print(mark, "+" if first else "-", item["question"][:70], truth, top)
    unknown = [json.loads(line)["question"] for line in open(os.path.join(options.data, "dont_know.jsonl"))]
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
    print(f"refused wrongly:                   {refused}/{n}")
    print(f"unanswerable questions refused:    {refusals}/{len(unknown)}")
    floors = [near[5] / n >= 0.80, document_first / n >= 0.80, refusals >= 17, refused <= 8]
    print("floors reached" if all(floors) else "floors NOT reached")
    sys.exit(0 if all(floors) else 1)


if __name__ == "__main__":
    main()
