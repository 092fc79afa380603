"""The Ansible role for real, in a Debian 12 tree, twice: the second time nothing changes."""
import glob, json, os, shutil, subprocess, sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from stack import PROGRAMS, ROOT
from trees import tree

VENV = os.path.join(ROOT, ".venv-deploy")
ROLE = os.path.join(ROOT, "deploy", "ansible")
# What the role installs, put in when the tree is made so that the test installs little; and Ansible's interpreter.
PACKAGES = ["python3", "python3-apt", "ca-certificates", "adduser"]


def run_in(folder, *command, **options):
    return subprocess.run([shutil.which("chroot"), folder, *command], capture_output=True, text=True, timeout=600, **options)


@pytest.fixture(scope="module")
def machine():
    """A Debian 12 tree with this repository's role and Ansible visible inside."""
    folder = tree("bookworm", PACKAGES)
    version = run_in(folder, "/usr/bin/python3", "--version").stdout.split()
    here = subprocess.run([f"{VENV}/bin/python", "--version"], capture_output=True, text=True).stdout.split()
    assert version[1].split(".")[:2] == here[1].split(".")[:2], "Ansible's environment runs on the tree's interpreter"
    mounts = [(VENV, VENV), (ROLE, "/role"), (packages(), "/packages")]
    done = []
    try:
        for source, target in [*mounts, ("/dev", "/dev"), ("proc", "/proc")]:
            os.makedirs(folder + target, exist_ok=True)
            kind = ["-t", "proc"] if source == "proc" else ["--bind"]
            if subprocess.run(["mount", *kind, source, folder + target]).returncode != 0:
                pytest.skip("folders cannot be mounted here")
            done.append(folder + target)
        # Its package sources are this machine's, and services are not started.
        shutil.copy("/etc/resolv.conf", folder + "/etc/resolv.conf")
        with open(folder + "/usr/sbin/policy-rc.d", "w") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(folder + "/usr/sbin/policy-rc.d", 0o755)
        yield folder
    finally:
        for target in reversed(done):
            subprocess.run(["umount", target], check=True)


def packages():
    folder = os.path.join(ROOT, ".build", "packages", "ansible")
    if not glob.glob(folder + "/*.deb"):
        subprocess.run([os.path.join(PROGRAMS, "apus"), "package", "vm", "--output", folder], check=True, timeout=900)
    return folder


def play(machine, **variables):
    [package] = glob.glob(packages() + "/*.deb")
    given = {
        "apus_package": "/packages/" + os.path.basename(package), "apus_domain": "docs.example.com",
        "apus_package_sha256": open(package + ".sha256").read().split()[0],
        "apus_settings": {"APUS_MODELS": "extractive", "OPENAI_API_KEY": "sk-very-secret"}, **variables}
    return run_in(
        machine, f"{VENV}/bin/python", f"{VENV}/bin/ansible-playbook", "-i", "localhost,", "-c", "local",
        "-e", "ansible_python_interpreter=/usr/bin/python3", "-e", json.dumps(given), "/role/site.yml",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "ANSIBLE_STDOUT_CALLBACK": "default",
             "ANSIBLE_NOCOLOR": "1"})


def recap(result):
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-2000:]
    line = result.stdout.split("PLAY RECAP")[1].splitlines()[1]
    return {name: int(value) for name, value in (word.split("=") for word in line.split(" : ")[1].split())}


def test_the_role_sets_a_machine_up_and_changes_nothing_the_second_time(machine):
    first = play(machine)
    assert recap(first)["failed"] == 0
    assert "sk-very-secret" not in first.stdout + first.stderr
    second = recap(play(machine))
    assert second["changed"] == 0 and second["failed"] == 0, second
    settings = open(machine + "/etc/apus/apus.env").read()
    assert "APUS_SIGN_IN=local\n" in settings and "APUS_PAGE_URL=https://docs.example.com\n" in settings
    assert "APUS_MODELS=extractive\n" in settings and os.stat(machine + "/etc/apus/apus.env").st_mode & 0o777 == 0o640
    assert "docs.example.com {" in open(machine + "/etc/caddy/Caddyfile").read()
    assert "--keep 14 /var/lib/apus-backups" in open(machine + "/etc/systemd/system/apus-backup.service.d/keep.conf").read()
    # What was installed runs there.
    assert run_in(machine, "/usr/bin/apus", "--version").stdout.startswith("apus ")
    doctor = run_in(machine, "/usr/bin/apus", "doctor")
    assert "ok      embedding model" in doctor.stdout and "ok      app chat" in doctor.stdout, doctor.stdout


def test_a_changed_setting_is_changed_and_nothing_else(machine):
    assert recap(play(machine))["failed"] == 0
    result = play(machine, apus_settings={"APUS_MODELS": "ollama:llama3.2,extractive"})
    assert recap(result)["changed"] == 1
    assert "OPENAI_API_KEY" not in open(machine + "/etc/apus/apus.env").read()


@pytest.mark.parametrize("wrong, words", [
    ({"apus_package_sha256": "0" * 64}, "has the checksum"),
    ({"apus_package_sha256": "short"}, "64 hexadecimal digits"),
    ({"apus_unit": "nginx.service"}, "apus_unit"),
    ({"apus_domain": "docs example"}, "apus_domain"),
])
def test_wrong_variables_are_refused_before_anything_is_installed(machine, wrong, words):
    result = play(machine, **wrong)
    assert result.returncode != 0 and words in result.stdout
