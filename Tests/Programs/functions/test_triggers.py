"""Queue, timer and blob triggers, and bindings to storage and Cosmos DB, against azure-emulator
(docs/reference/functions-custom-handlers.md, 3.4, 3.8, 9)."""
import base64, datetime, json, os, re, time, uuid

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.cosmos import CosmosClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from stack import COSMOS_KEY, STORAGE_KEY


def connection_string(emulator):
    name = "devstoreaccount1"
    return (f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={STORAGE_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{emulator.ports['blob']}/{name};QueueEndpoint=http://127.0.0.1:{emulator.ports['queue']}/{name};")


class Storage:
    def __init__(self, emulator):
        text = connection_string(emulator)
        cosmos = f"http://127.0.0.1:{emulator.ports['cosmos']}/"
        self.environment = {"AzureWebJobsStorage": text, "Docs": f"AccountEndpoint={cosmos};AccountKey={COSMOS_KEY};",
                            "AzureFunctionsWebHost__hostid": "test" + uuid.uuid4().hex[:12]}
        self.queues = QueueServiceClient.from_connection_string(text)
        self.blobs = BlobServiceClient.from_connection_string(text)
        self.cosmos = CosmosClient(cosmos, COSMOS_KEY)
        self.name = "q" + uuid.uuid4().hex[:12]

    def queue(self, name=None, create=True):
        client = self.queues.get_queue_client(name or self.name)
        if create:
            client.create_queue()
        return client

    def put(self, queue, text):
        queue.send_message(base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode())

    def peeked(self, name):
        try:
            return [m.content for m in self.queues.get_queue_client(name).peek_messages(32)]
        except ResourceNotFoundError:
            return []

    def empty(self, name=None):
        return self.queues.get_queue_client(name or self.name).get_queue_properties().approximate_message_count == 0


@pytest.fixture
def storage(emulator):
    return Storage(emulator)


def queue_in(name, **fields):
    return {"type": "queueTrigger", "direction": "in", "name": "job", "queueName": name, **fields}


def queue_app(make, storage, *bindings, **host):
    options = {"maxPollingInterval": "00:00:00.2", **host.pop("queues", {})}
    return make.app(extensions={"queues": options}, **host).function("work", queue_in(storage.name), *bindings)


class TestQueues:
    @pytest.mark.section("3.4")
    def test_envelope(self, make, storage):
        queue = storage.queue()
        app = queue_app(make, storage)
        host = make.host(app, environment=storage.environment)
        body = '{"documentId":"d-7","pages":12,"tags":["a"],"o":{"x":1},"id":"own","yes":true}'
        storage.put(queue, body)
        host.until(lambda: app.requests and storage.empty())
        entry = app.requests[0]
        assert entry["path"] == "/work" and entry["method"] == "POST"
        envelope = app.envelopes[0]
        assert json.loads(envelope["Data"]["job"]) == body
        metadata = envelope["Metadata"]
        assert json.loads(metadata["documentId"]) == "d-7" and json.loads(metadata["pages"]) == "12" and metadata["o"] == {"x": 1}
        assert "tags" not in metadata and metadata["DequeueCount"] == "1" and json.loads(metadata["PopReceipt"])
        for name in ("InsertionTime", "ExpirationTime", "NextVisibleTime"):
            assert re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$", metadata[name])
        # A property of the message wins over a built-in of the same name.
        assert json.loads(metadata["id"]) == "own" and "Id" not in metadata
        assert not any(name.lower().endswith("trigger") for name in metadata) and metadata["sys"]["MethodName"] == "work"

    @pytest.mark.section("3.2")
    @pytest.mark.parametrize("text", ["hello", "12", "[1,2]", '"quoted"', "ümlaut ✓"])
    def test_any_text_is_a_string_in_a_string(self, make, storage, text):
        queue = storage.queue()
        app = queue_app(make, storage)
        host = make.host(app, environment=storage.environment)
        storage.put(queue, text)
        host.until(lambda: app.requests)
        assert json.loads(app.envelopes[0]["Data"]["job"]) == text

    @pytest.mark.section("3.4")
    def test_binary(self, make, storage):
        queue = storage.queue()
        app = make.app(extensions={"queues": {"maxPollingInterval": "00:00:00.2"}}).function("work", queue_in(storage.name, dataType="binary"))
        host = make.host(app, environment=storage.environment)
        storage.put(queue, "text")
        host.until(lambda: app.requests)
        assert base64.b64decode(app.envelopes[0]["Data"]["job"]) == b"text"

    @pytest.mark.section("9.1")
    @pytest.mark.parametrize("maximum", [1, 3])
    def test_poison_after_exactly_so_many_runs(self, make, storage, maximum):
        queue = storage.queue()
        app = queue_app(make, storage, queues={"maxDequeueCount": maximum}).answer("/work", status=500)
        host = make.host(app, environment=storage.environment)
        storage.put(queue, "bad")
        host.until(lambda: storage.peeked(storage.name + "-poison"))
        assert [base64.b64decode(m) for m in storage.peeked(storage.name + "-poison")] == [b"bad"]
        assert [e["Metadata"]["DequeueCount"] for e in app.envelopes] == [str(n + 1) for n in range(maximum)]
        host.until(storage.empty)
        time.sleep(0.5)
        assert len(app.requests) == maximum
        host.until_log("-poison")

    @pytest.mark.section("9.1")
    def test_a_message_that_arrives_beyond_the_maximum_is_not_run(self, make, emulator, storage):
        queue = storage.queue()
        storage.put(queue, "old")
        for _ in range(3):
            next(queue.receive_messages(visibility_timeout=1))
            emulator.pass_time(1.2)
        app = queue_app(make, storage, queues={"maxDequeueCount": 2})
        host = make.host(app, environment=storage.environment)
        host.until(lambda: storage.peeked(storage.name + "-poison"))
        assert not app.requests

    @pytest.mark.section("9.1")
    def test_visibility_timeout_of_failed_messages(self, make, storage):
        queue = storage.queue()
        app = queue_app(make, storage, queues={"visibilityTimeout": "00:00:02"}).answer("/work", fail_times=1, failure={"status": 500}, success={"json": {}})
        host = make.host(app, environment=storage.environment)
        storage.put(queue, "x")
        host.until(lambda: len(app.requests) == 2)
        assert 1.8 < app.requests[1]["time"] - app.requests[0]["time"] < 5

    @pytest.mark.section("9.1")
    def test_what_is_not_base64_is_no_message(self, make, storage):
        queue = storage.queue()
        app = queue_app(make, storage)
        host = make.host(app, environment=storage.environment)
        queue.send_message("plain text!")
        host.until(lambda: storage.peeked(storage.name + "-poison") == ["plain text!"])
        assert not app.requests
        plain = queue_app(make, storage, queues={"messageEncoding": "none"})
        host.stop()
        host = make.host(plain, environment=storage.environment)
        queue.send_message("plain text!")
        host.until(lambda: plain.requests)
        assert json.loads(plain.envelopes[0]["Data"]["job"]) == "plain text!"

    def test_large_messages(self, make, storage):
        queue = storage.queue()
        app = queue_app(make, storage)
        host = make.host(app, environment=storage.environment)
        text = "ä" * 24_000
        storage.put(queue, text)
        host.until(lambda: app.requests)
        assert json.loads(app.envelopes[0]["Data"]["job"]) == text

    @pytest.mark.section("9.1")
    def test_batches_bound_how_many_run(self, make, storage):
        queue = storage.queue()
        app = queue_app(make, storage, queues={"batchSize": 4, "newBatchThreshold": 2}).answer("/work", json={}, delay=0.3)
        for number in range(20):
            storage.put(queue, str(number))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: len(app.requests) == 20, limit=30)
        times = sorted(e["time"] for e in app.requests)
        running = [sum(1 for t in times if start <= t < start + 0.28) for start in times]
        assert max(running) <= 6 and max(running) >= 4

    @pytest.mark.section("9.1")
    def test_a_queue_that_does_not_exist_yet_is_no_error(self, make, storage):
        app = queue_app(make, storage)
        host = make.host(app, environment=storage.environment)
        time.sleep(0.5)
        storage.put(storage.queue(), "x")
        host.until(lambda: app.requests)
        assert "ERROR" not in host.log and "WARNING" not in host.log

    @pytest.mark.section("9.1")
    def test_poison_queues_have_none_themselves(self, make, storage):
        name = storage.name + "-poison"
        queue = storage.queue(name)
        app = make.app(extensions={"queues": {"maxPollingInterval": "00:00:00.1", "maxDequeueCount": 1}}).function("work", queue_in(name)).answer("/work", status=500)
        host = make.host(app, environment=storage.environment)
        storage.put(queue, "x")
        host.until(lambda: len(app.requests) >= 3)

    @pytest.mark.section("3.5")
    def test_retries_come_before_the_queues_own(self, make, storage):
        queue = storage.queue()
        app = queue_app(make, storage, queues={"maxDequeueCount": 1}, retry={"strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": "00:00:00"}).answer("/work", status=500)
        host = make.host(app, environment=storage.environment)
        storage.put(queue, "x")
        host.until(lambda: storage.peeked(storage.name + "-poison"))
        assert [(e["Metadata"]["DequeueCount"], e["Metadata"]["RetryContext"]["RetryCount"]) for e in app.envelopes] == [("1", 0), ("1", 1)]

    @pytest.mark.section("2.1")
    def test_a_disabled_function_does_not_listen(self, make, storage):
        queue = storage.queue()
        app = queue_app(make, storage)
        make.host(app, environment={**storage.environment, "AzureWebJobs_work_Disabled": "1"})
        storage.put(queue, "x")
        time.sleep(1)
        assert not app.requests

    @pytest.mark.section("7.7")
    def test_a_run_by_hand(self, make, storage):
        app = queue_app(make, storage)
        host = make.host(app, environment=storage.environment)
        answer = host.call("POST", "/admin/functions/work", {"input": '{"a":5}'})
        assert (answer.status, answer.body) == (202, b"")
        host.until(lambda: app.requests)
        envelope = app.envelopes[0]
        assert json.loads(envelope["Data"]["job"]) == '{"a":5}' and json.loads(envelope["Metadata"]["a"]) == "5" and "PopReceipt" not in envelope["Metadata"]

    def test_queue_length_is_measured(self, make, storage):
        storage.queue()
        host = make.host(queue_app(make, storage), environment=storage.environment)
        host.until(lambda: f'queue_length{{queue="{storage.name}"}} 0' in host.call("GET", "/metrics").body.decode())

    def test_nothing_is_lost_when_host_and_handler_are_killed(self, make, storage):
        """At least once: every message is run, and only those under way at a kill are run again."""
        queue = storage.queue()
        app = queue_app(make, storage, queues={"batchSize": 4, "newBatchThreshold": 2}).answer("/work", json={}, delay=0.05)
        for number in range(60):
            storage.put(queue, f"m{number}")
        host = make.host(app, environment=storage.environment)
        host.until(lambda: len(app.requests) >= 10)
        os.kill(app.starts[-1]["pid"], 9)
        host.until(lambda: len(app.requests) >= 25)
        host.kill()
        host = make.host(app, environment=storage.environment)
        host.until(lambda: storage.empty() and not storage.peeked(storage.name + "-poison"), limit=90)
        seen = [json.loads(e["Data"]["job"]) for e in app.envelopes]
        assert set(seen) == {f"m{number}" for number in range(60)}
        # Each kill can repeat no more than what ran then: four and two.
        assert len(seen) <= 60 + 2 * 6


class TestOutputs:
    @pytest.mark.section("3.8")
    def test_queue_outputs(self, make, storage):
        name = storage.name.upper() + "-Out"
        app = make.app().http("a", more=[{"type": "queue", "direction": "out", "name": "out", "queueName": name}, {"type": "queue", "direction": "out", "name": "raw", "queueName": name + "2", "dataType": "binary"}])
        app.output("a", {"res": {"body": "x"}, "out": ["plain!", {"a": 1}, base64.b64encode(b"once").decode()], "raw": "aGk=", "unknown": 1})
        host = make.host(app, environment=storage.environment)
        assert host.call("GET", "/api/a").body == b"x"
        # They are written before the response is sent.
        sent = [base64.b64decode(m).decode() for m in storage.peeked(name.lower())]
        assert sent == ["plain!", '{\n  "a": 1\n}', base64.b64encode(b"once").decode()]
        assert [base64.b64decode(m) for m in storage.peeked(name.lower() + "2")] == [b"aGk="]
        app.output("a", {"res": {"body": "x"}, "out": base64.b64encode(b"decoded").decode()})
        host.call("GET", "/api/a")
        assert base64.b64decode(storage.peeked(name.lower())[-1]) == b"decoded"

    @pytest.mark.section("3.8")
    def test_an_output_that_fails_fails_the_invocation(self, make, storage):
        app = make.app().http("a", more=[{"type": "queue", "direction": "out", "name": "out", "queueName": storage.name}])
        app.output("a", {"res": {"body": "x"}, "out": "y" * 70_000})
        host = make.host(app, environment=storage.environment)
        assert host.call("GET", "/api/a").status == 500
        host.until_log("more than 64 KiB")

    @pytest.mark.section("3.8")
    def test_an_output_wakes_the_listener_of_the_same_host(self, make, storage):
        app = make.app(extensions={"queues": {"maxPollingInterval": "00:01:00"}}).function("work", queue_in(storage.name))
        app.http("a", more=[{"type": "queue", "direction": "out", "name": "out", "queueName": storage.name}])
        app.output("a", {"res": {"body": "x"}, "out": "y!"})
        host = make.host(app, environment=storage.environment)
        # Long enough for the pauses to have grown.
        time.sleep(4)
        host.call("GET", "/api/a")
        host.until(lambda: any(e["path"] == "/work" for e in app.requests), limit=3)

    @pytest.mark.section("2.4")
    def test_blobs_in_and_out(self, make, storage):
        container = storage.name
        app = make.app().http("a", route="a/{name}", more=[
            {"type": "blob", "direction": "in", "name": "input", "path": container + "/{name}.txt"},
            {"type": "blob", "direction": "in", "name": "text", "path": container + "/{name}.txt", "dataType": "string"},
            {"type": "blob", "direction": "out", "name": "copy", "path": container + "/out/{name}-{rand-guid}.json"}])
        app.output("a", {"res": {"body": "x"}, "copy": {"b": [1, "ü"]}})
        host = make.host(app, environment=storage.environment)
        storage.blobs.create_container(container).upload_blob("one.txt", b"\0content")
        assert host.call("GET", "/api/a/one").body == b"x"
        data = app.envelopes[0]["Data"]
        assert base64.b64decode(data["input"]) == b"\0content" and json.loads(data["text"]) == "\0content"
        names = [b.name for b in storage.blobs.get_container_client(container).list_blobs(name_starts_with="out/one-")]
        assert len(names) == 1 and storage.blobs.get_blob_client(container, names[0]).download_blob().readall() == '{"b":[1,"ü"]}'.encode()
        assert host.call("GET", "/api/a/none").body == b"x" and app.envelopes[1]["Data"]["input"] is None
        app.output("a", {"res": {"body": "x"}, "copy": base64.b64encode(b"\0\1").decode()})
        host.call("GET", "/api/a/two")
        name = next(storage.blobs.get_container_client(container).list_blobs(name_starts_with="out/two-")).name
        assert storage.blobs.get_blob_client(container, name).download_blob().readall() == b"\0\1"

    def test_cosmos_in_and_out(self, make, storage):
        database = storage.cosmos.create_database(storage.name)
        from azure.cosmos import PartitionKey
        items = database.create_container("items", PartitionKey(path="/owner"))
        items.upsert_item({"id": "1", "owner": "ann", "n": 1})
        items.upsert_item({"id": "2", "owner": "bob", "n": 2})
        base = {"type": "cosmosDB", "connection": "Docs", "databaseName": storage.name, "containerName": "items"}
        app = make.app().http("a", route="a/{owner}/{id}", more=[
            {**base, "direction": "in", "name": "one", "id": "{id}", "partitionKey": "{owner}"},
            {**base, "direction": "in", "name": "all", "sqlQuery": "SELECT c.id FROM c WHERE c.owner = {owner}"},
            {**base, "direction": "out", "name": "saved"}])
        app.output("a", {"res": {"body": "x"}, "saved": [{"id": "3", "owner": "cat"}, {"owner": "dan"}]})
        host = make.host(app, environment=storage.environment)
        assert host.call("GET", "/api/a/ann/1").body == b"x"
        data = app.envelopes[0]["Data"]
        assert data["one"]["n"] == 1 and json.loads(data["all"]) == [{"id": "1"}]
        assert items.read_item("3", "cat")["owner"] == "cat"
        assert len(list(items.query_items("SELECT * FROM c WHERE c.owner = 'dan'", partition_key="dan"))) == 1
        host.call("GET", "/api/a/none/9")
        assert app.envelopes[1]["Data"]["one"] is None
        # What callers send is data, never part of the query.
        host.call("GET", "/api/a/x%27%20OR%201%3D1%20--/1")
        assert json.loads(app.envelopes[2]["Data"]["all"]) == []

    @pytest.mark.section("2.3")
    @pytest.mark.parametrize("binding,part", [
        ({"type": "blob", "direction": "out", "name": "b", "path": "only"}, "container/name"), ({"type": "blob", "direction": "out", "name": "b"}, "no path"),
        ({"type": "queue", "direction": "in", "name": "b", "queueName": "q"}, "direction"), ({"type": "cosmosDB", "direction": "out", "name": "b", "databaseName": "d", "containerName": "c"}, "no connection"),
        ({"type": "blob", "direction": "inout", "name": "b", "path": "a/b"}, "inout"), ({"type": "queue", "direction": "out", "name": "b", "queueName": "%no%"}, "no setting no"),
    ])
    def test_faults_of_bindings(self, make, binding, part):
        host = make.host(make.app().http("a", more=[binding]))
        assert part in host.call("GET", "/admin/functions/a/status").json["errors"][0]


def timer(schedule, **fields):
    return {"type": "timerTrigger", "direction": "in", "name": "t", "schedule": schedule, **fields}


class TestTimers:
    def status(self, storage, name="tick"):
        blob = storage.blobs.get_blob_client("azure-webjobs-hosts", f"timers/{storage.environment['AzureFunctionsWebHost__hostid']}/Host.Functions.{name}/status")
        return blob

    def record(self, storage, last, following, updated=None):
        def text(moment):
            return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00") if moment else "0001-01-01T00:00:00"
        try:
            storage.blobs.create_container("azure-webjobs-hosts")
        except Exception:
            pass
        self.status(storage).upload_blob(json.dumps({"Last": text(last), "Next": text(following), "LastUpdated": text(updated or last)}), overwrite=True)

    def hour(self, offset):
        return datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0) + datetime.timedelta(hours=offset)

    @pytest.mark.section("9.2")
    def test_a_schedule_below_a_minute(self, make, storage):
        app = make.app().function("tick", timer("*/1 * * * * *"))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: len(app.requests) >= 3)
        envelope = app.envelopes[0]
        # The monitor is off for such a schedule.
        assert envelope["Data"]["t"] == {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
        assert set(envelope["Metadata"]) == {"sys"} and not self.status(storage).exists()

    @pytest.mark.section("9.2")
    def test_the_first_start_records_and_does_not_run(self, make, storage):
        app = make.app().function("tick", timer("0 0 * * * *"))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: self.status(storage).exists())
        stored = json.loads(self.status(storage).download_blob().readall())
        assert stored["Last"].startswith("0001-01-01") and stored["Next"] == self.hour(1).strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
        time.sleep(0.3)
        assert not app.requests

    @pytest.mark.section("9.2")
    @pytest.mark.parametrize("run_on_startup", [False, True])
    def test_a_missed_occurrence_is_made_up_for_once(self, make, storage, run_on_startup):
        self.record(storage, self.hour(-5), self.hour(-4))
        app = make.app().function("tick", timer("0 0 * * * *", runOnStartup=run_on_startup))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: app.requests)
        host.until_log("an occurrence was missed")
        time.sleep(0.5)
        assert len(app.requests) == 1 and app.envelopes[0]["Data"]["t"]["IsPastDue"] is True
        assert json.loads(self.status(storage).download_blob().readall())["Next"].startswith(self.hour(1).strftime("%Y-%m-%dT%H:%M:%S"))

    @pytest.mark.section("9.2")
    # Neither can come due at a full hour by chance, whatever the time of day.
    @pytest.mark.parametrize("schedule", ["0 30 */6 * * *", "0 5/10 * * * *"])
    def test_a_changed_schedule_is_not_past_due(self, make, storage, schedule):
        self.record(storage, self.hour(-5), self.hour(-4))
        app = make.app().function("tick", timer(schedule))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: json.loads(self.status(storage).download_blob().readall())["Last"].startswith("0001"))
        time.sleep(0.3)
        assert not app.requests

    @pytest.mark.section("9.2")
    def test_a_legacy_status_is_never_past_due(self, make, storage):
        self.record(storage, None, self.hour(-4))
        app = make.app().function("tick", timer("0 0 * * * *"))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: not json.loads(self.status(storage).download_blob().readall())["LastUpdated"].startswith("0001"))
        time.sleep(0.3)
        assert not app.requests

    @pytest.mark.section("9.2")
    def test_run_on_startup(self, make, storage):
        self.record(storage, self.hour(0), self.hour(1))
        app = make.app().function("tick", timer("0 0 * * * *", runOnStartup=True))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: app.requests)
        assert app.envelopes[0]["Data"]["t"]["IsPastDue"] is False and app.envelopes[0]["Data"]["t"]["ScheduleStatus"]["Next"]
        host.until_log("run on start-up")

    @pytest.mark.section("9.2")
    def test_failures_do_not_stop_the_schedule(self, make, storage):
        app = make.app().function("tick", timer("*/1 * * * * *")).answer("/tick", status=500)
        host = make.host(app, environment=storage.environment)
        host.until(lambda: len(app.requests) >= 3)

    @pytest.mark.section("9.2")
    def test_runs_do_not_overlap(self, make, storage):
        app = make.app().function("tick", timer("*/1 * * * * *")).answer("/tick", json={}, delay=1.5)
        host = make.host(app, environment=storage.environment)
        host.until(lambda: len(app.requests) >= 3)
        times = [e["time"] for e in app.requests]
        assert all(b - a > 1.4 for a, b in zip(times, times[1:]))

    @pytest.mark.section("9.2")
    def test_a_status_store_that_fails_does_not_stop_the_timer(self, make, emulator, storage):
        self.record(storage, self.hour(0), self.hour(1))
        emulator.fault("blob", pathContains="/timers/", status=403, count=1000)
        app = make.app().function("tick", timer("0 0 * * * *", runOnStartup=True))
        host = make.host(app, environment=storage.environment)
        host.until(lambda: app.requests)
        host.until_log("status cannot be read").until_log("status cannot be recorded")

    @pytest.mark.section("9.2")
    def test_without_storage_nobody_listens(self, make):
        """Two hosts could fire the same occurrence otherwise."""
        app = make.app().function("tick", timer("*/1 * * * * *"))
        text = "AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a"
        host = make.host(app, environment={"AzureWebJobsStorage": text})
        host.until_log("lock cannot be taken")
        assert not app.requests

    @pytest.mark.section("9.2")
    def test_one_of_two_hosts_listens(self, make, storage):
        apps = [make.app().function("tick", timer("*/1 * * * * *")) for _ in range(2)]
        first, second = (make.host(app, environment=storage.environment) for app in apps)
        first.until(lambda: sum(len(a.requests) for a in apps) >= 3)
        assert sorted(bool(a.requests) for a in apps) == [False, True]
        running, waiting = (first, 1) if apps[0].requests else (second, 0)
        # It is taken over at once when the other stops, and after its lease has run out when it was killed.
        running.stop()
        first.until(lambda: apps[waiting].requests, limit=10)

    @pytest.mark.section("7.7")
    def test_a_run_by_hand(self, make, storage):
        app = make.app().function("tick", timer("0 0 0 1 1 *"))
        host = make.host(app, environment=storage.environment)
        assert host.call("POST", "/admin/functions/tick", {}).status == 202
        host.until(lambda: app.requests)
        assert app.envelopes[0]["Data"]["t"]["IsPastDue"] is False


class TestBlobs:
    def app(self, make, storage, **fields):
        binding = {"type": "blobTrigger", "direction": "in", "name": "file", "path": storage.name + "/in/{name}.{ext}", **fields}
        return make.app().function("seen", binding)

    @pytest.mark.section("3.4")
    def test_new_and_changed_blobs(self, make, storage):
        container = storage.blobs.create_container(storage.name)
        container.upload_blob("in/one.two.txt", b"\0first", metadata={"k": "v"})
        container.upload_blob("other/x.txt", b"no")
        app = self.app(make, storage)
        host = make.host(app, environment=storage.environment)
        host.until(lambda: app.requests)
        envelope = app.envelopes[0]
        assert base64.b64decode(envelope["Data"]["file"]) == b"\0first"
        metadata = envelope["Metadata"]
        assert json.loads(metadata["name"]) == "one.two" and json.loads(metadata["ext"]) == "txt" and metadata["Metadata"] == {"k": "v"}
        assert json.loads(metadata["Uri"]).endswith("/in/one.two.txt") and metadata["Properties"]["ContentLength"] == 6
        container.upload_blob("in/one.two.txt", b"second", overwrite=True)
        host.until(lambda: len(app.requests) == 2)
        # What is done stays done when the host starts again.
        host.stop()
        again = make.host(app, environment=storage.environment)
        container.upload_blob("in/new.txt", b"third")
        again.until(lambda: len(app.requests) == 3)
        time.sleep(1.5)
        assert len(app.requests) == 3

    @pytest.mark.section("3.4")
    @pytest.mark.inferred
    def test_text(self, make, storage):
        storage.blobs.create_container(storage.name).upload_blob("in/a.txt", "ü")
        app = self.app(make, storage, dataType="string")
        make.host(app, environment=storage.environment).until(lambda: app.requests)
        assert json.loads(app.envelopes[0]["Data"]["file"]) == "ü"

    def test_blobs_that_fail_are_reported_once(self, make, storage):
        storage.blobs.create_container(storage.name).upload_blob("in/a.txt", "x")
        app = self.app(make, storage).answer("/seen", status=500)
        host = make.host(app, environment=storage.environment)
        host.until(lambda: any(storage.name in base64.b64decode(m).decode() for m in storage.peeked("webjobs-blobtrigger-poison")))
        time.sleep(2)
        assert len(app.requests) == 5

    @pytest.mark.section("2.3")
    @pytest.mark.parametrize("fields", [{"path": "{x}/a"}, {"path": ""}, {"source": "EventGrid"}])
    def test_faults(self, make, storage, fields):
        app = self.app(make, storage, **fields).http("a")
        host = make.host(app, environment=storage.environment)
        assert len(host.call("GET", "/admin/functions/seen/status").json["errors"]) == 1
