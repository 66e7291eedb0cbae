"""What plots are drawn with: round values along an axis, names that do not overlap, a figure that holds all its words."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from dalsegno.artefacts import features_parquet
from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import INK, Axes
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.scales import Scale
from dalsegno.report.listening import feature_map
from dalsegno.report.search import plots

TEXT = re.compile(r'<text x="([-\d.]+)" y="([-\d.]+)" font-size="([\d.]+)" text-anchor="(\w+)"[^>]*>([^<]*)<')


@pytest.mark.parametrize(
    ("scale", "n", "words"),
    [
        (Scale(0, 1), 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (Scale(-0.31, 0.12), 5, ["−0.3", "−0.2", "−0.1", "0.0", "0.1"]),
        (Scale(3, 3.004), 4, ["3.000", "3.001", "3.002", "3.003", "3.004"]),
        (Scale(900, 2_100_000, log=True), 6, ["1,000", "10,000", "100,000", "1,000,000"]),
        (Scale(0.25, 9, log=True), 6, ["0.3", "1", "3"]),
        (Scale(41, 47, log=True), 6, ["42", "44", "46"]),
        (Scale(1e-9, 1e9, log=True), 4, ["0.000000001", "0.0001", "10", "1,000,000"]),
    ],
)
def test_axes_are_marked_at_few_round_values(scale, n, words):
    assert scales.written(scale.ticks(n), scale.log) == words
    assert all(-1e-9 <= share <= 1 + 1e-9 for share in scale(scale.ticks(n)))


def test_epochs_are_whole_even_where_there_are_two():
    assert scales.around([0, 1]).ticks(8, whole=True) == [0, 1]


@pytest.mark.parametrize("values", [[0.5], [0, 0], [np.nan, 2.0], []])
def test_a_scale_has_a_length_whatever_it_holds(values):
    scale = scales.around(values)
    assert scale.low < scale.high and scale.ticks()


def test_no_mark_stands_above_all():
    axes = Axes(385, 144, Scale(0, 1), scales.around([0.93, 1.0], 0.5))
    axes.round_left("accuracy", percent=True)
    words = [word for *_, word in TEXT.findall(svg([axes]))]
    assert words == ["90.0%", "92.5%", "95.0%", "97.5%", "100.0%", "accuracy"]


def test_names_beside_points_keep_apart_and_below_the_top():
    axes = Axes(100, 60, Scale(0, 1), Scale(0, 1))
    axes.beside([(1, height, f"m{i}", INK) for i, height in enumerate([0.5, 0.98, 1.0, 0.99])])
    heights = sorted(float(y) for _, y, *_ in TEXT.findall(svg([axes])))
    assert min(np.diff(heights)) >= 13 - 1e-6
    names = [name for _, _, _, _, name in sorted(TEXT.findall(svg([axes])), key=lambda text: float(text[1]))]
    assert names == ["m2", "m3", "m1", "m0"]


def test_the_figure_holds_every_word_and_takes_names_as_text():
    hostile = "<script>&\"'流行流行流行"
    axes = Axes(50, 40, Scale(0, 1), Scale(0, 1))
    axes.left([0.5], [hostile], "accuracy")
    axes.text(60, 20, hostile)
    drawn = svg([axes, axes], 2, (10, 10))
    root = ET.fromstring(drawn)
    left, _, width, _ = map(float, root.attrib["viewBox"].split())
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")].count(hostile) == 4
    wide = 8.5 * (9 * 0.6 + 6)
    assert left < -wide and left + width > 60 + 60 + wide


def test_a_line_leaves_out_what_is_no_number():
    axes = Axes(10, 10, Scale(0, 10), Scale(0, 10))
    axes.line(pd.Series([0, 1, 2]), pd.Series([0.0, np.nan, 10.0]), INK)
    assert 'd="M0 10L2 0"' in axes.parts[0]
    axes.line([], [], INK)
    axes.marks([], [], "m0 0z", INK)
    assert len(axes.parts) == 1  # a path of nothing is an error to a browser


def test_every_class_of_a_map_has_a_look_of_its_own():
    labels = pd.Series([f"k{i:02d}" for i in range(30) for _ in range(2)], [f"c{i}" for i in range(60)])
    x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    table = features_parquet.FeatureTable(
        x=x, clip_ids=np.array(labels.index), names=list("abcd"), views=np.zeros(60, int)
    )
    drawn, *_ = feature_map.draw(table, labels)
    signs = re.findall(r'<path d="M([^"]*)" fill="([^"]+)" fill-opacity', drawn)
    looks = {(re.sub(r"^[-.\d]+ [-.\d]+", "", d).split("M")[0], colour) for d, colour in signs}
    assert len(looks) == feature_map.N_NAMED + 1


def test_settings_of_a_search_are_numbers_powers_or_words():
    rows = pd.DataFrame(
        {
            "trial": [0, 1, 2], "state": ["complete", "pruned", "complete"], "val_loss": [0.5, 0.9, 0.4],
            "lr": [1e-4, 1e-3, 1e-1], "width": [64, 128, 96], "arch": ["conv", "resnet", "conv"],
        }
    )  # fmt: skip
    slices = plots.slices(rows, "val_loss", ["lr", "width", "arch"])
    words = [word for *_, word in TEXT.findall(slices)]
    assert {"0.0001", "0.01", "75", "100", "conv", "resnet"} <= set(words)
    assert slices.count("<circle") == 6
    for drawn in (slices, plots.history(rows, "val_loss"), plots.parallel(rows, "val_loss", ["lr", "arch"])):
        ET.fromstring(drawn)
        assert "nan" not in drawn
