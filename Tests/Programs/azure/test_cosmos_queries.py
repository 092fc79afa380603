"""Queries of Cosmos DB by Microsoft's own SDK; a strict gateway with four ranges has to give the same answers."""
import random

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError

from emulators import Clients, Emulator, cosmos

ITEMS = [
    {"id": "1", "pk": "a", "n": 3, "s": "b", "tags": ["x", "y"], "o": {"p": 1}, "at": "2026-01-01T00:00:00Z"},
    {"id": "2", "pk": "a", "n": 1.5, "s": "A", "tags": [], "at": "2026-01-02T00:00:00Z"},
    {"id": "3", "pk": "b", "s": "ü\"'\\", "n": None, "at": "2026-01-03T00:00:00Z"},
    {"id": "4", "pk": "b", "n": True, "at": "2026-01-04T00:00:00Z"},
    {"id": "5", "pk": "c", "n": -7, "s": "\U0001F600", "tags": ["y", "z"], "messages": [{"t": "q", "n": 1}, {"t": "a", "n": 2}]},
    {"id": "6", "pk": "c", "n": [1], "s": "abc", "messages": [{"t": "q", "n": 5}]},
]


@pytest.fixture(scope="module")
def strict():
    emulator = Emulator("--strict").start()
    yield emulator
    emulator.remove()


def fill(emulator):
    database = Clients(emulator, "sync").cosmos().create_database_if_not_exists("queries")
    container = database.create_container_if_not_exists("items", PartitionKey("/pk"))
    for item in ITEMS:
        container.upsert_item(dict(item))
    return container


@pytest.fixture(scope="module")
def containers(emulator, strict):
    return {"lenient": fill(emulator), "strict": fill(strict)}


def ask(container, query, parameters=None, **named):
    if "partition_key" not in named:
        named["enable_cross_partition_query"] = True
    given = [{"name": name, "value": value} for name, value in (parameters or {}).items()]
    return list(container.query_items(query, parameters=given or None, **named))


# Queries whose rows come in no order of their own are compared as sets.
QUERIES = [
    ("SELECT VALUE c.id FROM c WHERE c.n > 1", ["1", "2"]),
    ("SELECT VALUE c.id FROM c WHERE c.n = null", ["3"]),
    ("SELECT VALUE c.id FROM c WHERE NOT IS_DEFINED(c.s)", ["4"]),
    ("SELECT VALUE c.id FROM c WHERE c.n BETWEEN -10 AND 2", ["2", "5"]),
    ("SELECT VALUE c.id FROM c WHERE c.s IN ('a', 'b', 'A')", ["1", "2"]),
    ("SELECT VALUE c.id FROM c WHERE c.s LIKE 'a_c' OR c.s LIKE '%b'", ["1", "6"]),
    ("SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.tags, 'y')", ["1", "5"]),
    ("SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.messages, {'t': 'a'}, true)", ["5"]),
    ("SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE m FROM m IN c.messages WHERE m.n > 4)", ["6"]),
    ("SELECT VALUE m.n FROM c JOIN m IN c.messages", [1, 2, 5]),
    ("SELECT VALUE m.t FROM m IN c.messages", ["q", "a", "q"]),
    ("SELECT c.id, m.n AS number FROM c JOIN m IN c.messages WHERE m.t = 'q'", [{"id": "5", "number": 1}, {"id": "6", "number": 5}]),
    ("SELECT VALUE {'k': c.id, 'l': [c.n, c.none]} FROM c WHERE c.id = '1'", [{"k": "1", "l": [3]}]),
    ("SELECT c.id ?? 'x' AS id, c.none ?? 'd' AS d, c.n > 0 ? 'pos' : 'neg' AS sign FROM c WHERE c.id = '1'", [{"id": "1", "d": "d", "sign": "pos"}]),
    ("SELECT VALUE ARRAY(SELECT VALUE t FROM t IN c.tags WHERE t != 'x') FROM c WHERE c.id = '1'", [["y"]]),
    ("SELECT VALUE c[\"s\"] || '!' FROM c WHERE c.o['p'] = 1", ["b!"]),
    ("SELECT VALUE UPPER(SUBSTRING(CONCAT(c.s, 'xyz'), 1, 2)) FROM c WHERE c.id = '6'", ["BC"]),
    ("SELECT VALUE [LENGTH(c.s), INDEX_OF(c.s, 'c'), REPLACE(c.s, 'b', 'BB'), LEFT(c.s, 1), RIGHT(c.s, 1), REVERSE(c.s)] FROM c WHERE c.id = '6'",
     [[3, 2, "aBBc", "a", "c", "cba"]]),
    ("SELECT VALUE [ABS(c.n), FLOOR(1.5), CEILING(1.5), ROUND(2.5), POWER(2, 10), 7 % 3, 6 & 3, 1 << 4] FROM c WHERE c.id = '5'", [[7, 1, 2, 3, 1024, 1, 2, 16]]),
    ("SELECT VALUE RegexMatch(c.s, '^a.c$') FROM c WHERE c.id = '6'", [True]),
    ("SELECT VALUE c.id FROM c WHERE STARTSWITH(c.s, 'AB', true) AND ENDSWITH(c.s, 'c') AND CONTAINS(c.s, 'b')", ["6"]),
    ("SELECT VALUE [IS_STRING(c.s), IS_NUMBER(c.n), IS_BOOL(c.n), IS_ARRAY(c.tags), IS_OBJECT(c.o), IS_NULL(c.n), IS_PRIMITIVE(c.s)] FROM c WHERE c.id = '1'",
     [[True, True, False, True, True, False, True]]),
    ("SELECT VALUE VectorDistance([1, 0], [0, 1])", [0]),
    ("SELECT VALUE c.id FROM c WHERE c.s = @s", ["3"]),
    ("SELECT VALUE c.id FROM c WHERE c.s = @p1 AND c.id != @p", ["6"]),
]
ORDERED = [
    ("SELECT VALUE c.id FROM c ORDER BY c.n", ["3", "4", "5", "2", "1", "6"]),
    ("SELECT VALUE c.id FROM c ORDER BY c.n DESC", ["6", "1", "2", "5", "4", "3"]),
    ("SELECT c.id, c.n FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n", [{"id": "5", "n": -7}, {"id": "2", "n": 1.5}, {"id": "1", "n": 3}]),
    ("SELECT VALUE c.id FROM c ORDER BY c.id DESC OFFSET 1 LIMIT 3", ["5", "4", "3"]),
    ("SELECT TOP 2 VALUE c.id FROM c ORDER BY c.id", ["1", "2"]),
    ("SELECT * FROM c WHERE IS_DEFINED(c.at) ORDER BY c.at DESC OFFSET 0 LIMIT @l", ["4", "3"]),
    ("SELECT VALUE c.id FROM c ORDER BY c.id OFFSET 10 LIMIT 5", []),
]
TOTALS = [
    ("SELECT VALUE COUNT(1) FROM c", [6]), ("SELECT VALUE COUNT(1) FROM c WHERE c.n > 100", [0]),
    ("SELECT VALUE SUM(c.n) FROM c WHERE IS_NUMBER(c.n)", [-2.5]), ("SELECT VALUE MAX(c.at) FROM c", ["2026-01-04T00:00:00Z"]),
    ("SELECT VALUE MIN(c.n) FROM c WHERE IS_NUMBER(c.n)", [-7]), ("SELECT VALUE AVG(c.n) FROM c WHERE IS_NUMBER(c.n)", [-2.5 / 3]),
]
PARAMETERS = {"@s": "ü\"'\\", "@p": "1", "@p1": "abc", "@l": 2}


def used(query):
    import re
    return {name: PARAMETERS[name] for name in re.findall(r"@\w+", query)}


@pytest.mark.parametrize("mode", ["lenient", "strict"])
class TestAnswers:
    @pytest.mark.parametrize("query, expected", QUERIES)
    def test_rows(self, containers, mode, query, expected):
        assert sorted(map(repr, ask(containers[mode], query, used(query)))) == sorted(map(repr, expected))

    @pytest.mark.parametrize("query, expected", ORDERED)
    def test_ordered(self, containers, mode, query, expected):
        if mode == "strict" and query.endswith(("c.n", "c.n DESC")) and "IS_NUMBER" not in query:
            # The SDK merges the partitions by itself, and gives up on values of several types.
            with pytest.raises((TypeError, ValueError)):
                ask(containers[mode], query, used(query))
            return
        rows = ask(containers[mode], query, used(query))
        if query.startswith("SELECT *"):
            rows = [row["id"] for row in rows]
        assert rows == expected

    @pytest.mark.parametrize("query, expected", TOTALS)
    def test_totals(self, containers, mode, query, expected):
        assert ask(containers[mode], query) == pytest.approx(expected) if isinstance(expected[0], float) else ask(containers[mode], query) == expected

    def test_distinct(self, containers, mode):
        assert sorted(ask(containers[mode], "SELECT DISTINCT VALUE c.pk FROM c")) == ["a", "b", "c"]
        assert ask(containers[mode], "SELECT DISTINCT VALUE c.pk FROM c ORDER BY c.pk DESC") == ["c", "b", "a"]

    @pytest.mark.parametrize("size", [1, 2, 100])
    def test_pages(self, containers, mode, size):
        query = "SELECT VALUE c.id FROM c ORDER BY c.pk DESC"
        pages = containers[mode].query_items(query, enable_cross_partition_query=True, max_item_count=size).by_page()
        got = [list(page) for page in pages]
        assert sorted(sum(got, [])) == ["1", "2", "3", "4", "5", "6"] and all(len(page) <= size for page in got)
        assert [{"5": "c", "6": "c", "3": "b", "4": "b", "1": "a", "2": "a"}[i] for i in sum(got, [])] == list("ccbbaa")


class TestRanges:
    """Four ranges: each item is in exactly one, whoever asks."""

    def test_feed_ranges(self, containers):
        container = containers["strict"]
        ranges = list(container.read_feed_ranges())
        assert len(ranges) == 4
        parts = [[i["id"] for i in container.query_items("SELECT * FROM c", feed_range=r)] for r in ranges]
        assert sorted(sum(parts, [])) == ["1", "2", "3", "4", "5", "6"]
        changes = [[i["id"] for i in container.query_items_change_feed(start_time="Beginning", feed_range=r)] for r in ranges]
        assert [sorted(c) for c in changes] == [sorted(p) for p in parts]

    def test_change_feed_over_all(self, containers):
        feed = [i["id"] for i in containers["strict"].query_items_change_feed(start_time="Beginning")]
        assert sorted(feed) == ["1", "2", "3", "4", "5", "6"]

    def test_hierarchical_prefixes(self, strict, name):
        database = Clients(strict, "sync").cosmos().create_database(name)
        container = database.create_container("h", PartitionKey(path=["/t", "/u"], kind="MultiHash"))
        for number in range(40):
            container.create_item({"id": str(number), "t": f"t{number % 5}", "u": str(number)})
        for tenant in range(5):
            found = container.query_items("SELECT VALUE c.id FROM c", partition_key=[f"t{tenant}"])
            assert sorted(map(int, found)) == list(range(tenant, 40, 5))


class TestGroups:
    def test_groups(self, containers):
        rows = ask(containers["lenient"], "SELECT c.pk, COUNT(1) AS n, MAX(c.id) AS last FROM c GROUP BY c.pk")
        assert sorted(rows, key=lambda row: row["pk"]) == [
            {"pk": "a", "n": 2, "last": "2"}, {"pk": "b", "n": 2, "last": "4"}, {"pk": "c", "n": 2, "last": "6"}]
        assert ask(containers["lenient"], "SELECT COUNT(1), SUM(c.n) FROM c WHERE IS_NUMBER(c.n)", partition_key="a") == [{"$1": 2, "$2": 4.5}]
        assert ask(containers["lenient"], "SELECT MIN(c.none) FROM c", partition_key="a") == [{}]

    @pytest.mark.parametrize("mode", ["lenient", "strict"])
    def test_in_one_partition(self, containers, mode):
        assert ask(containers[mode], "SELECT c.id FROM c ORDER BY c.n DESC OFFSET 0 LIMIT 1", partition_key="a") == [{"id": "1"}]
        assert ask(containers[mode], "SELECT VALUE COUNT(1) FROM c", partition_key="b") == [2]


class TestTokens:
    @pytest.fixture
    def container(self, emulator, name):
        database = Clients(emulator, "sync").cosmos().create_database(name)
        container = database.create_container("c", PartitionKey("/pk"))
        # Many ties, and texts too long for a token.
        self.rows = [{"id": f"{n:03}", "pk": "a", "group": n % 3, "text": "x" * (n * 40) + str(n)} for n in range(50)]
        random.Random(1).shuffle(self.rows)
        for row in self.rows:
            container.create_item(dict(row))
        return container

    @pytest.mark.parametrize("order", ["c.group", "c.group DESC", "c.text", "c.text DESC", "c.group DESC, c.id", None])
    def test_pages_are_the_whole(self, container, order):
        query = "SELECT VALUE c.id FROM c" + (f" ORDER BY {order}" if order else "")
        whole = ask(container, query, partition_key="a")
        assert sorted(whole) == [f"{n:03}" for n in range(50)]
        for size in (1, 7):
            pages = container.query_items(query, partition_key="a", max_item_count=size).by_page()
            assert [row for page in pages for row in page] == whole

    def test_writes_and_restarts_in_between(self, emulator, container):
        query = "SELECT VALUE c.id FROM c ORDER BY c.id"
        pages = container.query_items(query, partition_key="a", max_item_count=10).by_page()
        first = list(next(pages))
        token = pages.continuation_token
        container.create_item({"id": "0005", "pk": "a"})
        container.delete_item("003", "a")
        container.delete_item("009", "a")
        container.upsert_item({"id": "030", "pk": "a", "again": 1})
        emulator.kill()
        emulator.start()
        rest = container.query_items(query, partition_key="a", max_item_count=10).by_page(token)
        assert first + [row for page in rest for row in page] == [f"{n:03}" for n in range(50)]

    @pytest.mark.parametrize("token", ["garbage", "eyJxIjoxfQ", "x" * 500])
    def test_garbage(self, container, token):
        with pytest.raises(CosmosHttpResponseError) as caught:
            list(container.query_items("SELECT * FROM c", partition_key="a").by_page(token))
        assert caught.value.status_code == 400

    def test_of_another_query(self, container):
        pages = container.query_items("SELECT * FROM c", partition_key="a", max_item_count=1).by_page()
        next(pages)
        with pytest.raises(CosmosHttpResponseError) as caught:
            list(container.query_items("SELECT c.id FROM c", partition_key="a").by_page(pages.continuation_token))
        assert caught.value.status_code == 400


class TestBadQueries:
    @pytest.mark.parametrize("query", [
        "", "SELEC * FROM c", "SELECT * FROM c WHERE", "SELECT * FROM c WHERE c.id = 'open", "SELECT * FROM c WHERE c.id = \"a'",
        "SELECT x.id FROM c", "SELECT VALUE NOSUCH(c.a) FROM c", "SELECT * FROM c WHERE c.id = @missing", "SELECT * FROM c OFFSET 1",
        "SELECT c.n, COUNT(1) FROM c", "SELECT * FROM c ORDER c.x", "SELECT * FROM c JOIN m IN c.a", "SELECT LOWER() FROM c",
        "SELECT * FROM c WHERE " + "(" * 3000 + "1", "SELECT * FROM c; DROP", "SELECT VALUE '\\q' FROM c", "SELECT VALUE 1e999e FROM c",
        "SELECT * FROM c WHERE " + "NOT " * 5000 + "true", "SELECT VALUE " + "-" * 1 + "~" * 5000 + "1"])
    def test_are_refused(self, containers, query):
        with pytest.raises(CosmosHttpResponseError) as caught:
            ask(containers["lenient"], query, partition_key="a")
        assert caught.value.status_code == 400

    def test_the_message_shows_the_place(self, containers):
        with pytest.raises(CosmosHttpResponseError) as caught:
            ask(containers["lenient"], "SELECT * FORM c", partition_key="a")
        assert "SC1001" in str(caught.value) and "FORM" in str(caught.value)

    def test_a_text_is_never_code(self, containers):
        for text in ("' OR true --", "1' OR '1'='1", "\" OR 1=1", "'; DROP"):
            assert ask(containers["lenient"], "SELECT * FROM c WHERE c.id = @id", {"@id": text}, partition_key="a") == []

    def test_ranges_have_to_be_asked_for(self, emulator, containers):
        link = "dbs/queries/colls/items"
        fields = {"Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True"}
        answer = cosmos("POST", emulator.url("cosmos"), f"/{link}/docs", "docs", link, {"query": "SELECT * FROM c"}, fields)
        assert answer.status == 400 and "Cross partition query is required but disabled" in answer.json["message"]
        fields["x-ms-documentdb-query-enablecrosspartition"] = "True"
        assert cosmos("POST", emulator.url("cosmos"), f"/{link}/docs", "docs", link, {"query": "SELECT * FROM c"}, fields).status == 200
