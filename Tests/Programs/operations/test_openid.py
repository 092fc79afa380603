"""The account app as a program, with identity providers of others: Debian's glewlwyd and PyPI's oidc-provider-mock."""
import os, re, shutil, subprocess, tempfile, time, urllib.parse

import pytest

import accounts, identity
from accounts import ATTEMPT, PASSWORD, Account, Browser
from stack import PROGRAMS, request

PAGE = "https://docs.example.com"
CALLBACK = PAGE + "/api/account/oidc/%s/callback"
DONE = "/#signed-in"


@pytest.fixture(scope="module")
def glewlwyd():
    provider = identity.Glewlwyd(CALLBACK % "glewlwyd", PAGE + "/")
    if not provider.is_there:
        pytest.fail("glewlwyd is missing: scripts/setup test installs it")
    with provider:
        provider.add("ann", "the password of ann", "ann@example.com", groups=["staff", "leads"])
        provider.add("bob", "the password of bob", "bob@example.com", groups=["staff"])
        provider.add("eve", "the password of eve", "ann@example.com", verified="no")
        yield provider


@pytest.fixture(scope="module")
def mock():
    with identity.Mock() as provider:
        yield provider


@pytest.fixture(scope="module")
def house(glewlwyd, mock):
    """Two processes of the app, and the first administrator, who has a password."""
    folder = tempfile.mkdtemp(prefix="apus-openid-log-")
    settings = {
        "APUS_SIGN_IN": "local,oidc",
        **glewlwyd.settings("GLEWLWYD", SCOPES="openid", ROLES="staff=default:reader,leads=default:owner"),
        **mock.settings("MOCK", LABEL="Mock & Co", PEOPLE="new", REQUIRE="org=example")}
    with accounts.database() as database:
        one, two = (Account(database, folder, name, settings) for name in ("one", "two"))
        try:
            boss = Browser(one)
            assert boss("POST", "accept", {"token": one.first_token(), "login": "boss", "password": PASSWORD}).status == 200
            yield one, two, boss
            for account in (one, two):
                assert glewlwyd.secret not in account.log and "eyJ" not in account.log
        finally:
            for account in (one, two):
                account.stop()
            shutil.rmtree(folder, ignore_errors=True)


def start(browser, provider, **headers):
    """Where a browser is sent."""
    answer = browser("GET", f"oidc/{provider}/start", headers={"Accept": "application/json", **headers})
    assert answer.status == 200, answer.body
    return answer.json["address"]


def back(browser, location):
    """Comes back from a provider; returns where the browser is led then."""
    parts = urllib.parse.urlsplit(location)
    assert location.startswith(PAGE + "/api/account/oidc/"), location
    answer = browser("GET", parts.path.removeprefix("/api/account/") + "?" + parts.query)
    assert answer.status == 303 and not answer.body
    return answer.headers["Location"]


def test_the_page_learns_which_providers_there_are(house):
    one, _, _ = house
    assert Browser(one)("GET", "sign-in").json == {
        "ways": ["local", "oidc"], "needsFirst": False,
        "providers": [{"id": "glewlwyd", "label": "Glewlwyd"}, {"id": "mock", "label": "Mock & Co"}]}


def test_glewlwyd_signs_in_whom_an_administrator_has_added(house, glewlwyd):
    one, two, boss = house
    ann = Browser(one)
    come = lambda browser: back(browser, glewlwyd.sign_in(start(browser, "glewlwyd"), "ann", "the password of ann"))
    assert come(ann) == "/#sign-in-problem=not_admitted"
    assert boss("POST", "people", {"login": "ann@example.com"}).status == 201
    assert come(ann) == DONE
    me = ann("GET", "me").json
    assert me["person"]["login"] == "ann@example.com" and me["workspace"]["role"] == "owner"
    # An address that glewlwyd has not verified is nobody's.
    eve = Browser(one)
    assert back(eve, glewlwyd.sign_in(start(eve, "glewlwyd"), "eve", "the password of eve")) == "/#sign-in-problem=not_admitted"
    # Begun at one process and ended at another; what is written in groups now counts.
    glewlwyd.change("ann", name="Ann", email="ann@example.com", verified="yes", groups=["staff"], enabled=True, scope=["openid"])
    location = glewlwyd.sign_in(start(ann, "glewlwyd"), "ann", "the password of ann")
    ann.account = two
    assert back(ann, location) == DONE
    assert ann("GET", "me").json["workspace"]["role"] == "reader"


def test_an_attempt_counts_once_and_in_one_browser(house, glewlwyd):
    one, two, boss = house
    boss("POST", "people", {"login": "bob@example.com"})
    bob, other = Browser(one), Browser(one)
    location = glewlwyd.sign_in(start(bob, "glewlwyd"), "bob", "the password of bob")
    assert back(other, location) == "/#sign-in-problem=expired"
    again = bob.copy(two)
    assert back(bob, location) == DONE
    assert ATTEMPT not in bob.jar
    # In another process, with the same cookie.
    assert back(again, location) == "/#sign-in-problem=expired"
    # The same code in another attempt: the provider refuses it.
    fresh = Browser(two)
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(start(fresh, "glewlwyd")).query)["state"][0]
    assert back(fresh, re.sub(r"state=[^&]*", "state=" + state, location)) == "/#sign-in-problem=refused"


def test_signing_out_ends_the_session_at_glewlwyd(house, glewlwyd):
    one, _, boss = house
    boss("POST", "people", {"login": "bob@example.com"})
    bob = Browser(one)
    assert back(bob, glewlwyd.sign_in(start(bob, "glewlwyd"), "bob", "the password of bob")) == DONE
    answer = bob("POST", "sign-out")
    address = answer.json["signOutAt"]
    assert answer.status == 200 and address.startswith(glewlwyd.issuer + "/end_session?")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    assert query["post_logout_redirect_uri"] == [PAGE + "/"] and query["id_token_hint"][0].count(".") == 2
    # Glewlwyd takes the token for its own, and asks in its page whether it is meant.
    at = request("GET", address, follows=False)
    assert at.status == 302 and "prompt=end_session" in at.headers["Location"]
    assert bob("GET", "me").status == 401


def test_an_invitation_is_accepted_at_a_provider(house, mock):
    one, _, boss = house
    link = boss("POST", "people", {"login": "carol", "workspaces": [{"id": "default", "role": "editor"}]}).json["link"].split("=", 1)[1]
    carol = Browser(one)
    mock.set("carol-at-mock", org="example")
    assert back(carol, mock.sign_in(start(carol, "mock", **{"x-apus-link": link}), "carol-at-mock")) == DONE
    me = carol("GET", "me").json
    assert me["person"]["login"] == "carol" and me["workspace"]["role"] == "editor"
    refused = carol("GET", "oidc/mock/start", headers={"Accept": "application/json", "x-apus-link": link})
    assert refused.status == 404 and "does not count" in refused.json["detail"]


def test_people_are_made_where_the_settings_want_it(house, mock):
    one, _, boss = house
    mock.set("dave", email="dave@example.com", email_verified=True, name="Dave", org="elsewhere")
    dave = Browser(one)
    assert back(dave, mock.sign_in(start(dave, "mock"), "dave")) == "/#sign-in-problem=outside"
    mock.set("dave", email="dave@example.com", email_verified=True, name="Dave", org="example")
    assert back(dave, mock.sign_in(start(dave, "mock"), "dave")) == DONE
    me = dave("GET", "me").json
    assert me["person"]["name"] == "Dave" and me["workspaces"] == [] and me["administrator"] is False
    # Deactivated, removed and come again: nobody stays in by what they had.
    assert boss("PATCH", f"people/{me['person']['id']}", {"active": False}).status == 200
    assert back(dave, mock.sign_in(start(dave, "mock"), "dave")) == "/#sign-in-problem=not_admitted"


def test_who_gives_up_at_the_provider_is_told_so(house, mock):
    one, _, _ = house
    browser = Browser(one)
    location = mock.answer(start(browser, "mock"), action="deny")
    if "state=" not in location:
        # The mock leaves it out of refusals, which a provider must not: then nobody can tell whose it is.
        assert back(browser, location) == "/#sign-in-problem=expired"
        state = urllib.parse.parse_qs(urllib.parse.urlsplit(start(browser, "mock")).query)["state"][0]
        location += "&state=" + state
    assert back(browser, location) == "/#sign-in-problem=refused"


def test_a_provider_that_is_gone_is_said_and_comes_back(house, mock):
    one, two, _ = house
    mock.set("fay", email="fay@example.com", email_verified=True, org="example")
    fay = Browser(one)
    location = mock.sign_in(start(fay, "mock"), "fay")
    mock.stop()
    assert back(fay, location) == "/#sign-in-problem=unavailable"
    two.kill()
    two.start()
    fresh = Browser(two)
    answer = fresh("GET", "oidc/mock/start", headers={"Accept": "application/json"})
    assert answer.status == 503 and "try again" in answer.json["detail"]
    assert fresh("GET", "oidc/mock/start").headers["Location"] == "/#sign-in-problem=unavailable"
    mock.start()
    mock.set("fay", email="fay@example.com", email_verified=True, org="example")
    until(lambda: fresh("GET", "oidc/mock/start", headers={"Accept": "application/json"}).status == 200)
    # It has another key since its start.
    assert back(fresh, mock.sign_in(start(fresh, "mock"), "fay")) == DONE


def until(condition, limit=20):
    end = time.time() + limit
    while not condition():
        assert time.time() < end
        time.sleep(0.3)


def test_settings_that_are_wrong_are_said_at_start(glewlwyd):
    settings = {**glewlwyd.settings("A", ROLES="staff=default", PEOPLE="all"), "APUS_OIDC_A_ISSUER": "http://login.example.com"}
    environment = {
        "PATH": os.environ["PATH"], "FUNCTIONS_CUSTOMHANDLER_PORT": "1", "APUS_DATABASE_URL": "host=127.0.0.1 port=1",
        "APUS_SIGN_IN": "oidc", **settings}
    ended = subprocess.run([os.path.join(PROGRAMS, "account-function")], env=environment, capture_output=True, timeout=30)
    said = ended.stderr.decode()
    assert ended.returncode != 0
    for name in ("APUS_OIDC_A_ISSUER", "APUS_OIDC_A_ROLES", "APUS_OIDC_A_PEOPLE", "APUS_SIGNING_KEYS", "APUS_PAGE_URL"):
        assert name in said, said
    assert glewlwyd.secret not in said
