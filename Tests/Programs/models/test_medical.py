"""The medical preset over questions and abstracts: a few of our own, and real ones where the data beside the repository is there."""
import os, re, subprocess, sys

import pytest

import stack as stacks
from library import GOLDEN

SETS = {"own": os.path.join(GOLDEN, "medical.jsonl"), "pubmedqa": os.path.join(stacks.DATA, "pubmedqa", "questions.jsonl")}


@pytest.mark.parametrize("questions", [name for name, path in SETS.items() if os.path.isfile(path)])
def test_the_figures_are_printed(questions):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        result = subprocess.run([sys.executable, os.path.join(stacks.ROOT, "scripts", "evaluate-medical.py"), "--url", own.url, "--data", SETS[questions], "--limit", "40"],
                                capture_output=True, text=True, timeout=300)
        print(result.stdout)
        assert result.returncode == 0, result.stdout + result.stderr
        assert float(re.search(r"refused: ([0-9.]+)", result.stdout).group(1)) < 0.2
        assert float(re.search(r"own abstract is cited: ([0-9.]+)", result.stdout).group(1)) > 0.8
        assert re.search(r"accuracy of yes/no/maybe where an answer is given: 0\.\d+", result.stdout)
    finally:
        own.remove()
