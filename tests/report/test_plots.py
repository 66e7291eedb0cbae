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
    return pd.DataFrame(rows | {"val_accuracy": 0.5})


def test_letters_that_no_font_here_has_are_no_warning_and_stay_text():
    models = {name: {"accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6} for name in NAMES}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svgs = [
            plots.forest(models, 0.2),
            plots.confusion(tables.confusion_rows("m", np.eye(5, dtype=int), NAMES)),
            curve_plots.overlay(pd.concat(map(curves, NAMES)), "val_loss", "流行"),
        ]
    for svg in svgs:
        assert all(name in svg for name in NAMES)


def test_a_phone_has_names_and_numbers_above_the_intervals():
    models = {name: {"accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6} for name in ("cnn/conv", "x" * 40)}
    broad, narrow = (plots.forest(models, 0.2, narrow=narrow) for narrow in (False, True))
    width = {svg: float(re.search(r'width="([\d.]+)pt"', svg)[1]) for svg in (broad, narrow)}
    assert width[narrow] < 262 < width[broad]  # 350 pixels
    assert narrow.count("50.0  (40.0–60.0)") == broad.count("50.0  (40.0–60.0)") == 2


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
