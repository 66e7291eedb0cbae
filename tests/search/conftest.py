"""A folder with what a search reads."""

import pytest
from support import small_search


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory of a test, with the inputs of a small search."""
    monkeypatch.chdir(tmp_path)
    small_search.write_inputs()
    return tmp_path
