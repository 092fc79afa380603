"""What each part of a running Apus has: its own variables, its own sockets, few rights; and who can read its data."""
import os, pwd, stat, subprocess, time

import pytest

import stack as stacks

SECRETS = {
    "OPENAI_API_KEY": "geheim-openai-4711", "GEMINI_API_KEY": "geheim-gemini-4711", "BRAVE_SEARCH_KEY": "geheim-brave-4711", "APUS_FUNCTIONS_KEY": "geheim-functions-4711",
    "APUS_BACKUP_KEY": "geheim-backup-4711", "SOMEBODYS_SECRET": "geheim-somebody-4711", "PGPASSWORD": "geheim-postgres-4711"}
APPS = {"chat", "upload", "history", "account"}
# Who may know what; the last four are the stack's own.
OWNERS = {
    "OPENAI_API_KEY": {"functions-host", "chat"}, "GEMINI_API_KEY": {"functions-host", "chat"}, "BRAVE_SEARCH_KEY": {"functions-host", "chat"}, "APUS_FUNCTIONS_KEY": {"vm-server"},
    "APUS_BACKUP_KEY": set(), "SOMEBODYS_SECRET": set(), "PGPASSWORD": {"functions-host", *APPS},
    "AzureWebJobsStorage": {"functions-host", "upload", "history"}, "APUS_COSMOS_KEY": {"functions-host", "chat", "history"},
    "APUS_DATABASE_URL": {"functions-host", *APPS}, "APUS_SIGNING_KEYS": {"functions-host", *APPS}}
PARTS = {"postgres", "azure-emulator", "vm-server", "functions-host", *APPS}
AS_ANOTHER = """
import os, sys
for folder, folders, files in os.walk(sys.argv[1]):
    for name in files:
        try:
            with open(os.path.join(folder, name), "rb") as file:
                file.read(1)
            print(os.path.join(folder, name))
        except OSError:
            pass
"""


@pytest.fixture(scope="module")
def apus():
    own = stacks.Stack({**SECRETS, "APUS_MODELS": "extractive"})
    # A folder that `apus up` makes by itself, inside one that everybody may look into, by a caller with no mask at all.
    folder, own.data = own.data, os.path.join(own.data, "data")
    mask = os.umask(0)
    try:
        with open(os.path.join(folder, "log.txt"), "ab") as log:
            own.process = subprocess.Popen(
                [os.path.join(stacks.PROGRAMS, "apus"), "up", "--data", own.data, "--port", str(own.port), "--base-port", str(own.base)],
                stdout=log, stderr=subprocess.STDOUT, env=own.environment, start_new_session=True)
    finally:
        os.umask(mask)
    own.read_log = lambda: open(os.path.join(folder, "log.txt"), errors="replace").read()
    try:
        end = time.time() + 90
        while True:
            try:
                if stacks.request("GET", own.url + "/health", timeout=20).status == 200:
                    break
            except OSError:
                pass
            assert time.time() < end and own.process.poll() is None, own.read_log()[-3000:]
            time.sleep(0.1)
        for name, content in [("secret.txt", b"The vault opens with 4711-swordfish, says Matilde."), ("large.txt", b"Words of a secret. " * 20_000)]:
            own.wait_settled(own.upload(name, content).json["documents"][0]["id"])
        assert own.call("POST", "/api/chat", {"message": "What opens the vault?"}).status == 200
        yield own
    finally:
        own.data = folder
        own.remove()


def environment(pid):
    with open(f"/proc/{pid}/environ", "rb") as file:
        return dict(line.split("=", 1) for line in file.read().decode().split("\0") if "=" in line)


def test_each_part_gets_its_own_secrets_only(apus):
    processes = apus.processes()
    assert PARTS <= set(processes), processes
    variables = {part: environment(processes[part]) for part in PARTS}
    for name, owners in OWNERS.items():
        assert {part for part in PARTS if name in variables[part]} == owners, name
    # Nor does a secret stand in another variable, or on a command line.
    for name, value in SECRETS.items():
        assert {part for part in PARTS if any(value in text for text in variables[part].values())} == OWNERS[name]
    for part in PARTS:
        with open(f"/proc/{processes[part]}/cmdline") as file:
            assert "geheim" not in file.read(), part


def test_no_part_has_a_socket_or_a_file_of_another(apus):
    processes = apus.processes()
    sockets, files = {}, {}
    for part in PARTS:
        for descriptor in os.listdir(f"/proc/{processes[part]}/fd"):
            try:
                target = os.readlink(f"/proc/{processes[part]}/fd/{descriptor}")
            except OSError:
                continue
            if target.startswith("socket:"):
                sockets.setdefault(target, set()).add(part)
            elif target.startswith(apus.data):
                files.setdefault(target, set()).add(part)
    assert sockets and files
    assert not [(target, parts) for target, parts in [*sockets.items(), *files.items()] if len(parts) > 1]
    assert set.union(*files.values()) <= {"postgres", "azure-emulator", "vm-server"}


def test_root_lends_few_rights(apus):
    if os.geteuid() != 0:
        pytest.skip("only root has rights to lend")
    for part, pid in apus.processes().items():
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        # CAP_DAC_OVERRIDE and CAP_SETPCAP; PostgreSQL has a user of its own, and none.
        allowed = 0 if part == "postgres" else 1 << 1 | 1 << 8
        for name in ("CapPrm", "CapEff", "CapBnd"):
            assert int(status[name], 16) & ~allowed == 0, (part, name, status[name])
        assert int(status["CapInh"], 16) == 0 and int(status["CapAmb"], 16) == 0, part
        assert (status["Uid"].split()[0] == "0") == (part != "postgres"), part


def test_nobody_else_reads_the_data(apus):
    count, wide = 0, []
    for folder, folders, files in os.walk(apus.data):
        for name in folders + files:
            path = os.path.join(folder, name)
            count += 1
            # PostgreSQL closes its folder, and within it does as it likes.
            if "/postgres/" not in path + "/" and stat.S_IMODE(os.lstat(path).st_mode) & 0o077:
                wide.append((path, oct(os.lstat(path).st_mode)))
    assert count > 100 and not wide, wide
    assert stat.S_IMODE(os.stat(apus.data).st_mode) in (0o700, 0o710)
    assert stat.S_IMODE(os.stat(os.path.join(apus.data, "postgres")).st_mode) == 0o700
    if os.geteuid() != 0:
        pytest.skip("only root can try it as another user")
    nobody = pwd.getpwnam("nobody")

    def readable(folder):
        return subprocess.run(["/usr/bin/python3", "-c", AS_ANOTHER, folder], user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], capture_output=True, text=True, check=True).stdout.split()

    assert readable(apus.data) == []
    assert "/etc/passwd" in readable("/etc"), "it reads where it may"


def test_a_backup_is_for_its_owner_alone(apus, tmp_path):
    file = tmp_path / "apus.tar"
    mask = os.umask(0)
    try:
        made = subprocess.run([os.path.join(stacks.PROGRAMS, "apus"), "backup", str(file), "--data", apus.data], env=apus.environment, capture_output=True, text=True)
    finally:
        os.umask(mask)
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
