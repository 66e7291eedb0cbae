"""What is reached without listening: in classes of unequal size, more than by guessing evenly."""

import pytest

from dalsegno.report import formatting


@pytest.mark.parametrize(
    ("classes", "share", "said"),
    [
        (8, 0.125, "Uniform guessing among 8 classes gives 12.5%."),
        (3, 1 / 3, "Uniform guessing among 3 classes gives 33.3%."),
        (3, 200 / 210, "Uniform guessing among 3 classes gives 33.3%, and calling every clip “common” gives 95.2%."),
    ],
)
def test_an_answer_that_never_changes_is_a_measure_too_where_classes_are_unequal(classes, share, said):
    of = {"classes": classes, "most_frequent": {"class": "common", "share": share}}
    assert formatting.guessing(of) == said
