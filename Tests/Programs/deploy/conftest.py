"""What these tests mount they alone see, and it is gone with them, however they end.

A tree of another system has this machine's /dev in it: a mount that outlived its test would have /dev emptied by whoever removes
the folder.
"""
import ctypes, os

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000


def pytest_sessionstart(session):
    libc = ctypes.CDLL(None, use_errno=True)
    # Only root can, and only root mounts.
    if os.geteuid() == 0 and libc.unshare(CLONE_NEWNS) == 0:
        libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
