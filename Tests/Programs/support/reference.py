"""The pages of docs/reference, whose numbered sections sources and tests cite."""
import functools, os, re

from stack import ROOT

FOLDER = os.path.join(ROOT, "docs", "reference")


@functools.cache
def sections(page):
    """The numbers of a page's sections, such as "3" and "3.1"."""
    with open(os.path.join(FOLDER, page)) as file:
        return set(re.findall(r"^#{2,4} (\d+(?:\.\d+)*)\.? ", file.read(), re.M))
