"""Minimal Debian trees for tests that run what is deployed on a system that is not this one."""
import os, shutil, subprocess

import pytest

from stack import ROOT


def mirror():
    """The Debian archive that this machine's package manager uses."""
    output = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], capture_output=True, text=True)
    places = [line for line in output.stdout.splitlines() if line.rstrip("/").endswith("/debian")]
    return places[0] if places else None


def tree(suite, packages=()):
    """A tree of a Debian release, made once and kept; the test is skipped, plainly, where that is not possible."""
    folder = os.path.join(ROOT, ".build", "trees", suite)
    done = os.path.join(folder, ".complete")
    if os.path.exists(done):
        return folder
    if os.geteuid() != 0:
        pytest.skip("debootstrap and chroot need root")
    if not shutil.which("debootstrap"):
        pytest.skip("debootstrap is not installed")
    place = mirror()
    if not place:
        pytest.skip("the package manager names no Debian archive")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    command = ["debootstrap", "--variant=minbase"] + ([f"--include={','.join(packages)}"] if packages else [])
    result = subprocess.run(command + [suite, folder, place], capture_output=True, text=True)
    if result.returncode != 0:
        pytest.skip(f"debootstrap does not work here: {(result.stdout + result.stderr)[-500:]}")
    open(done, "w").close()
    return folder
