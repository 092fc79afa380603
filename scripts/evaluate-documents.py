#!/usr/bin/env python3
"""Prints how well documents are read and shown, against a running Apus.

Uploads PDFs: those of the sample library, and with `--data DIR` those of a folder. Then, for each set:

* boxes: quotes of 4 to 30 words, taken at random from the text that is searched, are drawn as the page of the browser draws
  them. What another run of poppler has in the drawn boxes is compared, letter by letter, with what is quoted.
* ink: shares of the words whose box has something in it on the drawn page. Needs Pillow.
* picture, words: the median time until a page is there for the first time, and until it is there again.

And of pages of the sample library as scans of 150, 200 and 300 dots an inch (needs Pillow, and tesseract on the server):

* errors: the letters, signs and spaces that have to be changed to get the page's text, as a share of it.

Exits with 1 when a floor is not reached.
"""
import argparse, difflib, html, io, json, os, random, re, statistics, subprocess, sys, time, unicodedata, urllib.error, urllib.parse, urllib.request

LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Examples", "library", "documents")
FLOORS = {"boxes": 0.99, "ink": 0.99}
MOST_ERRORS = {150: 0.03, 200: 0.02, 300: 0.01}
# Pages without tables: of these, tesseract loses white letters on a dark ground, and the order of reading is open.
SCANNED = ("employee-handbook.pdf", [2, 12, 14])


def get(base, path):
    with urllib.request.urlopen(base + path, timeout=120) as response:
        return response.read()


def call(base, path, data=None, method=None):
    request = urllib.request.Request(base + path, data=data, headers={"Content-Type": "application/octet-stream"}, method=method)
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def upload(base, path):
    """The document's id, and whether it is new there."""
    with open(path, "rb") as file:
        answer = call(base, "/api/upload?name=" + urllib.parse.quote(os.path.basename(path)), file.read())
    document = answer["documents"][0]
    return document["id"], not document.get("duplicate")


def wait(base, ids, limit=600):
    end = time.time() + limit
    while time.time() < end:
        found = [call(base, "/api/documents/" + i) for i in ids]
        if all(d["status"] in ("ready", "failed") for d in found):
            return found
        time.sleep(0.2)
    raise SystemExit("the documents did not become ready in time")


def letters(text):
    """What is compared: neither spaces nor hyphens, which lines take and give, nor how a letter is written."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def joined(boxes):
    """Boxes of words as one for each line, as web/js/reading/pageview.js joins them."""
    lines = []
    for box in boxes:
        if lines:
            last = lines[-1]
            shared = min(last[3], box[3]) - max(last[1], box[1])
            gap = max(box[0] - last[2], last[0] - box[2])
            if shared > 0.5 * min(last[3] - last[1], box[3] - box[1]) and gap < 3 * max(last[3] - last[1], box[3] - box[1]):
                lines[-1] = [min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])]
                continue
        lines.append(list(box))
    return lines


def truth(path, page):
    """The page's words by another reader: text and box, as shares of what is shown of the page."""
    run = lambda *command: subprocess.run(command, capture_output=True, check=True).stdout.decode()
    info = run("pdfinfo", "-box", "-f", str(page), "-l", str(page), path)
    boxes = {name: [float(n) for n in numbers.split()] for name, numbers in re.findall(r"Page +\d+ (MediaBox|CropBox): +(.+)", info)}
    rotation = int(re.search(r"Page +\d+ rot: +(\d+)", info)[1])
    media, crop = boxes["MediaBox"], boxes["CropBox"]
    west, east, south, north = crop[0] - media[0], media[2] - crop[2], crop[1] - media[1], media[3] - crop[3]
    width, height = crop[2] - crop[0], crop[3] - crop[1]
    left, top = {0: (west, north), 90: (south, west), 180: (east, south), 270: (north, east)}[rotation]
    if rotation % 180:
        width, height = height, width
    output = run("pdftotext", "-bbox", "-f", str(page), "-l", str(page), path, "-")
    pattern = r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>'
    return [(html.unescape(text), [(float(a) - left) / width, (float(b) - top) / height, (float(c) - left) / width, (float(d) - top) / height])
            for a, b, c, d, text in re.findall(pattern, output, re.S)]


def inside(box, lines):
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(line[0] <= x <= line[2] and line[1] <= y <= line[3] for line in lines)


def timed(base, path):
    start = time.perf_counter()
    body = get(base, path)
    return body, (time.perf_counter() - start) * 1000


def ink(picture, words):
    """How many words have something in their box."""
    from PIL import Image
    image = Image.open(io.BytesIO(picture)).convert("L")
    found = 0
    for word in words:
        x0, y0, x1, y1 = word["box"]
        part = image.crop((int(x0 * image.width), int(y0 * image.height), int(x1 * image.width) + 1, int(y1 * image.height) + 1))
        low, high = part.getextrema()
        found += high - low > 30
    return found


def measure(base, paths, count, seed=7):
    choose = random.Random(seed)
    uploaded = [upload(base, path) for path in paths]
    states = wait(base, [i for i, _ in uploaded])
    new = {i for i, is_new in uploaded if is_new}
    pages = [(path, d["id"], page) for path, d in zip(paths, states) if d["status"] == "ready" for page in range(1, d["pages"] + 1)]
    figures = {"scores": [], "worst": [], "picture": [], "again": [], "words": [], "inked": 0, "placed": 0}
    seen = {}
    while len(figures["scores"]) < count and pages:
        path, document, number = choose.choice(pages)
        if (document, number) not in seen:
            base_path = f"/api/documents/{document}"
            page = call(base, f"{base_path}/text?page={number}")["pages"][0]
            places, words_time = timed(base, f"{base_path}/pages/{number}/words")
            picture, picture_time = timed(base, f"{base_path}/pages/{number}")
            figures["again"].append(timed(base, f"{base_path}/pages/{number}")[1])
            # Of what was there before, pages may be, too.
            if document in new:
                figures["words"].append(words_time)
                figures["picture"].append(picture_time)
            places = json.loads(places)
            figures["placed"] += len(places)
            try:
                figures["inked"] += ink(picture, places)
            except ImportError:
                figures["placed"] = 0
            seen[document, number] = page, places, truth(path, number)
        page, places, known = seen[document, number]
        words = [match.span() for match in re.finditer(r"\S+", page["text"])]
        if len(words) < 4 or not known:
            pages.remove((path, document, number))
            continue
        first = choose.randrange(len(words) - 3)
        last = min(len(words) - 1, first + choose.randrange(3, 30))
        start, end = words[first][0], words[last][1]
        quote = letters(page["text"][start:end])
        if not quote:
            continue
        lines = joined([p["box"] for p in places if p["start"] < page["start"] + end and p["end"] > page["start"] + start])
        drawn = letters("".join(text for text, box in known if inside(box, lines)))
        score = difflib.SequenceMatcher(None, quote, drawn, autojunk=False).ratio()
        figures["scores"].append(score)
        figures["worst"].append((score, os.path.basename(path), number, page["text"][start:end], drawn))
    for i, is_new in uploaded:
        if is_new:
            call(base, "/api/documents/" + i, method="DELETE")
    return figures


def changes(one, two):
    """Levenshtein's distance."""
    row = list(range(len(two) + 1))
    for i, a in enumerate(one):
        last, row[0] = row[0], i + 1
        for j, b in enumerate(two):
            last, row[j + 1] = row[j + 1], min(row[j + 1] + 1, row[j] + 1, last + (a != b))
    return row[-1]


def scans(base):
    """Whether scans are read with no more errors than there may be."""
    try:
        from PIL import Image
    except ImportError:
        print("scans: not measured, Pillow is not there")
        return True
    name, numbers = SCANNED
    source = os.path.join(LIBRARY, name)
    squeeze = lambda text: " ".join(text.split())
    is_good = True
    print(f"scans of {len(numbers)} pages of {name}")
    for dots, most in MOST_ERRORS.items():
        images = [Image.open(io.BytesIO(subprocess.run(
            ["pdftoppm", "-r", str(dots), "-gray", "-f", str(n), "-l", str(n), source], capture_output=True, check=True).stdout)) for n in numbers]
        file = io.BytesIO()
        images[0].save(file, "PDF", resolution=dots, save_all=True, append_images=images[1:])
        document = call(base, f"/api/upload?name=scan-{dots}.pdf", file.getvalue())["documents"][0]["id"]
        [state] = wait(base, [document])
        wrong = total = 0
        if state["status"] == "ready":
            for place, number in enumerate(numbers, 1):
                known = squeeze(subprocess.run(
                    ["pdftotext", "-f", str(number), "-l", str(number), "-enc", "UTF-8", source, "-"], capture_output=True, check=True).stdout.decode())
                found = squeeze(call(base, f"/api/documents/{document}/text?page={place}")["pages"][0]["text"])
                wrong += changes(found, known)
                total += len(known)
            print(f"  errors   {wrong / total:.4f} at {dots} dots an inch, most {most}")
        else:
            print(f"  {dots} dots an inch: {state['error']['detail']}")
        is_good &= total > 0 and wrong <= most * total
        call(base, "/api/documents/" + document, method="DELETE")
    return is_good


def report(name, figures, verbose):
    print(f"{name}: {len(figures['scores'])} quotes")
    results = {"boxes": statistics.mean(figures["scores"])}
    if figures["placed"]:
        results["ink"] = figures["inked"] / figures["placed"]
    for key, value in results.items():
        print(f"  {key:8} {value:.4f}  floor {FLOORS[key]}")
    median = lambda key: f"{statistics.median(figures[key]):.0f}" if figures[key] else "?"
    print(f"  picture  {median('picture')} ms the first time, {median('again')} ms again; words {median('words')} ms")
    if verbose:
        for score, file, page, quote, drawn in sorted(figures["worst"])[:verbose]:
            print(f"  {score:.3f} {file} page {page}\n    quoted {quote!r}\n    drawn  {drawn!r}")
    return all(value >= FLOORS[key] for key, value in results.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where Apus runs")
    parser.add_argument("--data", help="a folder of further PDFs")
    parser.add_argument("--quotes", type=int, default=200)
    parser.add_argument("--worst", type=int, default=0, help="print so many of the worst quotes")
    options = parser.parse_args()
    sets = {"sample library": LIBRARY}
    if options.data:
        sets[os.path.basename(os.path.normpath(options.data))] = options.data
    is_good = True
    for name, folder in sets.items():
        paths = [os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f.endswith(".pdf")]
        is_good &= report(name, measure(options.url.rstrip("/"), paths, options.quotes), options.worst)
    is_good &= scans(options.url.rstrip("/"))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
