"""Plots: of any name, without a warning, and from a notebook."""

import os
import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd

from dalsegno.report import curve_plots, plots
from dalsegno.scoring import tables

NAMES = ["流行", "рок", "ลูกทุ่ง", "🎷", "jazz"]


def curves(name):
    epochs = np.arange(4)
    rows = {"model": name, "run": "fold0_seed0", "epoch": epochs, "train_loss": 1.0 - epochs / 9, "val_loss": 1.0}
    alike = {"train_log_loss": 1.0 - epochs / 9, "train_accuracy": epochs / 9, "val_accuracy": 0.5}
    return pd.DataFrame(rows | alike)


def test_letters_that_no_font_here_has_are_no_warning_and_stay_text():
    models = {name: {"accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6} for name in NAMES}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svgs = [
            plots.forest(models, 0.2),
            plots.confusion(tables.confusion_rows("m", np.eye(5, dtype=int), NAMES)),
            curve_plots.overlays(pd.concat(map(curves, NAMES[1:])), NAMES)[1][1],
        ]
    for i, svg in enumerate(svgs):
        assert all(name in svg for name in (NAMES[1:] if i == 2 else NAMES))


def test_many_models_have_a_plot_each_on_the_same_axes_with_others_behind():
    few, many = (pd.concat(curves(f"m{i:02d}") for i in range(n)) for n in (4, 23))
    names = sorted(set(many["model"]), reverse=True)
    assert [label for label, _ in curve_plots.overlays(few, names)] == ["validation accuracy", "validation loss"]
    assert curve_plots.overlays(many, names) == [] and curve_plots.behind(few) == ""
    assert "the 20 other models, the most accurate ones" in curve_plots.behind(many)
    alone, drawn = curve_plots.learning(few, names), curve_plots.learning(many, names)
    assert [name for name, _ in alone] == names[-4:] and [name for name, _ in drawn] == names
    grey = 'stroke-width="0.8" stroke-opacity="0.2"'
    assert {svg.count(grey) for _, svg in alone} == {0}
    assert {svg.count(grey) for _, svg in drawn} == {2 * 20}


def test_curves_that_an_entry_asks_for_are_drawn_for_it_alone():
    asked = curves("asked").assign(train_weighted_f1=0.4, val_weighted_f1=0.3)
    drawn = dict(curve_plots.learning(pd.concat([asked, curves("plain")]), ["asked", "plain"]))
    assert "weighted F1" in drawn["asked"] and "weighted F1" not in drawn["plain"] and "accuracy" in drawn["plain"]


def test_the_axes_of_many_models_hold_all_and_those_of_few_their_own():
    low, high = curves("low"), curves("high").assign(train_log_loss=7.0, val_loss=9.0)
    own = dict(curve_plots.learning(pd.concat([low, high]), ["low", "high"]))
    shared = dict(curve_plots.learning(pd.concat([low, high, *map(curves, "abc")]), [*"abc", "low", "high"]))
    words = {
        name: re.findall(r">([\d.]+)</text>", svg)
        for name, svg in (own | {f"all {k}": v for k, v in shared.items()}).items()
    }
    assert words["low"] != words["high"] and words["all low"] == words["all high"] == words["all a"]


def test_a_phone_has_names_and_numbers_above_the_intervals():
    models = {name: {"accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6} for name in ("cnn/conv", "x" * 40)}
    broad, narrow = (plots.forest(models, 0.2, narrow=narrow) for narrow in (False, True))
    width = {svg: float(re.search(r'width="([\d.]+)pt"', svg)[1]) for svg in (broad, narrow)}
    assert width[narrow] < 262 < width[broad]  # 350 pixels
    assert narrow.count("50.0  (40.0–60.0)") == broad.count("50.0  (40.0–60.0)") == 2


def test_the_line_of_guessing_crosses_no_name_on_a_phone():
    svg = plots.forest({f"model {i}": {"accuracy": 0.5} for i in range(4)}, 0.1, narrow=True)
    names = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>model \d<', svg)]
    lines = [sorted(map(float, ys)) for ys in re.findall(r'd="M22.5 ([\d.]+)L22.5 ([\d.]+)"', svg)]
    assert len(names) == len(lines) == 4
    assert not [y for y in names for top, foot in lines if top - 1 < y < foot + 8]  # letters are 8 points high above y


def test_a_confusion_is_drawn_from_the_cells_that_are_not_zero():
    counts = np.array([[11, 0, 0], [0, 0, 0], [7, 0, 13]])
    svg = plots.confusion(tables.confusion_rows("m", counts, ["a", "b", "c"]))
    places = {text: (float(x), float(y)) for x, y, text in re.findall(r'x="([\d.]+)" y="([\d.]+)"[^>]*>(\d+)<', svg)}
    assert set(places) == {"11", "7", "13"}
    assert places["11"][0] == places["7"][0] < places["13"][0]
    assert places["11"][1] < places["7"][1] == places["13"][1]


def test_a_notebooks_backend_that_is_not_installed_here_stops_nothing():
    code = """
import glob, runpy
for script in sorted(glob.glob("stages/*.py")):
    runpy.run_path(script)
from dalsegno.cli import main
from dalsegno.report import plots
from dalsegno.training.views import preprocess
preprocess.Colour()
print(plots.forest({"a": {"accuracy": 0.5}}, 0.1)[:4])
"""
    env = os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "<svg\n"), done.stderr


def test_epochs_are_drawn_from_one():
    """As the best epoch is told; they are stored from 0."""
    (_, accuracy), _ = curve_plots.overlays(curves("jazz"), ["jazz"])
    labels = re.findall(r"<text[^>]*>([^<]*)</text>", accuracy)
    assert "4" in labels and "0" not in labels
