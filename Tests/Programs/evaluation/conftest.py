import pytest

from evaluating import evaluate
from library import DOCUMENTS, FOLDER


@pytest.fixture(scope="module")
def run(stack, tmp_path_factory):
    """The file of a run over the sample library, alone in the stack."""
    stack.heal()
    path = tmp_path_factory.mktemp("run") / "run.json"
    told = evaluate(FOLDER, "--url", stack.url, "--documents", DOCUMENTS, "--json", path, "--model", "extractive")
    assert told.returncode == 0, told.stdout + told.stderr
    yield path
    stack.heal()
