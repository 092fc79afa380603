"""Queue Storage by Microsoft's own SDK, synchronous and asynchronous."""
import datetime, threading

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.queue import (
    AccessPolicy, ResourceTypes, TextBase64DecodePolicy,
    TextBase64EncodePolicy, generate_account_sas, generate_queue_sas)

from emulators import ACCOUNT, Clients, signed
from stack import STORAGE_KEY


def soon(**step):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**(step or {"hours": 1}))


@pytest.fixture
def queue(clients, name):
    queue = clients.queues().get_queue_client(name)
    queue.create_queue()
    return queue


def code(call, *arguments, **named):
    with pytest.raises(HttpResponseError) as caught:
        call(*arguments, **named)
    return caught.value.status_code, caught.value.error_code


class TestQueues:
    def test_life(self, clients, name):
        service = clients.queues()
        queue = service.create_queue(name, metadata={"Own": "me"})
        assert queue.get_queue_properties().metadata == {"Own": "me"}
        with pytest.raises(ResourceExistsError):
            service.create_queue(name)
        assert code(service.get_queue_client(name).create_queue, metadata={"Own": "other"}) == (409, "QueueAlreadyExists")
        queue.set_queue_metadata({"two": "2"})
        assert queue.get_queue_properties().metadata == {"two": "2"}
        queue.delete_queue()
        assert code(queue.get_queue_properties) == (404, "QueueNotFound")
        assert code(queue.send_message, "x") == (404, "QueueNotFound")

    def test_list(self, clients, name):
        service = clients.queues()
        names = [f"{name}-{index}" for index in range(5)]
        for each in names:
            service.create_queue(each, metadata={"own": each[-1]})
        assert [q.name for q in service.list_queues(name_starts_with=name)] == names
        pages = [[q.name for q in page] for page in service.list_queues(name_starts_with=name, results_per_page=2).by_page()]
        assert pages == [names[:2], names[2:4], names[4:]]
        assert [q.metadata["own"] for q in service.list_queues(name_starts_with=name, include_metadata=True)] == list("01234")

    @pytest.mark.one_style
    @pytest.mark.parametrize("bad, expected", [("ab", "OutOfRangeInput"), ("UPPER", "InvalidResourceName"), ("a--b", "InvalidResourceName")])
    def test_names(self, clients, bad, expected):
        assert code(clients.queues().create_queue, bad) == (400, expected)

    def test_policies_and_properties(self, clients, queue):
        queue.set_queue_access_policy({"p": AccessPolicy(permission="r", expiry=soon())})
        assert list(queue.get_queue_access_policy()) == ["p"]
        service = clients.queues()
        assert service.get_service_properties()["cors"] == []
        service.set_service_properties(cors=[])


class TestMessages:
    @pytest.mark.one_style
    @pytest.mark.parametrize("text", ["t", "", "<&>\"'", "\U0001F600", "  blanks  ", "cr\r\nlf\n", "x" * 65536])
    def test_text(self, queue, text):
        queue.send_message(text)
        # The SDK sends line ends as they are, and XML knows only one kind of them.
        assert (queue.receive_message().content or "") == text.replace("\r\n", "\n")

    @pytest.mark.one_style
    def test_too_long(self, queue):
        assert code(queue.send_message, "x" * 65537) == (413, "RequestBodyTooLarge")

    def test_base64(self, clients, queue):
        encoded = clients.of(
            "azure.storage.queue", "QueueClient", "from_connection_string", clients.emulator.connection_string, queue.queue_name,
            message_encode_policy=TextBase64EncodePolicy(), message_decode_policy=TextBase64DecodePolicy())
        encoded.send_message("{\"ü\": 1}")
        assert queue.peek_messages()[0].content == "eyLDvCI6IDF9" and encoded.receive_message().content == "{\"ü\": 1}"

    @pytest.mark.one_style
    def test_visibility(self, emulator, queue):
        sent = queue.send_message("m")
        first = queue.receive_message(visibility_timeout=1)
        assert first.id == sent.id and first.dequeue_count == 1
        assert queue.receive_message() is None and queue.get_queue_properties().approximate_message_count == 1
        emulator.pass_time(1.1)
        second = queue.receive_message(visibility_timeout=30)
        assert second.id == first.id and second.dequeue_count == 2 and second.pop_receipt != first.pop_receipt
        assert code(queue.delete_message, first) == (400, "PopReceiptMismatch")
        queue.delete_message(second)
        assert code(queue.delete_message, second) == (404, "MessageNotFound")

    @pytest.mark.one_style
    def test_an_expired_receipt_is_good_until_somebody_else_took_the_message(self, emulator, queue):
        queue.send_message("m")
        message = queue.receive_message(visibility_timeout=1)
        emulator.pass_time(1.1)
        queue.delete_message(message)
        assert queue.get_queue_properties().approximate_message_count == 0

    def test_update(self, queue):
        queue.send_message("old")
        message = queue.receive_message(visibility_timeout=30)
        updated = queue.update_message(message, content="new", visibility_timeout=0)
        assert updated.pop_receipt != message.pop_receipt
        assert code(queue.delete_message, message) == (400, "PopReceiptMismatch")
        again = queue.receive_message()
        assert again.content == "new" and again.dequeue_count == 2

    def test_peek_changes_nothing(self, queue):
        for index in range(5):
            queue.send_message(str(index))
        assert [m.content for m in queue.peek_messages(max_messages=3)] == ["0", "1", "2"]
        assert [m.dequeue_count for m in queue.peek_messages(max_messages=32)] == [0] * 5

    def test_order_and_pages(self, queue):
        for index in range(40):
            queue.send_message(str(index))
        messages = list(queue.receive_messages(messages_per_page=32, visibility_timeout=60))
        assert [m.content for m in messages] == [str(index) for index in range(40)]
        assert len({m.pop_receipt for m in messages}) == 40

    @pytest.mark.one_style
    def test_limits(self, queue):
        queue.send_message("m")
        assert code(lambda: list(queue.receive_messages(messages_per_page=33))) == (400, "OutOfRangeQueryParameterValue")
        for visibility in (0, 604801):
            assert code(queue.receive_message, visibility_timeout=visibility) == (400, "OutOfRangeQueryParameterValue")
        assert code(queue.send_message, "m", visibility_timeout=60, time_to_live=60) == (400, "OutOfRangeQueryParameterValue")
        assert code(queue.send_message, "m", time_to_live=0) == (400, "OutOfRangeQueryParameterValue")
        url = f"{queue.url}/messages?numofmessages=0"
        assert signed("GET", url).headers["x-ms-error-code"] == "OutOfRangeQueryParameterValue"
        assert signed("DELETE", f"{queue.url}/messages/abc").headers["x-ms-error-code"] == "MissingRequiredQueryParameter"

    @pytest.mark.one_style
    def test_life_times(self, emulator, queue):
        queue.send_message("short", time_to_live=1)
        forever = queue.send_message("forever", time_to_live=-1)
        assert forever.expires_on.year == 9999
        queue.send_message("later", visibility_timeout=2, time_to_live=60)
        emulator.pass_time(1.1)
        assert [m.content for m in queue.peek_messages(max_messages=32)] == ["forever"]
        assert queue.get_queue_properties().approximate_message_count == 2

    def test_clear(self, queue):
        queue.send_message("a")
        held = queue.receive_message()
        queue.send_message("b")
        queue.clear_messages()
        assert queue.get_queue_properties().approximate_message_count == 0
        assert code(queue.delete_message, held) == (404, "MessageNotFound")

    @pytest.mark.one_style
    def test_a_restart_keeps_everything(self, clients, queue):
        queue.send_message("visible")
        queue.send_message("held")
        held = [m for m in queue.receive_messages(messages_per_page=2, visibility_timeout=3)][1]
        queue.send_message("new")
        clients.emulator.kill()
        clients.emulator.start()
        again = clients.queues().get_queue_client(queue.queue_name)
        assert [m.content for m in again.peek_messages(max_messages=5)] == ["new"]
        again.delete_message(held)
        clients.emulator.pass_time(3.1)
        assert sorted((m.content, m.dequeue_count) for m in again.peek_messages(max_messages=5)) == [("new", 0), ("visible", 1)]


def test_nobody_gets_the_same_message_at_once(emulator, name):
    queue = Clients(emulator, "sync").queues().create_queue(name)
    for index in range(200):
        queue.send_message(str(index))
    seen = []
    def consume():
        own = Clients(emulator, "sync").queues().get_queue_client(name)
        while message := own.receive_message(visibility_timeout=60):
            seen.append(message.content)
            own.delete_message(message)
    threads = [threading.Thread(target=consume) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(map(int, seen)) == list(range(200))


class TestAccess:
    def by(self, clients, queue, sas):
        return clients.of("azure.storage.queue", "QueueClient", "from_queue_url", queue.url + "?" + sas, retry_total=0)

    def test_of_a_queue(self, clients, queue):
        def sas(permission, **named):
            return generate_queue_sas(ACCOUNT, queue.queue_name, STORAGE_KEY, permission=permission, expiry=soon(), **named)
        self.by(clients, queue, sas("a")).send_message("m")
        assert code(self.by(clients, queue, sas("r")).send_message, "m") == (403, "AuthorizationPermissionMismatch")
        assert len(self.by(clients, queue, sas("r")).peek_messages()) == 1
        processor = self.by(clients, queue, sas("pu"))
        message = processor.update_message(processor.receive_message(), visibility_timeout=30)
        processor.delete_message(message)
        assert code(self.by(clients, queue, sas("raup")).clear_messages) == (403, "AuthorizationPermissionMismatch")
        queue.set_queue_access_policy({"adding": AccessPolicy(permission="a", expiry=soon())})
        by_policy = generate_queue_sas(ACCOUNT, queue.queue_name, STORAGE_KEY, policy_id="adding")
        self.by(clients, queue, by_policy).send_message("m")

    def test_of_an_account(self, clients, queue):
        def sas(types, permission):
            return generate_account_sas(ACCOUNT, STORAGE_KEY, ResourceTypes.from_string(types), permission, soon())
        self.by(clients, queue, sas("o", "a")).send_message("m")
        assert code(self.by(clients, queue, sas("c", "a")).send_message, "m") == (403, "AuthorizationResourceTypeMismatch")
        self.by(clients, queue, sas("c", "d")).clear_messages()

    def test_identity(self, clients, queue):
        client = clients.make("azure.storage.queue", "QueueClient", clients.emulator.account_url("queue", secure=True),
                              queue.queue_name, clients.credential(), connection_verify=clients.emulator.authority)
        client.send_message("m")
        assert queue.receive_message().content == "m"
