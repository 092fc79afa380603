import pytest

import vectors


@pytest.fixture(scope="module")
def apus():
    with vectors.Apus("--allow-reset") as server:
        yield server


@pytest.fixture(scope="module")
def chroma():
    with vectors.Chroma() as server:
        yield server
