"""Key Vault and identities by Microsoft's own SDKs, synchronous and asynchronous."""
import datetime, os

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from emulators import CLIENT_SECRET, IDENTITY_HEADER, TENANT
from stack import request

VAULT = "https://vault.azure.net/.default"


@pytest.fixture
def vault(clients):
    return clients.vault(retry_total=0)


@pytest.fixture
def secret():
    return "s-" + os.urandom(6).hex()


def code(call, *arguments, **named):
    with pytest.raises(HttpResponseError) as caught:
        call(*arguments, **named)
    return caught.value.status_code, caught.value.error.code if caught.value.error else None


class TestSecrets:
    @pytest.mark.one_style
    @pytest.mark.parametrize("value", ["plain", "", "quotes \"'\\", "lines\n\r\n", "\U0001F600", "x" * 25600])
    def test_values(self, vault, secret, value):
        made = vault.set_secret(secret, value)
        assert vault.get_secret(secret).value == value and len(made.properties.version) == 32

    def test_versions(self, vault, secret):
        versions = [vault.set_secret(secret, f"v{index}", tags={"n": str(index)}, content_type="text/x").properties.version for index in range(3)]
        assert vault.get_secret(secret).value == "v2"
        assert vault.get_secret(secret, versions[0]).value == "v0"
        assert [v.version for v in vault.list_properties_of_secret_versions(secret)] == versions
        assert vault.get_secret(secret).properties.tags == {"n": "2"} and vault.get_secret(secret).properties.content_type == "text/x"
        assert vault.set_secret(secret, "v2").properties.version not in versions
        with pytest.raises(ResourceNotFoundError):
            vault.get_secret(secret, "0" * 32)

    def test_attributes(self, vault, secret):
        until = datetime.datetime(2030, 1, 2, tzinfo=datetime.timezone.utc)
        vault.set_secret(secret, "kept", expires_on=until, not_before=until, enabled=True)
        properties = vault.update_secret_properties(secret, content_type="new", tags={"a": "b"})
        assert properties.content_type == "new" and properties.expires_on == until and properties.not_before == until
        assert vault.get_secret(secret).value == "kept", "neither times nor updates touch the value"
        vault.update_secret_properties(secret, enabled=False)
        assert code(vault.get_secret, secret) == (403, "Forbidden")
        vault.update_secret_properties(secret, enabled=True)
        assert vault.get_secret(secret).value == "kept"

    def test_names_compare_without_case(self, vault, secret):
        vault.set_secret(secret, "one")
        vault.set_secret(secret.upper(), "two")
        assert vault.get_secret(secret).value == "two" and vault.get_secret(secret.upper()).name == secret

    @pytest.mark.one_style
    @pytest.mark.parametrize("bad", ["under_score", "dot.dot", "x" * 128])
    def test_bad_names(self, vault, bad):
        assert code(vault.set_secret, bad, "x") == (400, "BadParameter")

    @pytest.mark.one_style
    def test_limits(self, vault, secret):
        assert code(vault.set_secret, secret, "x" * 25601) == (400, "BadParameter")
        assert code(vault.set_secret, secret, "x", tags={str(n): "" for n in range(16)}) == (400, "BadParameter")

    def test_pages_while_secrets_are_added(self, vault, secret):
        names = [f"{secret}-{index:02}" for index in range(30)]
        for name in names:
            vault.set_secret(name, "x")
        pages = iter(vault.list_properties_of_secrets().by_page())
        seen = [p.name for p in next(pages)]
        vault.set_secret(f"{secret}-new", "x")
        vault.set_secret(names[0], "again")
        seen += [p.name for page in pages for p in page]
        own = [name for name in seen if name.startswith(secret)]
        assert own == names + [f"{secret}-new"]

    def test_deletion_and_recovery(self, vault, secret):
        vault.set_secret(secret, "old")
        vault.set_secret(secret, "new")
        poller = vault.begin_delete_secret(secret) if hasattr(vault, "begin_delete_secret") and not hasattr(vault, "_target") else vault.delete_secret(secret)
        deleted = poller.result() if hasattr(poller, "result") else poller
        assert deleted.name == secret and deleted.recovery_id and deleted.scheduled_purge_date > deleted.deleted_date
        with pytest.raises(ResourceNotFoundError):
            vault.get_secret(secret)
        assert code(vault.set_secret, secret, "x") == (409, "Conflict")
        assert vault.get_deleted_secret(secret).name == secret
        assert secret in [d.name for d in vault.list_deleted_secrets()]
        assert secret not in [p.name for p in vault.list_properties_of_secrets()]
        if hasattr(vault, "_target"):
            vault.recover_deleted_secret(secret)
        else:
            vault.begin_recover_deleted_secret(secret).wait()
        assert vault.get_secret(secret).value == "new"
        if hasattr(vault, "_target"):
            vault.delete_secret(secret)
        else:
            vault.begin_delete_secret(secret).wait()
        vault.purge_deleted_secret(secret)
        with pytest.raises(ResourceNotFoundError):
            vault.get_deleted_secret(secret)
        vault.set_secret(secret, "fresh")
        assert len(list(vault.list_properties_of_secret_versions(secret))) == 1

    def test_backup(self, vault, secret):
        vault.set_secret(secret, "one")
        vault.set_secret(secret, "two", tags={"a": "b"})
        backup = vault.backup_secret(secret)
        assert code(vault.restore_secret_backup, backup) == (409, "Conflict")
        if hasattr(vault, "_target"):
            vault.delete_secret(secret)
        else:
            vault.begin_delete_secret(secret).wait()
        vault.purge_deleted_secret(secret)
        vault.restore_secret_backup(backup)
        assert vault.get_secret(secret).value == "two" and len(list(vault.list_properties_of_secret_versions(secret))) == 2

    def test_throttling(self, clients, secret):
        vault = clients.vault(retry_backoff_factor=0.1)
        vault.set_secret(secret, "x")
        clients.emulator.fault("vault", status=429, count=2, retryAfterMilliseconds=500)
        assert vault.get_secret(secret).value == "x"
        clients.emulator.fault("vault", status=429)
        assert vault.get_secret(secret).value == "x"

    def test_a_restart_keeps_them(self, clients, vault, secret):
        vault.set_secret(secret, "kept")
        clients.emulator.kill()
        clients.emulator.start()
        assert clients.vault().get_secret(secret).value == "kept"


class TestAccess:
    def test_challenge(self, emulator, secret):
        url = f"{emulator.url('vault')}/secrets/{secret}?api-version=7.4"
        answer = request("PUT", url, b"")
        assert answer.status == 401 and "AKV10000" in answer.json["error"]["message"]
        assert 'resource="https://vault.azure.net"' in answer.headers["WWW-Authenticate"]

    def token(self, emulator, resource="https://vault.azure.net", **headers):
        return request("GET", f"{emulator.url('identity')}/msi/token?api-version=2019-08-01&resource={resource}",
                       headers={"X-IDENTITY-HEADER": IDENTITY_HEADER, **headers})

    def test_the_empty_first_request_makes_nothing(self, clients, emulator, secret):
        clients.vault().set_secret(secret, "body intact")
        assert len(list(clients.vault().list_properties_of_secret_versions(secret))) == 1

    def test_versions_of_the_api(self, emulator):
        token = self.token(emulator).json["access_token"]
        headers = {"Authorization": "Bearer " + token}
        base = emulator.url("vault") + "/secrets"
        assert request("GET", base, headers=headers).json["error"]["code"] == "BadParameter"
        assert request("GET", base + "?api-version=soon", headers=headers).status == 400
        for version in ("7.4", "7.6", "2025-07-01", "2026-04-01", "2027-01-01-preview"):
            assert request("GET", base + "?api-version=" + version, headers=headers).status == 200
        assert request("GET", emulator.url("vault") + "/keys?api-version=7.4", headers=headers).status == 501

    def test_wrong_tokens(self, emulator):
        url = emulator.url("vault") + "/secrets?api-version=7.4"
        storage = self.token(emulator, "https://storage.azure.com/").json["access_token"]
        for token, why in [(storage, "AKV10022"), ("a.b.c", "AKV"), (storage[:-3] + "abc", "AKV")]:
            answer = request("GET", url, headers={"Authorization": "Bearer " + token})
            assert answer.status == 401 and why in answer.json["error"]["message"]
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_an_expired_token_is_fetched_anew_once(self, clients, secret):
        vault = clients.vault(retry_total=0)
        vault.set_secret(secret, "x")
        clients.emulator.admin("POST", "tokens", {"expireAll": True})
        with pytest.raises(HttpResponseError):
            # The credential's own cache does not know; a new credential does.
            vault.get_secret(secret)
        assert clients.vault(clients.credential()).get_secret(secret).value == "x"

    def test_the_resource_check(self, clients, secret):
        checked = clients.make(
            "azure.keyvault.secrets", "SecretClient", clients.emulator.url("vault", secure=True), clients.credential(),
            connection_verify=clients.emulator.authority)
        with pytest.raises(ValueError):
            checked.get_secret(secret)

    @pytest.mark.one_style
    def test_a_name_that_passes_the_resource_check(self, clients, emulator, secret, monkeypatch):
        import socket
        known = socket.getaddrinfo
        # As systemd-resolved does it; not every machine that runs the tests has it.
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **named: known(
            "127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **named))
        checked = clients.make(
            "azure.keyvault.secrets", "SecretClient", f"https://mine.vault.localhost:{emulator.ports['vault']}",
            clients.credential(), connection_verify=emulator.authority)
        checked.set_secret(secret, "checked")
        assert checked.get_secret(secret).value == "checked"
        assert checked.get_secret(secret).id.startswith("https://mine.vault.localhost")


class TestIdentities:
    def test_functions(self, emulator):
        url = f"{emulator.url('identity')}/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net"
        good = request("GET", url, headers={"X-IDENTITY-HEADER": IDENTITY_HEADER, "Metadata": "true"}).json
        assert isinstance(good["expires_on"], str) and good["token_type"] == "Bearer" and "expires_in" not in good
        assert request("GET", url).status == 401
        assert request("GET", url, headers={"X-IDENTITY-HEADER": "wrong"}).status == 401
        for unknown in ("00000000-0000-0000-0000-000000000000", "abc"):
            assert request("GET", f"{url}&client_id={unknown}", headers={"X-IDENTITY-HEADER": IDENTITY_HEADER}).status == 400

    def test_user_assigned(self, clients, emulator, secret):
        made = emulator.admin("POST", "identities", {"name": "assigned-" + secret})
        assert made.status == 201
        identity = made.json
        assert identity in emulator.admin("GET", "identities").json["identities"]
        for chosen in ({"client_id": identity["clientId"]},
                       {"identity_config": {"object_id": identity["principalId"]}},
                       {"identity_config": {"resource_id": identity["resourceId"]}}):
            vault = clients.vault(clients.credential("ManagedIdentityCredential", **chosen))
            vault.set_secret(secret, "x")
            assert vault.get_secret(secret).value == "x"
        with pytest.raises(ClientAuthenticationError):
            clients.credential("ManagedIdentityCredential", client_id=identity["principalId"]).get_token(VAULT)
        assert emulator.admin("DELETE", "identities/assigned-" + secret).status == 204
        with pytest.raises(ClientAuthenticationError):
            clients.credential("ManagedIdentityCredential", client_id=identity["clientId"]).get_token(VAULT)

    def test_machines(self, clients, emulator, monkeypatch):
        url = f"{emulator.url('identity')}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net"
        good = request("GET", url, headers={"Metadata": "true"}).json
        assert good["expires_in"].isdigit() and good["expires_on"].isdigit()
        assert request("GET", url).status == 400
        assert request("GET", url, headers={"Metadata": "true", "X-Forwarded-For": "1.2.3.4"}).status == 400
        monkeypatch.delenv("IDENTITY_ENDPOINT")
        monkeypatch.delenv("IDENTITY_HEADER")
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", emulator.url("identity"))
        assert clients.credential().get_token(VAULT).token

    def test_client_secret(self, clients, emulator, monkeypatch, secret):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", emulator.authority)
        def credential(value, scope=VAULT):
            return clients.credential(
                "ClientSecretCredential", tenant_id=TENANT, client_id="11111111-1111-1111-1111-111111111111", client_secret=value,
                authority=f"https://localhost:{emulator.ports['identity']}", disable_instance_discovery=True,
                connection_verify=emulator.authority)
        vault = clients.vault(credential(CLIENT_SECRET))
        vault.set_secret(secret, "x")
        with pytest.raises(ClientAuthenticationError) as caught:
            credential("wrong").get_token(VAULT)
        assert "AADSTS7000215" in str(caught.value)
        with pytest.raises(ClientAuthenticationError) as caught:
            credential(CLIENT_SECRET).get_token("https://unknown.example/.default")
        assert "AADSTS500011" in str(caught.value)

    def test_workload(self, clients, emulator, tmp_path):
        (tmp_path / "token").write_text("assertion")
        credential = clients.credential(
            "WorkloadIdentityCredential", tenant_id=TENANT, client_id="c", token_file_path=str(tmp_path / "token"),
            authority=f"https://localhost:{emulator.ports['identity']}", connection_verify=emulator.authority,
            disable_instance_discovery=True)
        assert credential.get_token(VAULT).token

    def test_short_and_failing_tokens(self, clients, emulator):
        emulator.admin("POST", "tokens", {"lifetimeSeconds": -10})
        assert clients.credential().get_token(VAULT).expires_on < 4_000_000_000
        answer = TestAccess().token(emulator).json
        used = request("GET", emulator.url("vault") + "/secrets?api-version=7.4", headers={"Authorization": "Bearer " + answer["access_token"]})
        assert used.status == 401 and "expired" in used.json["error"]["message"]
        emulator.admin("DELETE", "faults")
        emulator.fault("identity", status=500)
        assert clients.credential().get_token(VAULT).token, "the SDK tries again"
