"""Backup, restore, verify and migrate: the real commands over real stores, in use, cut off, and handed bad files."""
import io, json, os, re, shutil, signal, subprocess, tarfile, threading, time, uuid

import pytest

import stack as stacks
from stack import PROGRAMS, Stack

TEXTS = {
    "rent.txt": "The rent of the office in Lyon is 4,200 euros a month. It is paid on the third working day.",
    "travel.md": "# Travel\n\nTrains are booked in second class. Flights need the consent of the team lead.",
    "menu.html": "<html><body><h1>Canteen</h1><p>On Fridays there is fish soup with saffron.</p></body></html>",
}
QUESTIONS = ["What is the rent of the office in Lyon?", "Who has to consent to flights?", "What is there on Fridays?"]


def command(*words, environment=None, limit=120):
    """Runs `apus` to its end."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("APUS_", "OPENAI_", "Azure"))}
    return subprocess.run(
        [os.path.join(PROGRAMS, "apus"), *map(str, words)], capture_output=True, text=True, timeout=limit,
        env={**clean, **(environment or {})})


def done(*words, **options):
    result = command(*words, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def refused(*words, **options):
    result = command(*words, **options)
    assert result.returncode != 0, result.stdout
    assert "Fatal error" not in result.stderr and len(result.stderr) < 2000, result.stderr
    return result.stderr


def fill(stack):
    """Documents and a chat; returns the ids and the questions' answers."""
    # An old version with tags, which is no longer searched.
    old = stack.call("POST", "/api/upload?name=rent.txt&tags=office", b"The rent of the office in Lyon is 3,900 euros a month.", {"Content-Type": "text/plain"})
    assert stack.wait_settled(old.json["documents"][0]["id"])["status"] == "ready"
    new = stack.call("POST", "/api/upload?name=rent.txt&onExisting=replace", TEXTS["rent.txt"].encode(), {"Content-Type": "text/plain"})
    assert new.status == 202, new.body
    ids = [stack.upload(name, text.encode()).json["documents"][0]["id"] for name, text in TEXTS.items()]
    assert all(stack.wait_settled(i)["status"] == "ready" for i in ids)
    chat = None
    for question in QUESTIONS:
        answer = stack.call("POST", "/api/chat", {"message": question, **({"chatId": chat} if chat else {})})
        assert answer.status == 200, answer.body
        chat = answer.json["chatId"]
    return ids, chat


def what_users_see(stack, chat):
    """Everything that has to be the same again: documents, pages, messages, and what is answered."""
    documents = sorted(stack.call("GET", "/api/documents?versions=all").json["documents"], key=lambda d: d["id"])
    pages = [stack.call("GET", f"/api/documents/{d['id']}/text?page=1").json for d in documents]
    contents = [stack.call("GET", f"/api/documents/{d['id']}/content").body for d in documents]
    answers = []
    for question in QUESTIONS:
        answer = stack.call("POST", "/api/ask", {"question": question}).json
        answers.append([answer[k] for k in ("text", "citations", "finishReason")] + [
            [(p["documentId"], p["start"], p["end"], p["score"]) for p in answer["passages"]]])
    return documents, pages, contents, stack.call("GET", f"/api/history/{chat}").json, answers


@pytest.fixture(scope="module")
def filled():
    stack = Stack()
    try:
        stack.start()
        yield stack, *fill(stack)
    finally:
        stack.remove()


@pytest.fixture(scope="module")
def archive(filled, tmp_path_factory):
    """A backup of the filled stack while it runs."""
    stack, _, _ = filled
    path = tmp_path_factory.mktemp("backup") / "all.tar.zst"
    output = done("backup", path, "--data", stack.data)
    assert "4 documents" in output and "1 chats, 6 messages" in output
    return path


def test_backup_wipe_restore_gives_identical_answers(filled, archive):
    stack, _, chat = filled
    before = what_users_see(stack, chat)
    assert "everything is there" in done("verify", "--data", stack.data)
    fresh = Stack()
    try:
        # Nothing runs there: the stores are started for the command alone.
        output = done("restore", archive, "--data", fresh.data)
        assert "Restored 4 documents" in output
        fresh.start()
        assert what_users_see(fresh, chat) == before
        assert "everything is there" in done("verify", "--data", fresh.data)
        assert "is not empty" in refused("restore", archive, "--data", fresh.data)
        # And goes on: what is new does not collide with what was restored.
        again = fresh.call("POST", "/api/chat", {"message": QUESTIONS[0], "chatId": chat})
        assert again.status == 200
        duplicate = fresh.upload("rent.txt", TEXTS["rent.txt"].encode())
        assert duplicate.json["documents"][0]["duplicate"] is True
    finally:
        fresh.remove()


def test_an_archive_is_for_its_owner_only_and_can_be_checked(archive):
    assert os.stat(archive).st_mode & 0o077 == 0
    assert "is intact: 4 documents" in done("verify", archive)
    assert "is there already" in refused("backup", archive)


def test_no_secret_is_in_it(filled, archive):
    names, contents = unpack(archive)
    assert names[-1] == "manifest.json"
    stack, _, _ = filled
    secrets = [stacks.STORAGE_KEY, stacks.COSMOS_KEY, *stack.keys.values()]
    assert not any(secret.encode() in content for content in contents for secret in secrets)


def unpack(path):
    raw = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        members = archive.getmembers()
        return [m.name for m in members], [archive.extractfile(m).read() for m in members]


def pack(path, names, contents):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in zip(names, contents):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    path.write_bytes(subprocess.run(["zstd", "-c"], input=raw.getvalue(), capture_output=True, check=True).stdout)
    return path


def test_a_file_cut_short_is_refused_wherever_the_cut_is(archive, tmp_path):
    whole = archive.read_bytes()
    fresh = tmp_path / "data"
    for share in (0.0, 0.1, 0.5, 0.9, 0.999):
        cut = tmp_path / "cut.tar.zst"
        cut.write_bytes(whole[:int(len(whole) * share)])
        for words in (["verify", cut], ["restore", cut, "--data", fresh]):
            assert "cannot be used" in refused(*words)
    assert not fresh.exists(), "a bad file is refused before anything is started"


def test_a_changed_byte_is_noticed_or_changes_nothing(archive, tmp_path):
    original = unpack(archive)
    noticed = 0
    whole = bytearray(archive.read_bytes())
    for place in range(10, len(whole), max(1, len(whole) // 40)):
        changed = bytearray(whole)
        changed[place] ^= 0x20
        path = tmp_path / "changed.tar.zst"
        path.write_bytes(changed)
        result = command("verify", path)
        if result.returncode == 0:
            # It was a byte of the archive's padding or times.
            assert unpack(path) == original, place
        else:
            assert "cannot be used" in result.stderr, place
            noticed += 1
    assert noticed > 30


def test_tampering_is_noticed(archive, tmp_path):
    names, contents = unpack(archive)
    text = next(i for i, name in enumerate(names) if name.endswith("/original"))
    changed = list(contents)
    changed[text] = changed[text].replace(changed[text][:1], b"?")
    assert "not what its manifest lists" in refused("verify", pack(tmp_path / "a", names, changed))
    assert "cut short" in refused("verify", pack(tmp_path / "b", names[:-1], contents[:-1]))
    assert "files where its manifest lists" in refused("verify", pack(tmp_path / "c", names[1:], contents[1:]))
    assert "behind its manifest" in refused("verify", pack(tmp_path / "d", names + ["more"], contents + [b"x"]))
    newer = json.loads(contents[-1])
    newer["format"] = 2
    assert "newer Apus" in refused("verify", pack(tmp_path / "e", names, contents[:-1] + [json.dumps(newer).encode()]))
    assert "cannot be used" in refused("verify", pack(tmp_path / "f", ["manifest.json"], [b"[" * 100000]))


def test_names_that_leave_their_place_are_refused(archive, tmp_path):
    names, contents = unpack(archive)
    fresh = Stack()
    try:
        # Each is refused, and leaves a place that is as empty as before.
        for name in ("blobs/../original", "../../etc/passwd", "passages/x.jsonl", "more/0", "blobs/" + str(uuid.uuid4()) + "/other"):
            manifest = json.loads(contents[-1])
            manifest["entries"][0]["name"] = name
            # As whoever forges it would.
            del manifest["sha256"]
            forged = pack(tmp_path / "forged", [name, *names[1:]], [*contents[:-1], json.dumps(manifest).encode()])
            assert "that this Apus knows" in refused("restore", forged, "--data", fresh.data), name
    finally:
        fresh.remove()


def test_a_signed_backup_opens_with_its_key_alone(filled, tmp_path):
    stack, _, _ = filled
    path, key = tmp_path / "signed.tar.zst", {"APUS_BACKUP_KEY": "a long and secret text"}
    done("backup", path, "--data", stack.data, environment=key)
    done("verify", path, environment=key)
    assert "signature is wrong" in refused("verify", path, environment={"APUS_BACKUP_KEY": "another"})
    names, contents = unpack(path)
    manifest = json.loads(contents[-1])
    assert "a long and secret text" not in contents[-1].decode()
    manifest["counts"]["chats"] = 99
    forged = pack(tmp_path / "forged", names, contents[:-1] + [json.dumps(manifest, separators=(",", ":")).encode()])
    assert "signature is wrong" in refused("verify", forged, environment=key)
    del manifest["hmac"]
    unsigned = pack(tmp_path / "unsigned", names, contents[:-1] + [json.dumps(manifest).encode()])
    assert "not signed" in refused("verify", unsigned, environment=key)


def test_backups_in_a_folder_are_named_by_time_and_the_oldest_go(filled, tmp_path):
    stack, _, _ = filled
    (tmp_path / "notes.txt").write_text("not a backup")
    for _ in range(3):
        done("backup", tmp_path, "--keep", 2, "--data", stack.data)
        time.sleep(1)
    names = sorted(os.listdir(tmp_path))
    assert len(names) == 3 and names[-1] == "notes.txt"
    assert all(name.startswith("apus-2") and name.endswith("Z.tar.zst") for name in names[:2])


def test_a_backup_is_consistent_while_documents_come_and_go(filled, tmp_path):
    stack, _, _ = filled
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            text = f"A note number {uuid.uuid4()} about lighthouses and their keepers."
            document = stack.upload("note.txt", text.encode()).json["documents"][0]["id"]
            stack.call("POST", "/api/chat", {"message": "What do notes say about lighthouses?"})
            stack.wait_settled(document)
            stack.call("DELETE", f"/api/documents/{document}")

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for index in range(4):
            path = tmp_path / f"{index}.tar.zst"
            done("backup", path, "--data", stack.data)
            done("verify", path)
    finally:
        stop.set()
        thread.join()
    fresh = Stack()
    try:
        done("restore", path, "--data", fresh.data)
        fresh.start()
        documents = fresh.call("GET", "/api/documents").json["documents"]
        for document in documents:
            assert fresh.wait_settled(document["id"])["status"] == "ready"
        assert "everything is there" in done("verify", "--data", fresh.data)
    finally:
        fresh.remove()


def test_a_restore_that_is_killed_is_simply_run_again(filled, archive):
    stack, _, chat = filled
    fresh = Stack()
    try:
        process = subprocess.Popen(
            [os.path.join(PROGRAMS, "apus"), "restore", str(archive), "--data", fresh.data], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(1.2)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.5)
        result = command("restore", archive, "--data", fresh.data)
        # Killed after its end, the second finds a place that is full; else it does the work.
        assert result.returncode == 0 or "is not empty" in result.stderr, result.stderr
        fresh.start()
        assert len(fresh.call("GET", f"/api/history/{chat}").json["messages"]) == 6
        assert len(fresh.call("GET", "/api/documents").json["documents"]) == 3
    finally:
        fresh.remove()


def test_another_embedding_model_is_refused_or_the_documents_are_embedded_anew(archive):
    fresh = Stack()
    try:
        other = {"APUS_EMBEDDINGS_MODEL": "sentence-transformers/all-MiniLM-L6-v2"}
        complaint = refused("restore", archive, "--data", fresh.data, environment=other)
        assert "APUS_EMBEDDINGS_MODEL=all-MiniLM-L6-v2" in complaint and "--embed-anew" in complaint
        assert "4 documents are read anew" in done("restore", archive, "--data", fresh.data, "--embed-anew", environment=other)
        fresh.environment.update(other)
        fresh.start()
        for document in fresh.call("GET", "/api/documents").json["documents"]:
            assert fresh.wait_settled(document["id"])["status"] == "ready"
        answer = fresh.call("POST", "/api/ask", {"question": QUESTIONS[0]}).json
        assert "4,200" in answer["text"]
    finally:
        fresh.remove()


def test_messages_can_move_alone(archive):
    fresh = Stack()
    try:
        done("restore", archive, "--data", fresh.data)
        fresh.start()
        from azure.cosmos import CosmosClient
        client = CosmosClient(f"http://127.0.0.1:{fresh.ports['cosmos']}", fresh.keys["cosmosKey"])
        container = client.get_database_client("apus").get_container_client("messages")
        items = list(container.read_all_items())
        for item in items[:4]:
            container.delete_item(item["id"], item["chatId"])
        kept = container.upsert_item({**items[5], "text": "changed since"})
        assert "2 of 6 messages are stored" in command("verify", "--data", fresh.data).stdout
        assert "Restored 6 messages" in done("restore", archive, "--messages-only", "--data", fresh.data)
        assert "everything is there" in done("verify", "--data", fresh.data)
        assert container.read_item(kept["id"], kept["chatId"])["text"] == "changed since", "what was there stays"
        assert "do not go together" in refused("restore", archive, "--messages-only", "--embed-anew")
    finally:
        fresh.remove()


def test_what_verify_finds(filled):
    stack, ids, _ = filled
    fresh = Stack()
    try:
        fresh.start()
        document = fresh.upload("rent.txt", TEXTS["rent.txt"].encode()).json["documents"][0]["id"]
        fresh.wait_settled(document)
        import chromadb
        client = chromadb.HttpClient(port=fresh.ports["vectors"], tenant="default", database="apus")
        client.get_collection("passages").delete(ids=[f"{document}:0"])
        result = command("verify", "--data", fresh.data)
        assert result.returncode != 0 and f"document {document}" in result.stdout and "upload it again" in result.stdout
        assert "press retry" in refused("backup", os.path.join(fresh.data, "x.tar.zst"), "--data", fresh.data)
        assert not any(name.startswith("x.tar") for name in os.listdir(fresh.data)), "nothing half done stays"
    finally:
        fresh.remove()


def test_missing_folders_full_disks_and_missing_words(filled, tmp_path):
    stack, _, _ = filled
    assert "no folder that can be written to" in refused("backup", tmp_path / "none" / "x", "--data", stack.data)
    assert "needs the name" in refused("backup")
    assert "needs the name" in refused("restore")
    assert "cannot be used" in refused("restore", tmp_path / "nothing")
    assert "--keep goes with a folder" in refused("backup", tmp_path / "x", "--keep", 3, "--data", stack.data)
    # A disk without room: the device that is always full.
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]).returncode == 0:
        try:
            assert "No space left" in refused("backup", disk / "x", "--data", stack.data)
            assert os.listdir(disk) == []
        finally:
            subprocess.run(["umount", str(disk)], check=True)


# The schema


def test_an_older_schema_is_brought_up_to_date_with_its_data(filled, archive, tmp_path):
    """The data folder of the release before this one: its schema, its rows."""
    _, _, chat = filled
    fresh = Stack()
    try:
        done("restore", archive, "--data", fresh.data)
        # What an older program would search again has to go first.
        refused("migrate", "down", "--to", 1, "--data", fresh.data)
        fresh.start()
        for document in fresh.call("GET", "/api/documents?versions=all").json["documents"]:
            if document.get("supersededAt"):
                assert fresh.call("DELETE", f"/api/documents/{document['id']}").json["rows"] == 1
        fresh.stop()
        status = done("migrate", "status", "--data", fresh.data)
        versions = [int(version) for version in re.findall(r"^(\d+)  .*  made 2", status, re.MULTILINE)]
        newest = max(versions)
        assert newest >= 3 and status.count("made 2") == len(set(versions))
        assert f"at version 1; {len(versions) - 1} changes" in done("migrate", "down", "--to", 1, "--data", fresh.data)
        assert "missing" in done("migrate", "status", "--data", fresh.data)
        # Starting the product is all that an upgrade takes.
        fresh.start()
        assert len(fresh.call("GET", f"/api/history/{chat}").json["messages"]) == 6
        assert fresh.call("POST", "/api/ask", {"question": QUESTIONS[0]}).json["finishReason"] == "stop"
        assert f"at version {newest}; 0 changes" in done("migrate", "up", "--data", fresh.data)
    finally:
        fresh.remove()


def test_a_newer_schema_is_refused_with_both_versions(filled):
    fresh = Stack()
    try:
        fresh.start()
        subprocess.run(
            ["psql", "-q", fresh.database(), "-c", "INSERT INTO schema_migrations (version, name) VALUES (99, 'of tomorrow')"],
            check=True)
        fresh.stop()
        assert "of tomorrow" in done("migrate", "status", "--data", fresh.data)
        complaint = refused("migrate", "up", "--data", fresh.data)
        assert "schema version 99" in complaint and "Update the program" in complaint
        fresh.process = None
        with pytest.raises(RuntimeError):
            fresh.start(limit=8)
        answer = fresh.call("GET", "/api/history")
        assert answer.status == 503 and "newer version of Apus" in answer.json["detail"]
    finally:
        fresh.remove()


def test_migrate_says_what_it_wants():
    assert "needs --to" in refused("migrate", "down")
    assert "migrate status" in refused("migrate", "sideways")
