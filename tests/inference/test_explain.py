"""Saliency finds what decides, and the picture of any kind of model can be drawn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from matplotlib.figure import Figure
from PIL import Image
from support import small_run

from dalsegno.cli import main
from dalsegno.inference import model, portrait, saliency


class LoudBins(torch.nn.Module):
    """Calls a view `noise` the louder its upper bins are in its last frames."""

    def forward(self, x):
        score = x[:, :, -6:, -10:].mean((1, 2, 3))
        return torch.stack([torch.zeros_like(score), score / 10 + 5, torch.zeros_like(score)], 1)


def test_the_cell_that_decides_stands_out(run, tmp_path):
    (member,) = model.load("cnn/shown").members
    member.heads = [LoudBins()] * len(member.heads)
    rng = np.random.default_rng(0)
    hiss = np.concatenate([np.zeros(16000), rng.normal(0, 0.3, 8000)])
    sf.write(tmp_path / "hiss.wav", hiss, 16000)
    store = member.spectrogram.store(tmp_path / "hiss.wav", tmp_path)
    found = saliency.of_spectrogram(member, store, label=1, cells=(4, 6))
    assert found.nats.shape == (4, 6) and np.unravel_index(found.nats.argmax(), (4, 6)) == (3, 5)
    assert np.abs(found.nats[:2]).max() < 1e-3 * found.nats.max()


def test_silence_where_there_was_silence_changes_nothing(run, tmp_path):
    x = np.concatenate([np.zeros(8000), small_run.samples("hum", 1, 1.0, 8000)])
    sf.write(tmp_path / "late.wav", x, 8000, subtype="FLOAT")
    asked = model.load("classical/logistic")
    found = saliency.of_sound(asked, tmp_path / "late.wav", 0, n_stretches=8)
    assert (found.nats[0, :4] == 0).all() and np.abs(found.nats[0, 4:]).max() > 0


@pytest.mark.parametrize(
    "name", ["cnn/crops", "cnn/windows", "cnn/wave", "transfer/frozen", "classical/svm", "ensembles/both"]
)
def test_every_kind_of_model_is_drawn(run, tmp_path, name):
    main.main(["explain", name, "sounds/pulse/5.ogg", "--label", "hum", "--to", str(tmp_path / "x.png")])
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.width > 800 and picture.height > 800


def test_pictures_are_drawn_and_a_wrong_label_is_named(of_pictures, monkeypatch, tmp_path):
    monkeypatch.chdir(of_pictures)
    main.main(["explain", "cnn/pictures", "pictures/hum/0.png", "--to", str(tmp_path / "x.png")])
    assert (tmp_path / "x.png").stat().st_size > 10_000
    with pytest.raises(SystemExit) as end:
        main.main(["explain", "cnn/pictures", "pictures/hum/0.png", "--label", "ham"])
    assert "no class 'ham' (did you mean 'hum'?)" in str(end.value.code)
    assert not list(Path().glob("*.png"))


def test_a_class_of_whatever_name_has_its_line_and_leaves_room(run, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    found = portrait.explained(model.load("classical/svm"), Path("sounds/hum/1.flac"))
    portrait.png(replace(found, labels=["_a", "$b\n$ c", "long " * 600], name="x" * 255))
    rows = drawn[0].axes
    legend = [text.get_text() for text in rows[2].get_legend().get_texts()]
    assert sorted(legend) == sorted([" _a", r" \$b \$ c", " " + ("long " * 8)[:39] + "…"])
    assert all("\n" not in words and len(words) < 150 for words in (drawn[0].get_suptitle(), rows[1].get_title()))


@pytest.mark.parametrize(("label", "named"), [(0, [0, 1, 2, 3]), (5, [0, 1, 2, 5])])
def test_the_timeline_names_the_classes_that_stand_above_it_and_the_one_that_is_explained(monkeypatch, label, named):
    """Not those that are the most probable in parts alone."""
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    p = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
    saliency_of = saliency.Saliency(label, np.zeros((1, 4)))
    shown = portrait.Portrait(
        "x", False, list("abcdef"), p, 3.0, np.zeros((4, 4), np.float32), saliency_of, [1.0, 2.0], [p[::-1]] * 2
    )
    portrait.png(shown)
    title, legend = drawn[0].get_suptitle(), drawn[0].axes[2].get_legend().get_texts()
    assert title == "x: a 40.0%, b 30.0%, c 15.0%"
    assert [text.get_text().strip() for text in legend] == ["abcdef"[i] for i in named]
    assert len({line.get_marker() for line in drawn[0].axes[2].get_lines()}) == 4  # not by colour alone


def test_that_the_beginning_alone_is_explained_stands_above_it(run, tmp_path, monkeypatch):
    """Its probabilities are not those of the whole recording."""
    drawn = []
    monkeypatch.setattr(portrait, "LONGEST_S", 1.5)
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    for name, seconds in (("long", 2.5), ("short", 1.0)):
        sf.write(tmp_path / f"{name}.wav", small_run.samples("hum", 1, seconds, 8000), 8000)
        portrait.png(portrait.explained(model.load("classical/svm"), tmp_path / f"{name}.wav"))
    long, short = (figure.get_suptitle() for figure in drawn)
    assert long.startswith("long.wav, its first 1.5 s: ") and short.startswith("short.wav: ")


def test_the_timeline_is_of_windows_that_overlap_and_names_their_middles(run, tmp_path, monkeypatch):
    monkeypatch.setattr(portrait, "WINDOW_S", 0.5)
    sf.write(tmp_path / "x.wav", small_run.samples("hum", 1, 1.0, 8000), 8000)
    found = portrait.explained(model.load("classical/svm"), tmp_path / "x.wav")
    assert found.times == [0.25, 0.375, 0.5, 0.625, 0.75] and len(found.over_time) == 5


@pytest.mark.filterwarnings("error")
def test_a_name_that_the_font_cannot_show_is_no_warning(run, tmp_path):
    path = tmp_path / "sax 🎷.wav"
    sf.write(path, small_run.samples("hum", 1, 1.0, 8000), 8000)
    assert portrait.png(portrait.explained(model.load("classical/svm"), path))
