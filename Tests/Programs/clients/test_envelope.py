"""The real executables answer the envelope dialect: golden envelopes on `POST /<FunctionName>`."""
import base64, json, os, re

import pytest

from stack import request


@pytest.fixture(scope="module")
def handlers(stack):
    """Ports of the three handlers, out of their environment."""
    ports = {}
    for app, pid in stack.processes().items():
        if app in ("chat", "upload", "history", "account"):
            with open(f"/proc/{pid}/environ", "rb") as file:
                variables = dict(v.split(b"=", 1) for v in file.read().split(b"\0") if b"=" in v)
            ports[app] = int(variables[b"FUNCTIONS_CUSTOMHANDLER_PORT"])
    assert set(ports) == {"chat", "upload", "history", "account"}
    return ports


def invoke(port, function, data, metadata=None):
    body = json.dumps({"Data": data, "Metadata": metadata or {"sys": {"MethodName": function}}}).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "X-Azure-Functions-InvocationId": "7a0f6f0e-6c5f-4a42-9d0a-3e4b7a1c9d11",
               "X-Azure-Functions-HostVersion": "4.1037.0.0", "User-Agent": "Azure-Functions-Host/4.1037.0.0"}
    return request("POST", f"http://127.0.0.1:{port}/{function}", body, headers)


def call(method, path, body=None, content_type="application/json", headers=None):
    fields = {"Host": ["localhost:7071"], **(headers or {})}
    req = {"Url": "http://localhost:7071" + path, "Method": method, "Query": {}, "Headers": fields, "Params": {}, "Identities": []}
    if body is not None:
        fields.update({"Content-Type": [content_type], "Content-Length": [str(len(body))]})
        req["Body"] = body
    return {"req": req}


def result(answer):
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("application/json")
    response = answer.json["Outputs"]["res"]
    return response["statusCode"], response["headers"], response["body"]


def test_chat_collects_its_stream(handlers):
    data = call("POST", "/api/chat", json.dumps({"message": "Anything?"}), headers={"Accept": ["text/event-stream"]})
    status, headers, body = result(invoke(handlers["chat"], "chat", data))
    assert status == 200 and headers["Content-Type"].startswith("text/event-stream")
    assert body.startswith("event: start\n") and "event: done\n" in body


def test_problems_travel_in_the_output(handlers):
    status, headers, body = result(invoke(handlers["chat"], "chat", call("POST", "/api/chat", "{}")))
    assert status == 400 and headers["Content-Type"] == "application/problem+json" and json.loads(body)["errors"]


@pytest.mark.parametrize("app", ["chat", "upload", "history", "account"])
def test_health(handlers, app):
    status, _, body = result(invoke(handlers[app], "health", call("GET", "/api/health")))
    assert status == 200 and json.loads(body)["status"] == "ok"


def test_upload_takes_base64_bodies(stack, handlers):
    content = base64.b64encode(b"Envelope text \xc3\xbc").decode()
    status, _, body = result(invoke(handlers["upload"], "upload", call("POST", "/api/upload?name=envelope.txt", content, "application/octet-stream")))
    assert status == 202
    document = stack.wait_settled(json.loads(body)["documents"][0]["id"])
    assert document["bytes"] == 16 and document["status"] == "ready"


def test_history(handlers):
    status, _, body = result(invoke(handlers["history"], "history", call("GET", "/api/history?limit=5")))
    assert status == 200 and "chats" in json.loads(body)


def test_queue_message_of_an_unknown_document_is_done(handlers):
    message = json.dumps(json.dumps({"documentId": "01a1f8b2-e59a-73e0-bc32-03ed38fb440c"}))
    metadata = {"DequeueCount": "1", "Id": '"0c9f1c9e-1f7e-4a5c-8f2e-5f2f7b5a9c10"', "sys": {"MethodName": "ingest"}}
    answer = invoke(handlers["upload"], "ingest", {"message": message}, metadata)
    assert answer.status == 200 and answer.json["Outputs"] == {}


def test_timer(handlers):
    data = {"timer": {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}}
    assert invoke(handlers["upload"], "tidy", data).json == {"Outputs": {}, "Logs": [], "ReturnValue": None}


def test_what_is_no_envelope_is_refused(handlers):
    for body in (b"", b"{}", b"[1]", b"x"):
        assert request("POST", f"http://127.0.0.1:{handlers['chat']}/chat", body).status == 400
    assert invoke(handlers["chat"], "nothing", {"x": 1}).status == 404


def test_probe_answers_at_once(handlers):
    assert request("GET", f"http://127.0.0.1:{handlers['chat']}/").status == 200
