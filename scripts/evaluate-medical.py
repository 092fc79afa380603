#!/usr/bin/env python3
"""Prints how the medical preset answers yes/no/maybe questions over their abstracts, against a running Apus.

Uploads each question's abstract as a document, asks the question over all of them with the given model, and compares the
answer's first word with the decision of the set (PubMedQA).
"""
import argparse, collections, concurrent.futures, json, time, urllib.request


def call(base, path, data=None, headers=None):
    request = urllib.request.Request(base + path, data=data, headers=headers or {})
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.load(response)


def upload(base, item):
    text = "\n\n".join(item["contexts"])
    return call(base, f"/api/upload?name=pubmed-{item['id']}.txt", text.encode(), {"Content-Type": "text/plain"})["documents"][0]["id"]


def wait_ready(base, ids, limit=1200):
    end, left = time.time() + limit, set(ids)
    while left:
        if time.time() > end:
            raise SystemExit("the documents did not become ready in time")
        left = {i for i in left if call(base, "/api/documents/" + i)["status"] not in ("ready", "failed")}
        time.sleep(0.2 if left else 0)


def ask(base, question, model):
    body = json.dumps({"question": question, "preset": "medical", "model": model}).encode()
    started = time.time()
    answer = call(base, "/api/ask", body, {"Content-Type": "application/json"})
    return answer, (time.time() - started) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--data", required=True, help="a questions.jsonl with id, question, contexts, decision")
    parser.add_argument("--model", default="extractive")
    parser.add_argument("--limit", type=int, default=0, help="ask only the first so many")
    options = parser.parse_args()
    items = [json.loads(line) for line in open(options.data)]
    items = items[:options.limit] if options.limit else items
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda item: upload(options.url, item), items))
    wait_ready(options.url, documents)
    right, given, refused, own, times = collections.Counter(), collections.Counter(), 0, 0, []
    for item, document in zip(items, documents):
        answer, milliseconds = ask(options.url, item["question"], options.model)
        times.append(milliseconds)
        if answer["finishReason"] == "not_found":
            refused += 1
            continue
        verdict = answer["text"].split()[0].strip(".,;:").lower()
        given[verdict] += 1
        right[verdict] += verdict == item["decision"]
        own += any(c["documentId"] == document for c in answer["citations"])
    answered = len(items) - refused
    truth = collections.Counter(item["decision"] for item in items)
    print(f"questions: {len(items)}, of which " + ", ".join(f"{k} {v}" for k, v in truth.most_common()))
    print(f"refused: {refused / len(items):.3f}")
    print(f"accuracy of yes/no/maybe where an answer is given: {sum(right.values()) / max(answered, 1):.3f} "
          f"(always the most frequent: {truth.most_common(1)[0][1] / len(items):.3f})")
    for verdict in ("yes", "no", "maybe"):
        print(f"  {verdict}: given {given[verdict]}, right {right[verdict] / max(given[verdict], 1):.3f}")
    print(f"the question's own abstract is cited: {own / max(answered, 1):.3f}")
    print(f"time per question: median {sorted(times)[len(times) // 2]:.1f} ms, longest {max(times):.0f} ms")


if __name__ == "__main__":
    main()
