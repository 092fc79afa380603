"""Everything that users and strangers send by mistake or on purpose: a clear problem, nothing lost, nothing left behind."""
import io, os, socket, struct, time, uuid, zipfile

import pytest

from library import GOLDEN
from open_documents import book, open_document, package
from stack import DATA, request

# Made by two programs; the second lies beside the repository.
LOCKED = [os.path.join(GOLDEN, "documents", "reportlab-password.pdf")]
LOCKED += filter(os.path.exists, [os.path.join(DATA, "parsers", "py-pdf-libreoffice-writer-password.pdf")])
UNKNOWN = "01a1f8b2-e59a-73e0-bc32-03ed38fb440c"
FIGURE = {"name": "f", "value": 1}


def check_problem(answer, status, words=None):
    assert answer.status == status, (answer.status, answer.body[:500])
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert set(problem) >= {"type", "title", "status", "detail", "requestId"} and problem["status"] == status
    assert problem["requestId"] == answer.headers["x-request-id"]
    if words:
        assert words in problem["detail"] + str(problem.get("errors")), problem
    return problem


def documents(stack):
    return stack.call("GET", "/api/documents?limit=200").json["documents"]


def pdf(pages, body=b"BT /F1 12 Tf 72 720 Td (%s) Tj ET", text=b"Hello page", count=None):
    """A small valid PDF; `count` lies about the number of pages."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", None, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for number in range(pages):
        content = body % (text + b" %d" % number) if b"%s" in body else body
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), count or pages)
    out = b"%PDF-1.4\n"
    offsets = []
    for index, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (index, item)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def docx(document):
    return office("word/document.xml", document)


def office(main, document):
    """An Office file whose main part is written piece by piece."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open(main, "w", force_zip64=True) as part:
            for piece in document:
                part.write(piece)
    return file.getvalue()


class TestUploads:
    def test_empty(self, stack):
        check_problem(stack.upload("empty.pdf", b""), 400, "empty")

    @pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(100), b"\x7fELF\x02\x01\x01\x00", bytes(1000), b"PK\x03\x04" + bytes(26) + b"visio/document.xml"])
    def test_unsupported_or_mislabelled(self, stack, content):
        check_problem(stack.upload("report.pdf", content, "application/pdf"), 415, "report.pdf")

    def test_too_large(self, stack):
        before = len(documents(stack))
        answer = stack.upload("big.txt", b"a" * (101 << 20), "text/plain")
        check_problem(answer, 413)
        assert len(documents(stack)) == before

    @pytest.mark.parametrize("name", ["a/b.pdf", "a\\b.pdf", "a\0b.pdf", "x" * 300, "gnp.\u202efdp", "", "   "])
    def test_names(self, stack, name):
        problem = check_problem(stack.upload(name, b"text"), 400)
        assert problem["errors"][0]["field"] == "name"

    def test_unknown_chat(self, stack):
        check_problem(stack.call("POST", f"/api/upload?name=a.txt&chatId={UNKNOWN}", b"text"), 404)

    @pytest.mark.parametrize("body,words", [(b"", "no part"), (b"--b\r\nX", "cut short"), (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--', "Unknown part"),
                                            (b'--b\r\nContent-Disposition: form-data; name="chatId"\r\n\r\n\r\n--b--', "Required")])
    def test_broken_forms(self, stack, body, words):
        check_problem(stack.call("POST", "/api/upload", body, {"Content-Type": "multipart/form-data; boundary=b"}), 400, words)

    def test_body_cut_off(self, stack):
        before = len(documents(stack))
        with socket.create_connection(("127.0.0.1", stack.port)) as caller:
            caller.sendall(b"POST /api/upload?name=cut.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nonly the beginning")
            time.sleep(0.3)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.5)
        assert len(documents(stack)) == before
        assert stack.call("GET", "/health").status == 200

    def test_a_form_with_one_bad_file_leaves_nothing(self, stack):
        name = uuid.uuid4().hex
        part = lambda file, content: f'--b\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n\r\n'.encode() + content + b"\r\n"
        body = part(name + ".txt", name.encode()) + part("bad.pdf", b"\x7fELF\x00\x00") + b"--b--"
        check_problem(stack.call("POST", "/api/upload", body, {"Content-Type": "multipart/form-data; boundary=b"}), 415, "bad.pdf")
        assert name + ".txt" not in [d["name"] for d in documents(stack)]

    def test_a_failed_file_is_tried_again(self, stack):
        content = b"%PDF-1.4 " + uuid.uuid4().hex.encode()
        first = stack.wait_settled(stack.upload("again.pdf", content).json["documents"][0]["id"])
        assert first["status"] == "failed"
        second = stack.upload("again.pdf", content).json["documents"][0]
        assert second["duplicate"] and second["id"] == first["id"] and second["status"] == "queued"
        assert stack.wait_settled(first["id"])["status"] == "failed"

    def test_same_bytes_are_stored_once(self, stack):
        content = b"Duplicate " + uuid.uuid4().hex.encode()
        first = stack.upload("one.txt", content).json["documents"][0]
        second = stack.upload("two.txt", content).json["documents"][0]
        assert "duplicate" not in first and second["duplicate"] is True and second["id"] == first["id"]


class TestDocuments:
    @pytest.mark.parametrize("name,content,code", [
        ("truncated.pdf", pdf(2)[:200], "damaged"), ("nonsense.pdf", b"%PDF-1.7 nothing else", "damaged"),
        ("scan.pdf", pdf(3, body=b"0 0 m 10 10 l S"), "no_text"), ("many.pdf", pdf(1, count=100_000), "too_complex"),
        ("blank.txt", b" \n\n ", "no_text"), ("half.docx", docx([b"<w:document xmlns:w='w'><w:body><w:p><w:t>x"]), "damaged"),
        ("deep.docx", docx([b"<d>" * 10_000, b"x", b"</d>" * 10_000]), "too_complex"),
        ("bomb.docx", docx([b"<d>"] + [b"a" * (1 << 20)] * 200 + [b"</d>"]), "too_complex"),
        ("cut.docx", docx([b"<d>text</d>"])[:-40], "damaged"),
        ("half.pptx", office("ppt/presentation.xml", [b"<p:presentation xmlns:p='p'><p:sldIdLst>"]), "damaged"),
        ("bomb.xlsx", office("xl/workbook.xml", [b"<d>"] + [b"a" * (1 << 20)] * 200 + [b"</d>"]), "too_complex"),
        ("many.xlsx", office("xl/workbook.xml", [b"<workbook><sheets>"] + [b"<sheet/>"] * 10_000 + [b"</sheets></workbook>"]), "too_complex"),
        ("half.odt", open_document("text", [b"<text:p>x"]), "damaged"), ("none.odt", open_document("text", []), "no_text"),
        ("rows.ods", open_document("spreadsheet", [b'<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row></table:table>']), "too_complex"),
        ("sheets.ods", open_document("spreadsheet", [b"<table:table/>"] * 10_000), "too_complex"),
        ("slides.odp", open_document("presentation", [b"<draw:page/>"] * 10_000), "too_complex"),
        ("deep.odt", open_document("text", [b"<text:section>" * 10_000, b"x", b"</text:section>" * 10_000]), "too_complex"),
        ("bomb.odt", open_document("text", [b"<text:p>"] + [b"a" * (1 << 20)] * 200 + [b"</text:p>"]), "too_complex"),
        ("cut.odt", open_document("text", [b"<text:p>text</text:p>"])[:-40], "damaged"),
        ("locked.odt", open_document("text", [b"x"], "<encryption-data/>"), "password_protected"),
        ("none.epub", package("application/epub+zip", []), "damaged"), ("empty.epub", book([]), "no_text"),
        ("locked.epub", book(["<p>x</p>"], "OPS/text/chapter%200.xhtml"), "password_protected"),
        ("deep.epub", book(["<div>" * 10_000]), "too_complex"), ("chapters.epub", book(["<p>x</p>"] * 5001), "too_complex"),
        ("bomb.epub", book([[b"<p>"] + [b"a" * (1 << 20)] * 200]), "too_complex"), ("cut.epub", book(["<p>x</p>"])[:-40], "damaged"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"), "password_protected"),
        ("entity.docx", docx([b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><d>&c;</d>']), "too_complex"),
    ])
    def test_each_fault_has_its_code(self, stack, name, content, code):
        upload = stack.upload(name, content)
        assert upload.status == 202, upload.body
        state = stack.wait_settled(upload.json["documents"][0]["id"])
        assert state["status"] == "failed" and state["error"]["code"] == code, state
        assert len(state["error"]["detail"]) > 20
        text = stack.call("GET", f"/api/documents/{state['id']}/text")
        check_problem(text, 409)
        receipt = stack.call("DELETE", "/api/documents/" + state["id"]).json
        assert receipt["rows"] == 1 and receipt["passages"] == 0

    @pytest.mark.parametrize("path", LOCKED, ids=os.path.basename)
    def test_password(self, stack, path):
        with open(path, "rb") as file:
            upload = stack.upload("locked.pdf", file.read())
        assert stack.wait_settled(upload.json["documents"][0]["id"])["error"]["code"] == "password_protected"

    def test_retry_and_receipt(self, stack):
        upload = stack.upload("fine.pdf", pdf(3, text=b"Unusual wombat facts " + uuid.uuid4().hex.encode())).json["documents"][0]
        state = stack.wait_settled(upload["id"])
        assert (state["status"], state["pages"], state["pagesWithoutText"]) == ("ready", 3, 0)
        check_problem(stack.call("POST", f"/api/documents/{state['id']}/retry"), 409, "ready")
        content = stack.call("GET", f"/api/documents/{state['id']}/content")
        assert content.body.startswith(b"%PDF") and content.headers["Content-Disposition"].startswith("attachment")
        assert stack.call("GET", f"/api/documents/{state['id']}/text?page=2").json["pages"][0]["text"].endswith(" 1")
        check_problem(stack.call("GET", f"/api/documents/{state['id']}/text?page=9"), 404)
        check_problem(stack.call("GET", f"/api/documents/{state['id']}/text?page=zero"), 400)
        receipt = stack.call("DELETE", "/api/documents/" + state["id"]).json
        assert receipt == {"rows": 1, "blobs": 2, "passages": state["passages"]}
        check_problem(stack.call("GET", "/api/documents/" + state["id"]), 404)
        check_problem(stack.call("DELETE", "/api/documents/" + state["id"]), 404)


class TestRequests:
    @pytest.mark.parametrize("body,field", [
        ({"message": ""}, "message"), ({"message": "x" * 32_001}, "message"), ({}, "message"), ({"message": "  \n "}, "message"), ({"message": 5}, "message"),
        ({"message": "x", "extra": 1}, "extra"), ({"message": "x", "chatId": "nope"}, "chatId"), ({"message": "x", "messageId": "'; DROP TABLE chats"}, "messageId"),
        ({"message": "x", "documents": "all"}, "documents"), ({"message": "x", "documents": ["nope"]}, "documents"), ({"message": "x", "useDocuments": "yes"}, "useDocuments"),
        ({"message": "x", "model": "openai:unknown"}, "model"), ([], "body"),
    ])
    def test_chat_fields(self, stack, body, field):
        problem = check_problem(stack.call("POST", "/api/chat", body), 400)
        assert field in [e["field"] for e in problem["errors"]]

    @pytest.mark.parametrize("body,field", [
        ({}, "name"), ({"name": "x"}, "figures"), ({"name": "x", "figures": []}, "figures"), ({"name": "x" * 201, "figures": [FIGURE]}, "name"),
        ({"name": "x", "figures": [FIGURE, FIGURE]}, "figures[1].name"), ({"name": "x", "figures": [{"name": "f", "value": "1"}]}, "figures[0].value"),
        ({"name": "x", "figures": [{"name": "f"}]}, "figures[0].value"), ({"name": "x", "figures": [FIGURE | {"low": 2, "high": 1}]}, "figures[0].low"),
        ({"name": "x", "figures": [FIGURE | {"more": 1}]}, "figures[0].more"), ({"name": "x", "figures": [3]}, "figures[0].body"),
        ({"name": "x", "figures": [FIGURE], "questions": 1.5}, "questions"), ({"name": "x", "figures": [FIGURE], "questions": -1}, "questions"),
        ({"name": "x", "figures": [FIGURE], "startedAt": "yesterday"}, "startedAt"), ({"name": "x", "figures": [FIGURE], "parameters": {"a": 1}}, "parameters"),
        ({"name": "x", "figures": [FIGURE], "parameters": {str(n): "" for n in range(51)}}, "parameters"), ({"name": "x", "figures": [FIGURE], "id": "y"}, "id"),
        ({"name": "a\0b", "figures": [FIGURE]}, "name"), ({"name": "x", "figures": [FIGURE], "set": "a\0b"}, "set"),
        ({"name": "x", "figures": [FIGURE], "parameters": {"a": "b\0"}}, "parameters"), ({"name": "x", "figures": [{"name": "f\0", "value": 1}]}, "figures[0].name"),
    ])
    def test_experiments(self, stack, body, field):
        problem = check_problem(stack.call("POST", "/api/experiments", body), 400)
        assert field in [e["field"] for e in problem["errors"]]
        assert stack.call("GET", "/api/experiments").json == {"experiments": [], "next": None}

    def test_longest_message_is_fine(self, stack):
        assert stack.ask("ü" * 32_000).status == 200

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"message": "x"', b"[" * 100_000])
    def test_malformed_json(self, stack, body):
        check_problem(stack.call("POST", "/api/chat", body, {"Content-Type": "application/json"}), 400, "JSON")

    def test_unknown_ids(self, stack):
        check_problem(stack.ask("x", chatId=UNKNOWN), 404)
        for path in (f"/api/history/{UNKNOWN}", f"/api/documents/{UNKNOWN}", f"/api/documents/{UNKNOWN}/text", "/api/history/nonsense", "/api/documents/%00"):
            assert stack.call("GET", path).status in (400, 404), path
        check_problem(stack.call("PATCH", f"/api/history/{UNKNOWN}", {"name": "x"}), 404)
        check_problem(stack.call("PATCH", f"/api/history/{UNKNOWN}", {"name": ""}), 400)
        check_problem(stack.call("GET", "/api/nothing"), 404)
        for method, path in [("POST", "share"), ("GET", "share"), ("DELETE", f"share/{UNKNOWN}"), ("POST", "restore")]:
            for chat in (UNKNOWN, "nonsense"):
                check_problem(stack.call(method, f"/api/history/{chat}/{path}", {} if method == "POST" else None), 404)

    def test_other_sites_cannot_send_forms(self, stack):
        own = stack.url.split("//")[1]
        for origin, status in (("https://evil.example", 403), ("null", 403), (f"http://{own}", 400)):
            assert stack.call("POST", "/api/chat", {}, {"Origin": origin}).status == status
        assert stack.call("GET", "/api/documents", headers={"Origin": "https://evil.example"}).status == 200

    def test_a_proxy_of_the_environment_is_not_asked(self, stack):
        assert stack.environment["http_proxy"].endswith(":1") and stack.ask("Hello?").status == 200

    @pytest.mark.parametrize("path", ["/api/documents?limit=0", "/api/documents?limit=x", "/api/history?limit=100000", "/api/experiments?limit=201"])
    def test_limits(self, stack, path):
        check_problem(stack.call("GET", path), 400, "limit")

    @pytest.mark.parametrize("path,field", [("/api/documents?after=x", "after"), ("/api/documents?chatId=1", "chatId"), ("/api/history?before=%27", "before"), ("/api/experiments?before=x", "before"),
        ("/api/history/search?q=x&before=x", "before"), ("/api/history/search?q=x&limit=101", "limit"), ("/api/history/search", "q"), ("/api/history/search?q=%00", "q"),
        ("/api/history/search?q=" + "x" * 301, "q"), ("/api/history/search?q=" + "a+" * 33, "q"), ("/api/history/search?q=%3F!%C2%AB", "q"),
        ("/api/history?archived=x", "archived"), ("/api/history?pinned=", "pinned"), ("/api/history?folder=%00", "folder"), ("/api/share/x?after=x", "after"),
        ("/api/share/x?limit=501", "limit"), ("/api/share/x?format=pdf", "format")])
    def test_cursors(self, stack, path, field):
        assert check_problem(stack.call("GET", path), 400)["errors"][0]["field"] == field
