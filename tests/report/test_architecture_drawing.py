"""A network as a drawing: a box per shape, named after what makes it, and none the less where there are very many layers."""

import re

import pandas as pd
import pytest

from dalsegno.report import architecture

CONV = [
    ("prep", "Standardise", "1 × 64 × 65"), ("a", "Conv2d", "16 × 64 × 65"), ("b", "BatchNorm2d", "16 × 64 × 65"),
    ("c", "ReLU", "16 × 64 × 65"), ("d", "MaxPool2d", "16 × 32 × 32"), ("e", "Conv2d", "16 × 32 × 32"),
    ("f", "Conv2d", "16 × 32 × 32"), ("g", "Flatten", "16384"), ("h", "Linear", "8"),
]  # fmt: skip


def table(rows):
    return pd.DataFrame([(*row, 0) for row in rows], columns=["layer", "type", "output", "parameters"])


def words(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_box_for_each_shape_that_follows_another():
    said = words(architecture.drawn(table(CONV)))
    assert [word for word in said if word[:1].isalpha()] == ["Standardise", "Conv2d", "MaxPool2d, 2 × Conv2d", "Flatten", "Linear"]  # fmt: skip
    assert [word for word in said if word[:1].isdigit() and "Conv" not in word] == [
        "1 of", "64 × 65", "16 of", "64 × 65", "16 of", "32 × 32", "16,384", "8"
    ]  # fmt: skip


def test_larger_shapes_have_larger_boxes():
    sides = [(float(h), float(w)) for w, h in re.findall(r"h([\d.]+)v([\d.]+)h-", architecture.drawn(table(CONV)))]
    first, second, third, flat, last = sides
    assert first[0] == second[0] > third[0] and first[1] < second[1] == third[1]
    assert flat[0] == pytest.approx(architecture.HIGHEST) and flat[0] > last[0] and flat[1] == last[1]


def test_a_deep_network_has_a_box_for_all_steps_of_one_size_whatever_their_channels():
    deep = [
        (f"{size}.{i}", "Conv2d", f"{64 + 64 * (i % 2)} × {size} × {size}") for size in (64, 32, 16) for i in range(20)
    ]
    said = words(architecture.drawn(table([*deep, ("head", "Linear", "8")])))
    assert [word for word in said if word.endswith("Conv2d")] == 3 * ["20 × Conv2d"] and "Linear" in said


def test_a_phone_has_fewer_boxes_in_a_row():
    broad, narrow = (
        [
            float(n)
            for n in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', architecture.drawn(table(CONV), n)).groups()
        ]
        for n in (architecture.BROAD, 2)
    )
    assert narrow[0] < broad[0] and narrow[1] > broad[1]


@pytest.mark.parametrize("rows", [[], [("a", "Linear", "8")], [("a", "Odd", "??"), ("b", "Odd", "??")]])
def test_without_shapes_there_is_no_drawing(rows):
    assert architecture.drawn(table(rows)) == ""


def test_a_box_for_layers_in_a_row_is_named_after_those_of_them_that_change_much():
    stacks = [
        ("body.0", "2 × Conv2d, 2 × BatchNorm2d, 2 × ReLU, MaxPool2d", "16 × 8 × 8"),
        ("body.1", "Conv2d, ReLU", "16 × 8 × 8"),
        ("body.2", "2 × Conv2dNormActivation, Hardswish, LayerNorm", "16 × 4 × 4"),
        ("head", "ReLU, Dropout", "8"),
    ]
    said = words(architecture.drawn(table(stacks)))
    assert {"3 × Conv2d, MaxPool2d", "2 × Conv2dNormActivation"} < set(said) and said[-1] == "ReLU"
