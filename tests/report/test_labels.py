"""Names beside points: none covers another or a point, no thread crosses another, and what has no room is a number."""

import itertools

import numpy as np
import pandas as pd
import pytest

from dalsegno.report import panels
from dalsegno.report.drawing import labels

NAMES = [f"transfer/a_longer_n{i:02d}" for i in range(12)]
MARKS = [str(i + 1) for i in range(12)]
SIZES = {"page": (340, 190), "phone": (212, 250)}


def of_points(kind, n, width, height):
    rng = np.random.default_rng(5)
    places = {"random": rng.random((n, 2)),
              "in pairs": np.repeat(rng.random((n // 2, 2)), 2, 0)}[kind]  # fmt: skip
    return [(float(x) * width, float(y) * height) for x, y in places]


def apart(one, other):
    return one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["random", "in pairs"])
def test_twelve_names_have_room_and_keep_clear(kind, size):
    width, height = SIZES[size]
    points = of_points(kind, 12, width, height)
    found = labels.placed(points, NAMES, MARKS, 8.5, width, height)
    words = [label.words for label in found]
    assert sorted(words) == sorted(name if name in words else mark for name, mark in zip(NAMES, MARKS, strict=True))
    assert kind != "random" or len(set(words) & set(NAMES)) >= 11
    for label in found:
        left, top, right, bottom = label.box
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        assert not any(left < x < right and top < y < bottom for x, y in points)
    for one, other in itertools.combinations(found, 2):
        assert apart(one.box, other.box)
        assert not (one.far and other.far and labels._cross(one, other))


def test_a_crowd_without_room_for_numbers_covers_none():
    points = of_points("random", 60, 120, 80)
    found = labels.placed(points, [str(i) * 9 for i in range(60)], [str(i) for i in range(60)], 8.5, 120, 80)
    assert 0 < len(found) < 60
    assert all(apart(one.box, other.box) for one, other in itertools.combinations(found, 2))


def test_a_name_stays_as_near_as_it_can():
    (label,) = labels.placed([(50.0, 50.0)], ["svm"], ["1"], 8.5, 100, 100)
    assert not label.far and label.box[0] == 55


def test_a_panel_has_each_model_and_the_others_behind_it():
    names = [f"cnn/m{i:02d}" for i in range(6)]
    rows = pd.DataFrame([{"model": name, "coverage": c, "accuracy": 0.5 + c / 9} for name in names for c in (0.5, 1.0)])
    drawn = panels.coverage(rows, names)
    assert all(f">{name}<" in drawn for name in names)
    assert drawn.count('stroke-opacity="0.25"') == 6 * 5
    assert drawn.count('stroke-width="1.8"') == 6
