"""Other programs' models use the documents: the Model Context Protocol's own client, over HTTP and over `apus mcp`, in its revision of
2026 and in the one before."""
import asyncio, json, os, subprocess, urllib.parse

import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client

import stack as stacks

TEXT = "The lighthouse keeper's name was Orla Quill. She kept the light for nineteen years.\fThe second page is about herring."


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        own.document = own.upload("keeper.txt", TEXT.encode(), "text/plain").json["documents"][0]["id"]
        own.wait_settled(own.document)
        yield own
    finally:
        own.remove()


def over_http(apus):
    return apus.url + "/mcp"


def over_pipe(apus):
    return stdio_client(StdioServerParameters(
        command=f"{stacks.ROOT}/.build/release/apus", args=["mcp", "--port", str(apus.port)]))


WAYS = [(over_http, "auto"), (over_http, "legacy"), (over_http, "2026-07-28"), (over_pipe, "auto"), (over_pipe, "legacy")]


def using(apus, way, mode, use):
    async def run():
        async with Client(way(apus), mode=mode) as client:
            return await use(client)
    return asyncio.run(asyncio.wait_for(run(), 120))


@pytest.mark.parametrize("way,mode", WAYS)
def test_a_model_finds_asks_lists_and_reads(apus, way, mode):
    async def use(client):
        assert client.protocol_version == ("2025-11-25" if mode == "legacy" else "2026-07-28")
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == ["search", "ask", "list_documents", "read_pages"]
        assert all(tool.annotations.read_only_hint and tool.description for tool in tools.values())
        listed = (await client.call_tool("list_documents", {})).structured_content
        assert [d["id"] for d in listed["documents"]] == [apus.document] and listed["next"] is None
        found = await client.call_tool("search", {"query": "Who kept the lighthouse?", "limit": 1})
        assert not found.is_error and len(found.structured_content["passages"]) == 1
        passage = found.structured_content["passages"][0]
        assert passage["documentId"] == apus.document and passage["page"] == 1 and "Orla Quill" in passage["text"]
        asked = await client.call_tool("ask", {"question": "What was the name of the lighthouse keeper?"})
        answer = asked.structured_content
        assert "Orla Quill" in answer["text"] and answer["citations"][0]["page"] == 1
        assert "keeper.txt, page 1: “" in asked.content[0].text
        unknown = await client.call_tool("ask", {"question": "Who won the chess championship of 1972?"})
        assert unknown.structured_content["finishReason"] == "not_found" and not unknown.structured_content["citations"]
        pages = await client.call_tool("read_pages", {"document": apus.document, "from": 2})
        assert pages.structured_content["pages"] == [{"page": 2, "text": "The second page is about herring."}]
    using(apus, way, mode, use)


@pytest.mark.parametrize("way,mode", WAYS)
def test_documents_are_resources(apus, way, mode):
    async def use(client):
        resources = (await client.list_resources()).resources
        assert [(str(r.uri), r.name) for r in resources] == [(f"apus://documents/{apus.document}", "keeper.txt")]
        contents = (await client.read_resource(str(resources[0].uri))).contents
        assert [c.text for c in contents][1] == "The second page is about herring." and len(contents) == 2
        one = (await client.read_resource(f"apus://documents/{apus.document}/pages/2")).contents
        assert [str(c.uri) for c in one] == [f"apus://documents/{apus.document}/pages/2"]
        templates = (await client.list_resource_templates()).resource_templates
        assert templates[0].uri_template == "apus://documents/{id}/pages/{page}"
        for address in ["apus://documents/x", f"apus://documents/{apus.document}/pages/9", "file:///etc/passwd"]:
            with pytest.raises(MCPError):
                await client.read_resource(address)
    using(apus, way, mode, use)


@pytest.mark.parametrize("name,arguments,words", [
    ("search", {}, "query"), ("search", {"query": "x", "limit": 0}, "limit"), ("search", {"query": "x", "wish": 1}, "Unknown field"),
    ("search", {"query": "x", "documents": ["keeper.txt"]}, "list_documents has them"),
    ("ask", {"question": " "}, "blank"), ("ask", {"question": "x", "model": "none"}, "no such model"),
    ("read_pages", {"document": "../../etc", "from": 1}, "list_documents"), ("read_pages", {"document": "x"}, "Required"),
    ("read_pages", {"document": "x", "from": 1, "to": 99}, "10 pages at most"), ("list_documents", {"after": "x"}, "next"),
])
def test_a_model_is_told_what_it_did_wrong(apus, name, arguments, words):
    async def use(client):
        result = await client.call_tool(name, arguments)
        assert result.is_error and words in result.content[0].text, result.content
    using(apus, over_http, "2026-07-28", use)


def test_as_many_passages_come_as_are_asked_for(apus):
    names = [f"harbour{n}.txt" for n in range(15)]
    ids = [apus.upload(name, f"Harbour {name} has {n + 2} cranes and a fish market.".encode(), "text/plain").json["documents"][0]["id"]
           for n, name in enumerate(names)]
    for document in ids:
        apus.wait_settled(document)

    async def use(client):
        for limit in (1, 8, 12):
            found = await client.call_tool("search", {"query": "cranes in the harbour", "documents": ids, "limit": limit})
            assert len(found.structured_content["passages"]) == limit
    try:
        using(apus, over_http, "2026-07-28", use)
    finally:
        for document in ids:
            assert apus.call("DELETE", f"/api/documents/{document}").status == 200


def test_questions_side_by_side_over_one_pipe(apus):
    async def use(client):
        asked = [client.call_tool("search", {"query": f"herring {n}"}) for n in range(40)]
        for result in await asyncio.gather(*asked):
            assert result.structured_content["passages"]
    using(apus, over_pipe, "auto", use)


def test_there_is_nothing_else_at_the_address(apus):
    for method in ("GET", "DELETE"):
        answer = apus.call(method, "/mcp", headers={"Accept": "text/event-stream"})
        assert answer.status == 405 and answer.headers["Allow"] == "POST"
    foreign = apus.call("POST", "/mcp", b"{}", headers={"Content-Type": "application/json", "Origin": "http://evil.example"})
    assert foreign.status == 403


def test_what_cannot_be_reached_is_said(apus):
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n"
    done = subprocess.run([f"{stacks.ROOT}/.build/release/apus", "mcp", "--url", "http://127.0.0.1:1"], input=line, capture_output=True,
                          text=True, timeout=60)
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["id"] == 1 and "Nothing answers at http://127.0.0.1:1" in answer["error"]["message"]
