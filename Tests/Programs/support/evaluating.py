"""Runs `apus eval`."""
import os, subprocess

from stack import PROGRAMS


def evaluate(*words, timeout=300):
    """`apus eval` with these words."""
    return subprocess.run([os.path.join(PROGRAMS, "apus"), "eval", *map(str, words)], capture_output=True, text=True, timeout=timeout)
