import pytest

import reference

PAGE = "functions-custom-handlers.md"


def pytest_collection_modifyitems(items):
    """The sections that tests say they follow are on the page."""
    known = reference.sections(PAGE)
    wrong = {f"{item.nodeid}: {mark.args[0]}" for item in items for mark in item.iter_markers("section") if mark.args[0] not in known}
    if wrong:
        raise pytest.UsageError(f"marks of sections that docs/reference/{PAGE} does not have:\n" + "\n".join(sorted(wrong)))
