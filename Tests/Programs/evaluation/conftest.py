import os

import pytest

from evaluating import evaluate
from library import DOCUMENTS, FOLDER, UNREAD


@pytest.fixture(scope="module")
def readable(tmp_path_factory):
    """The sample library's documents, without those that cannot be read yet."""
    folder = tmp_path_factory.mktemp("documents")
    for name in set(os.listdir(DOCUMENTS)) - set(UNREAD):
        os.symlink(os.path.join(DOCUMENTS, name), folder / name)
    return folder


@pytest.fixture(scope="module")
def run(stack, readable, tmp_path_factory):
    """The file of a run over the sample library."""
    path = tmp_path_factory.mktemp("run") / "run.json"
    told = evaluate(FOLDER, "--url", stack.url, "--documents", readable, "--json", path, "--model", "extractive")
    assert told.returncode == 0, told.stdout + told.stderr
    yield path
    stack.heal()
