"""Names in Markdown stay what they are, and what no reader would take for markup stays as it is written."""

import pytest

from dalsegno.artefacts import markdown


@pytest.mark.parametrize(
    ("text", "written"),
    [("p\xa0<\xa00.001", "p < 0.001"), ("rock & roll", "rock & roll"), ("<b>", "&lt;b>"), ("a<", "a&lt;"), ("&lt; a|b", "&amp;lt; a\\|b")],
)  # fmt: skip
def test_signs_are_escaped_where_they_would_mean_something(text, written):
    assert markdown.literal(text) == written


def test_backticks_make_code_unless_they_are_of_a_name():
    assert (
        markdown.sentence("takes “`a` |b|” for `c|d` and one ` more")
        == "takes “\\`a\\` \\|b\\|” for `c|d` and one \\` more"
    )
