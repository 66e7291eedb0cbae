"""The command line, called within the process of a test."""

import pytest

from dalsegno.cli import main


def ended(*words):
    """What `dalsegno <words>` ends with: an exit code, or the text that Python prints as it exits with 1."""
    with pytest.raises(SystemExit) as end:
        main.main([str(word) for word in words])
    return end.value.code


def refusal(*words):
    """What `dalsegno <words>` says as it ends with exit code 1."""
    text = ended(*words)
    assert isinstance(text, str)
    return text
