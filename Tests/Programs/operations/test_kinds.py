"""Kinds of documents through the whole program: uploaded, asked about, and cited where the answer stands."""
import pytest

from open_documents import book, open_document

BREAK = '<style:style style:name="B" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style>'
HIDDEN = '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
OFF = '<style:style style:name="off" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>'


def text():
    paragraphs = [
        '<text:h text:outline-level="1">Manual of the KX-70 kettle</text:h><text:p>This manual explains how the kettle is used.</text:p>',
        '<text:p text:style-name="B">Descaling: fill the KX-70 kettle with 400 ml of vinegar and wait for an hour.</text:p>',
        '<text:p text:style-name="B">The warranty of the KX-70 kettle lasts 27 months.<text:span text:style-name="H"> The warranty lasts 99 months.</text:span></text:p>']
    return open_document("text", paragraphs, styles=BREAK + HIDDEN)


def sheet(name, rows):
    cells = lambda row: "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
    return f'<table:table table:name="{name}">' + "".join(f"<table:table-row>{cells(row)}</table:table-row>" for row in rows) + "</table:table>"


def sheets():
    return open_document("spreadsheet", [
        sheet("Terms", [["Orders are delivered free of charge."]]),
        sheet("Filters", [["Filter", "Price"], ["Charcoal filter QF-12", "€38.50"], ["Paper filter QF-14", "€4.20"]])])


def slides():
    slide = lambda title, words, style="": f'<draw:page draw:style-name="{style}"><draw:frame presentation:class="title"><draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame></draw:page>'
    return open_document("presentation", [
        slide("Plans for the depot", "What we want to build."), slide("Secret", "The depot in Ghent costs nothing.", "off"),
        slide("Depot in Ghent", "The new depot in Ghent opens in October with 85 employees.")], styles=OFF)


def chapters():
    page = lambda body: f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{body}</body></html>'
    return book([
        page("<h1>The lighthouse</h1><p>Nobody had been there for years.</p>"), page("<h1>The keeper</h1><p>He slept.</p>"),
        page("<h1>The lamp</h1><p>The lamp of the lighthouse was lit by Ottilie Brandt in 1893.</p><p hidden=''>It was lit by Karl in 1700.</p>")])


@pytest.mark.parametrize("name,content,pages,question,page,words,never", [
    ("kettle.odt", text, 3, "How long does the warranty of the KX-70 kettle last?", 3, "27 months", "99 months"),
    ("filters.ods", sheets, 2, "What is the price of the charcoal filter QF-12?", 2, "€38.50", None),
    ("depot.odp", slides, 3, "When does the new depot in Ghent open?", 3, "October", "costs nothing"),
    ("lighthouse.epub", chapters, 3, "Who lit the lamp of the lighthouse?", 3, "Ottilie Brandt", "Karl"),
], ids=["text", "sheets", "slides", "chapters"])
def test_an_answer_cites_the_place_where_it_stands(stack, name, content, pages, question, page, words, never):
    upload = stack.upload(name, content())
    assert upload.status == 202, upload.body
    document = stack.wait_settled(upload.json["documents"][0]["id"])
    assert document["status"] == "ready" and document["pages"] == pages, document
    answer = stack.call("POST", "/api/chat", {"message": question, "model": "extractive", "documents": [document["id"]]}).json
    assert words in answer["text"], answer
    cited = next(c for c in answer["citations"] if words in c["quote"])
    assert (cited["documentId"], cited["page"]) == (document["id"], page)
    # What is cited is what the text has there.
    shown = stack.call("GET", f"/api/documents/{document['id']}/text?page={page}").json["pages"][0]
    place = cited["start"] - shown["start"]
    assert words in shown["text"][place:cited["end"] - shown["start"]]
    whole = stack.call("GET", f"/api/documents/{document['id']}/text").body.decode()
    report = stack.call("GET", f"/api/documents/{document['id']}/report").json
    if never:
        assert never not in whole and report["hiddenCount"] >= 1 and never in report["hidden"][0]["sample"]
    stack.call("DELETE", "/api/documents/" + document["id"])
