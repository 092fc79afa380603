"""The sample library of the repository (Examples/library), and the Northwind documents where the data beside it is there.

Tests ask a library for its documents, and for questions whose answers it holds or does not hold.
"""
import functools, html, json, mimetypes, os, re, subprocess
from dataclasses import dataclass, field

from stack import DATA, ROOT

FOLDER = os.path.join(ROOT, "Examples", "library")
DOCUMENTS = os.path.join(FOLDER, "documents")
MAKE = os.path.join(FOLDER, "make")
GOLDEN = os.path.join(ROOT, "Tests", "golden")
# Pictures of text, which the set-up's own reader of PDFs does not read.
SCANS = {"site-notice.pdf"}


@dataclass
class Library:
    """A set of documents, and what a test may expect of it."""
    name: str
    folder: str
    files: list
    question: str
    """One that the library answers, with more than one sentence to choose from."""
    answered_in: str
    """The document that answers it."""
    narrow: tuple = ()
    """A document, and a question to ask of it alone."""
    documents: dict = field(default_factory=dict)
    """Name to document as the product knows it, once a stack holds the library."""

    @property
    def paths(self):
        return [os.path.join(self.folder, name) for name in self.files]

    def upload_to(self, stack):
        """Uploads every file and waits until it can be asked about."""
        ids = []
        for path in self.paths:
            with open(path, "rb") as file:
                answer = stack.upload(os.path.basename(path), file.read(), media_type(path))
            assert answer.status == 202, answer.body
            ids.append(answer.json["documents"][0]["id"])
        documents = [stack.wait_settled(i, limit=480) for i in ids]
        assert all(d["status"] == "ready" for d in documents), documents
        self.documents = {d["name"]: d for d in documents}
        return self

    def remove_from(self, stack):
        for document in self.documents.values():
            answer = stack.call("DELETE", "/api/documents/" + document["id"])
            # With what the programs have logged of it: whoever took it away before says so there.
            told = [line for line in stack.read_log().splitlines() if document["id"] in line]
            assert answer.status == 200, (document["name"], answer.status, answer.body, told)


def media_type(path):
    known = {".md": "text/markdown", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
    return known.get(os.path.splitext(path)[1]) or mimetypes.guess_type(path)[0] or "application/octet-stream"


def sample():
    files = sorted(os.listdir(DOCUMENTS))
    return Library("library", DOCUMENTS, files, "How many hours does the diaphragm of the LD-250H last with media above 60 °C?", "product-manual.pdf",
                   ("travel-policy.docx", "Which journeys need approval?"))


def northwind():
    folder = os.path.join(DATA, "northwind")
    files = sorted(name for name in os.listdir(folder) if name.endswith(".pdf"))
    return Library("northwind", folder, files, "What is the deductible for in-network services under Northwind Health Plus?", "Northwind_Health_Plus_Benefits_Details.pdf",
                   ("PerksPlus.pdf", "Which activities are covered?"))


# Each test of a library runs on the repository's own, and on the other one too where it is there.
LIBRARIES = {"library": sample} | ({"northwind": northwind} if os.path.isdir(os.path.join(DATA, "northwind")) else {})


def questions():
    with open(os.path.join(FOLDER, "questions.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def squeezed(text):
    """Text as it is compared: white space and kinds of spaces do not count."""
    return re.sub(r"\s+", " ", text).strip()


@functools.cache
def pages(path):
    """The text of each page, read by programs and libraries that are not the product's."""
    ending = os.path.splitext(path)[1]
    if ending == ".pdf":
        text = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], capture_output=True, check=True).stdout.decode()
        return text.split("\f")[:-1]
    if ending == ".docx":
        return docx_pages(path)
    if ending == ".xlsx":
        import openpyxl
        # A sheet counts as a page; prices have two places, as the sheet shows them.
        shown = lambda value: "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
        return ["\n".join("\t".join(map(shown, row)) for row in sheet.iter_rows(values_only=True)) for sheet in openpyxl.load_workbook(path)]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if ending == ".html":
        text = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script).*?</\1>", "", text, flags=re.S)))
    return [text]


def docx_pages(path):
    """Pages end at page breaks; notes stand at the end of the last one."""
    import docx
    from docx.oxml.ns import qn
    document, texts = docx.Document(path), [""]
    for node in document.element.body.iter(qn("w:t"), qn("w:br"), qn("w:p"), qn("w:tc")):
        if node.tag == qn("w:br") and node.get(qn("w:type")) == "page":
            texts.append("")
        elif node.tag == qn("w:t"):
            texts[-1] += node.text or ""
        else:
            texts[-1] += "\n"
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/footnotes"):
            texts[-1] += "\n" + html.unescape(re.sub(r"<[^>]+>", " ", relation.target_part.blob.decode()))
    return texts


def source_of_scan():
    with open(os.path.join(FOLDER, "sources", "site-notice.md"), encoding="utf-8") as file:
        return file.read()
