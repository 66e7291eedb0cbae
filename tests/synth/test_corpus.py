"""The synthetic data sets: the same bytes from the same seed, in the formats they promise, and music enough to tell apart."""

import json
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
import soundfile

from dalsegno.pipeline import params
from dalsegno.pipeline.runtime import Runtime
from dalsegno.synth import corpus, instruments, notes, sound
from dalsegno.synth.styles import STYLES

TINY = corpus.Styles(make="styles", styles=3, artists=4, clips_per_artist=2, duration_s=2.0, unlabelled=2)
NOTES = corpus.Notes(make="notes", instruments=3, notes=2, note_s=0.5)
ALONE = Runtime(workers=1)


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    corpus.write_styles(root / "styles", TINY, ALONE)
    corpus.write_notes(root / "notes", NOTES, ALONE)
    return root


def sounding(styles):
    """The groups.csv rows of labelled clips without a fault."""
    table = pd.read_csv(styles / "groups.csv")
    return table[~table["path"].str.contains("unlabelled/|_copy|_broken|_silent")]


def test_same_seed_same_bytes_whatever_the_workers(tiny, tmp_path):
    corpus.write_styles(tmp_path / "styles", TINY, Runtime(workers=2))
    corpus.write_notes(tmp_path / "notes", NOTES, ALONE)
    assert files_of(tmp_path) == files_of(tiny)


def test_another_seed_is_other_music_in_the_same_files(tiny, tmp_path):
    other = corpus.Styles(**{**vars(TINY), "seed": 2, "artists": 1})
    corpus.write_styles(tmp_path / "styles", other, ALONE)
    ours, theirs = files_of(tiny / "styles"), files_of(tmp_path / "styles")
    clips = [p for p in theirs if p.endswith(".wav") and "_silent" not in p and "_broken" not in p and "._" not in p]
    assert clips and all(ours[p] != theirs[p] for p in clips if p in ours)


def test_fewer_artists_leave_the_others_as_they_were(tiny, tmp_path):
    corpus.write_styles(tmp_path / "styles", corpus.Styles(**{**vars(TINY), "artists": 1}), ALONE)
    ours, fewer = files_of(tiny / "styles"), files_of(tmp_path / "styles")
    assert all(fewer[p] == ours[p] for p in fewer if p not in ("groups.csv", "about.json") and p in ours)


def test_clips_decode_with_the_promised_form(tiny):
    for path in sounding(tiny / "styles")["path"]:
        x, rate_hz = soundfile.read(tiny / "styles" / path)
        assert (rate_hz, x.shape) == (22_050, (44_100,))
        assert 0.3 < np.abs(x).max() < 1
        assert soundfile.info(tiny / "styles" / path).subtype == "PCM_16"


def test_every_clip_has_a_group_and_every_group_one_style(tiny):
    table = pd.read_csv(tiny / "styles" / "groups.csv")
    there = {p for p in files_of(tiny / "styles") if p.endswith(".wav") and "/._" not in p}
    assert set(table["path"]) == there and table["path"].is_unique
    labels = sounding(tiny / "styles").assign(style=lambda t: t["path"].str.split("/").str[0])
    assert (labels.groupby("group")["style"].nunique() == 1).all()
    assert (labels.groupby("style")["group"].nunique() == 4).all() and labels["style"].nunique() == 3
    assert table["path"].str.startswith("unlabelled/").sum() == 2
    assert json.loads((tiny / "styles" / "about.json").read_text())["synthetic"] is True


def test_no_band_of_an_unlabelled_clip_plays_in_a_labelled_one():
    """Seeds that differ in zeros at their end alone begin the same numbers."""
    groups = defaultdict(set)
    for take in corpus._takes(TINY):
        groups[np.random.default_rng(take.seeds).random()].add(take.group)
    assert len(groups) == 3 * 4 + 2 and all(len(names) == 1 for names in groups.values())


def test_the_four_faults_are_there(tiny):
    clips = files_of(tiny / "styles")
    (broken,) = [tiny / "styles" / p for p in clips if p.endswith("_broken.wav")]
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(broken)
    (silent,) = [tiny / "styles" / p for p in clips if p.endswith("_silent.wav")]
    assert not soundfile.read(silent)[0].any()
    alike = defaultdict(list)
    for path, data in clips.items():
        alike[data].append(path)
    (pair,) = [paths for paths in alike.values() if len(paths) > 1]
    assert len(pair) == 2 and any(p.endswith("_copy.wav") for p in pair)
    assert sum("/._" in p for p in clips) == 1


def test_notes_have_nsynths_fields_and_files(tiny):
    numbers = []
    for part in notes.PARTS:
        folder = tiny / "notes" / f"nsynth-{part}"
        entries = json.loads((folder / "examples.json").read_text())
        assert {f"{name}.wav" for name in entries} == {p.name for p in (folder / "audio").iterdir()}
        for name, e in entries.items():
            assert name == e["note_str"] == f"{e['instrument_str']}-{e['pitch']:03d}-{e['velocity']:03d}"
            assert e["instrument_str"].startswith(f"{e['instrument_family_str']}_{e['instrument_source_str']}_")
            assert notes.FAMILY_NUMBERS[e["instrument_family_str"]] == e["instrument_family"]
            assert e["qualities_str"] == [q for q, on in zip(notes.QUALITIES, e["qualities"], strict=True) if on]
            x, rate_hz = soundfile.read(folder / "audio" / f"{name}.wav")
            assert rate_hz == e["sample_rate"] == 16_000 and x.shape == (8_000,) and np.abs(x).max() > 0.01
            numbers.append(e["note"])
    assert sorted(numbers) == list(range(len(instruments.FAMILIES) * 3 * 2))


@pytest.mark.parametrize("n_instruments", [3, 6, 13])
def test_each_family_is_in_each_part_and_no_instrument_in_two(n_instruments):
    parts = defaultdict(set)
    families = defaultdict(set)
    for note in notes.score(n_instruments, 1, seed=1):
        parts[note.fields["instrument"]].add(note.part)
        families[note.part].add(note.fields["instrument_family_str"])
    assert all(len(found) == 1 for found in parts.values())
    assert all(families[part] == set(instruments.FAMILIES) for part in notes.PARTS)


@pytest.mark.parametrize(("family", "pitch"), [(f, p) for f, r in instruments.PITCHES.items() for p in r])
def test_a_note_sounds_at_its_pitch(family, pitch):
    rng = np.random.default_rng(0)
    instrument = instruments.draw(family, "acoustic", rng)
    x = instruments.note(instrument, pitch, 1.0, 0.8, 22_050, rng)[2_000:18_000]
    lags = np.correlate(x, x[:12_000], "valid")
    f_hz = 440 * 2 ** ((pitch - 69) / 12)
    period = round(22_050 / f_hz)
    if instrument.bell:  # its partials are no harmonics: look for the fundamental itself
        spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
        near = np.abs(np.fft.rfftfreq(len(x), 1 / 22_050) / f_hz - 1) < 0.03
        assert spectrum[near].max() > 0.2 * spectrum.max()
    else:
        around = lags[max(period - 1, 1) : period + 2].max()
        assert around > 0.6 * lags[0]


def test_styles_are_told_apart_better_than_by_chance_across_artists(tiny):
    table = sounding(tiny / "styles").assign(style=lambda t: t["path"].str.split("/").str[0])

    def describe(path):
        x, _ = soundfile.read(tiny / "styles" / path)
        power = np.abs(np.fft.rfft(x[: len(x) // 512 * 512].reshape(-1, 512) * np.hanning(512))) ** 2
        bands = np.log(np.add.reduceat(power, [1, 3, 6, 12, 24, 48, 96, 160], axis=1) + 1e-6)
        return np.concatenate([bands.mean(0), bands.std(0)])

    x = np.stack([describe(p) for p in table["path"]])
    x = (x - x.mean(0)) / x.std(0)
    style, group = table["style"].to_numpy(), table["group"].to_numpy()
    right = []
    for artist in np.unique(group):
        rest = group != artist
        centres = {s: x[rest & (style == s)].mean(0) for s in np.unique(style)}
        guesses = [min(centres, key=lambda s: np.sum((row - centres[s]) ** 2)) for row in x[~rest]]
        right += list(np.array(guesses) == style[~rest])
    assert np.mean(right) > 0.5  # chance: 1/3


@pytest.mark.parametrize("style", STYLES)
def test_every_style_gives_music_with_the_fewest_of_everything(style):
    take = corpus.Take("", "", style, (1, 0), 0)
    x = corpus.sound_of(take, corpus.Styles(make="styles", styles=2, duration_s=0.1))
    assert x.shape == (2_205,) and np.isfinite(x).all() and np.abs(x).max() <= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("styles", 1), ("styles", len(STYLES) + 1), ("artists", 0), ("duration_s", 0), ("instruments", 2), ("seed", -1)],
)
def test_an_impossible_value_is_named(name, value):
    make = "notes" if name == "instruments" else "styles"
    _, (problem,) = params.parse("corpus.mine", {"make": make, name: value}, corpus.Params)
    assert problem.startswith(f"corpus.mine.{name}: ") and problem.endswith(f"got {value}")


def test_nothing_is_left_of_a_run_that_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus.soundfile, "write", lambda *a, **k: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        corpus.write_notes(tmp_path / "notes", NOTES, ALONE)
    assert list(tmp_path.iterdir()) == []


def test_the_reverberation_of_a_room_comes_after_its_sound():
    x = np.zeros(1000, np.float32)
    x[-1] = 1
    y = sound.room(x, 8000, 0.1, 1.0, np.random.default_rng(0))
    assert y.shape == x.shape and np.abs(y[:-1]).max() < 1e-6 < abs(y[-1])
