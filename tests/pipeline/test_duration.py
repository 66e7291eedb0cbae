"""A length of time is written in one way, and what is nought is left out of it."""

import pytest

from dalsegno.pipeline.duration import duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (0.04, "0 s"), (0.38, "0.4 s"), (6.26, "6.3 s"), (12.34, "12 s"), (59.4, "59 s"),
        (59.96, "1 min"), (75, "1 min 15 s"), (600, "10 min"), (3599.4, "59 min 59 s"), (3599.6, "1 h"), (7325, "2 h 2 min"),
        (7171, "2 h"), (4_000_000, "1,111 h 7 min"),
    ],
)  # fmt: skip
def test_a_duration_as_people_say_it(seconds, said):
    assert duration(seconds) == said
