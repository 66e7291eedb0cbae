"""Names in Markdown stay what they are, and what no reader would take for markup stays as it is written."""

import pytest

from dalsegno.artefacts import markdown
from dalsegno.pipeline.errors import quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [("p\xa0<\xa00.001", "p < 0.001"), ("rock & roll", "rock & roll"), ("<b>", "&lt;b>"), ("a<", "a&lt;"), ("&lt; a|b", "&amp;lt; a\\|b"), ("a$b$", "a\\$b\\$")],
)  # fmt: skip
def test_signs_are_escaped_where_they_would_mean_something(text, written):
    assert markdown.literal(text) == written


def test_a_name_that_is_read_from_right_to_left_stays_isolated():
    """The signs that isolate it had become blanks, like others that have no shape."""
    assert markdown.sentence(f"is {quoted('מוזיקה')}\u202e") == "is “\u2068מוזיקה\u2069” "


def test_backticks_make_code_unless_they_are_of_a_name():
    assert (
        markdown.sentence("takes “`a` |b|” for `c|d` and one ` more")
        == "takes “\\`a\\` \\|b\\|” for `c|d` and one \\` more"
    )
