"""One of a thing is one thing, and the last of several has a word before it."""

import pytest

from dalsegno.pipeline.errors import counted, joined, quoted


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [
        (1, "clip", "1 clip"), (0, "clip", "0 clips"), (1200, "labelled clip", "1,200 labelled clips"), (1, "class", "1 class"),
        (2, "class", "2 classes"), (3, "near copy", "3 near copies"),
    ],
)  # fmt: skip
def test_a_number_agrees_with_its_noun(n, noun, said):
    assert counted(n, noun) == said


@pytest.mark.parametrize(
    ("words", "said"), [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c"), ("abcd", "a, b, c and d")]
)
def test_words_are_joined_as_a_sentence_has_them(words, said):
    assert joined(words) == said and joined(iter(words), "or") == said.replace(" and ", " or ")


@pytest.mark.parametrize(
    ("name", "said"),
    [("salt, pepper", "“salt, pepper”"), ("1", "“1”"), ("古典", "“古典”"), ("מוזיקה (1)", "“\u2068מוזיקה (1)\u2069”")],
)
def test_a_name_stands_apart_from_the_words_around_it(name, said):
    """One that is read from right to left would turn a number or a bracket that follows it."""
    assert quoted(name) == said
