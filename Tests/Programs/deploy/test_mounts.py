"""The tests of other systems leave nothing mounted."""
import os, subprocess

import pytest


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_what_is_mounted_here_is_seen_here_alone(tmp_path):
    assert os.readlink("/proc/self/ns/mnt") != os.readlink(f"/proc/{os.getppid()}/ns/mnt")
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        assert str(tmp_path) in open("/proc/self/mountinfo").read()
        assert str(tmp_path) not in open(f"/proc/{os.getppid()}/mountinfo").read()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
