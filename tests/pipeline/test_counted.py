"""One of a thing is one thing."""

import pytest

from dalsegno.pipeline.errors import counted


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [
        (1, "clip", "1 clip"), (0, "clip", "0 clips"), (1200, "labelled clip", "1,200 labelled clips"), (1, "class", "1 class"),
        (2, "class", "2 classes"), (3, "near copy", "3 near copies"),
    ],
)  # fmt: skip
def test_a_number_agrees_with_its_noun(n, noun, said):
    assert counted(n, noun) == said
