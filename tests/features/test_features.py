"""Features: equal to librosa's, right on signals whose answer is known, and refused by name."""

import re
import runpy
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import scipy.stats
import soundfile
import yaml
from support.sound import samples

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.features import compute, registry, statistics, tuning
from dalsegno.features.analysis import Analysis
from dalsegno.features.block import N_FRAMES
from dalsegno.pipeline import errors, params
from dalsegno.sound import spectrum
from dalsegno.sound.replay import Replay

REAL = Path("../shared/data/gtzan_audio")
RATE_HZ = 22050
ALL = compute.Params(use=list(registry.FEATURES), stats=list(statistics.STATISTICS))


def values(y, name):
    return registry.FEATURES[name].compute(Analysis([y.astype(np.float32)], ALL))


def sine(hz, duration_s=2.0, rate_hz=RATE_HZ):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)


def music(duration_s=8.0):
    """Chords with a beat of 120 per minute, over a little noise."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 277.2, 329.6, 880.0))
    y = chord * np.exp(-8 * (t % 0.5)) / 6 + np.random.default_rng(0).normal(0, 0.01, len(t))
    return y.astype(np.float32)


@pytest.fixture(params=range(3))
def clip(request):
    """Three real recordings where they are at hand, else a generated piece."""
    if REAL.exists():
        return samples(sorted(REAL.glob("*/*.flac"))[request.param * 7], RATE_HZ)
    if request.param:
        pytest.skip(f"{REAL} is not here; one generated clip stands in for the three")
    return music()


def test_equal_to_librosas_own_calls(clip):
    y, feature = clip, librosa.feature
    mfcc, chroma = feature.mfcc(y=y, sr=RATE_HZ), feature.chroma_stft(y=y, sr=RATE_HZ)
    theirs = {
        "mfcc": mfcc,
        "delta": feature.delta(mfcc),
        "delta_delta": feature.delta(mfcc, order=2),
        "chroma": chroma,
        "contrast": feature.spectral_contrast(y=y, sr=RATE_HZ),
        "flatness": feature.spectral_flatness(y=y),
        "zcr": feature.zero_crossing_rate(y),
        "rms": feature.rms(y=y),
        "tonnetz": feature.tonnetz(chroma=chroma),
        "onset": librosa.onset.onset_strength(y=y, sr=RATE_HZ)[None],
    }
    for name, expected in theirs.items():
        assert np.abs(values(y, name).T - expected).max() < 1e-4, name
    log_mel = librosa.power_to_db(feature.melspectrogram(y=y, sr=RATE_HZ))
    assert np.abs(Analysis([y], ALL).over_time(lambda block: block.log_mel).T - log_mel).max() < 1e-4
    for name, expected in {  # in Hz, so to a part in ten thousand
        "centroid": feature.spectral_centroid(y=y, sr=RATE_HZ),
        "bandwidth": feature.spectral_bandwidth(y=y, sr=RATE_HZ),
        "rolloff": feature.spectral_rolloff(y=y, sr=RATE_HZ),
        "tempo": feature.tempo(y=y, sr=RATE_HZ),
    }.items():
        assert np.allclose(values(y, name).T, expected, rtol=1e-4), name


def test_tuning_is_librosas(clip):
    power = np.concatenate([spectrum.power(x) for x in spectrum.transforms([clip], spectrum.window("hann", 2048), 512)])
    assert tuning.estimate(tuning.peaks(power, RATE_HZ)) == librosa.estimate_tuning(
        S=np.abs(librosa.stft(clip)) ** 2, sr=RATE_HZ
    )
    assert tuning.estimate(tuning.peaks(np.zeros((5, 1025), np.float32), RATE_HZ)) == 0


def test_a_long_recording_in_blocks_has_the_features_of_the_whole():
    """Blocks of samples, blocks of frames: neither leaves a trace in any value."""
    y = music(3.5 * N_FRAMES * 512 / RATE_HZ)
    pieces = np.array_split(y, [1, 7, 100_000, 100_300, 700_001])
    whole, blockwise = (Analysis(x, ALL) for x in ([y], pieces))
    for name, feature in registry.FEATURES.items():
        assert np.array_equal(feature.compute(whole), feature.compute(blockwise)), name
    theirs = librosa.feature.mfcc(y=y, sr=RATE_HZ)
    assert np.abs(values(y, "mfcc").T - theirs).max() < 1e-3
    assert np.abs(values(y, "onset").T - librosa.onset.onset_strength(y=y, sr=RATE_HZ)[None]).max() < 1e-3


@pytest.mark.parametrize("n", [1, 3, 4, 11])
def test_segments_hold_every_sample_once_and_differ_by_one_at_most(n):
    y = np.arange(11, dtype=np.float32)
    parts = [np.concatenate(list(part)) for part in compute._segments("x", Replay(lambda: [y[:6], y[6:]]), n)]
    assert np.array_equal(np.concatenate(parts), y)
    assert sorted({len(part) for part in parts}, reverse=True) == sorted({-(-11 // n), 11 // n}, reverse=True)


def test_known_signals():
    y = sine(2000)
    inner = slice(4, -4)  # the edges are padded
    assert np.allclose(values(y, "centroid")[inner], 2000, rtol=0.01)
    assert np.allclose(values(y, "rolloff")[inner], 2000, atol=2 * RATE_HZ / 2048)
    assert np.allclose(values(y, "zcr")[inner], 2 * 2000 / RATE_HZ, rtol=0.01)
    assert np.allclose(values(y, "rms")[inner], 0.5 / np.sqrt(2), rtol=0.01)
    assert (np.argmax(values(sine(440), "chroma")[inner], axis=1) == 9).all()  # A
    noise = np.random.default_rng(0).normal(0, 0.1, RATE_HZ)
    assert values(noise, "flatness").mean() > 0.5 > 0.01 > values(y, "flatness")[inner].mean()
    assert values(noise, "bandwidth").mean() > 10 * values(y, "bandwidth")[inner].mean()
    assert abs(values(music(), "tempo")[0] - 120) < 4
    edges_hz = librosa.mel_frequencies(ALL.n_bands + 1, fmin=0, fmax=RATE_HZ / 2)
    assert (np.argmax(values(y, "stft")[inner], axis=1) == np.searchsorted(edges_hz, 2000) - 1).all()


@pytest.mark.parametrize("n_samples", [1, 100, 513, 3000])
@pytest.mark.parametrize("name", registry.FEATURES)
def test_short_clips_and_silence_have_finite_features(name, n_samples):
    for y in (np.zeros(n_samples), np.random.default_rng(0).normal(0, 0.1, n_samples)):
        x = values(y, name)
        assert np.isfinite(x).all()
        assert x.ndim == 1 or x.shape == (1 + n_samples // 512, x.shape[1])


def test_statistics_are_scipys():
    x = np.random.default_rng(0).gamma(2, size=(5, 300))
    theirs = {
        "mean": x.mean(1), "std": x.std(1), "median": np.median(x, 1), "min": x.min(1), "max": x.max(1),
        "skew": scipy.stats.skew(x, 1), "kurtosis": scipy.stats.kurtosis(x, 1),
    }  # fmt: skip
    for name, expected in theirs.items():
        assert np.allclose(statistics.STATISTICS[name](statistics.Series(x)), expected), name


@pytest.mark.parametrize("name", statistics.STATISTICS)
def test_a_statistic_is_one_finite_number_per_series(name):
    for x in (np.random.default_rng(0).gamma(2, size=(5, 300)), np.full((5, 10), 3.3), np.zeros((5, 1))):
        values = statistics.STATISTICS[name](statistics.Series(x))
        assert values.shape == (5,) and np.isfinite(values).all()


def test_a_constant_series_has_no_shape():
    s = statistics.Series(np.full((2, 10), 3.3))
    shape = {"mean": 3.3, "std": 0, "median": 3.3, "min": 3.3, "max": 3.3, "skew": 0, "kurtosis": 0}
    for name, expected in shape.items():
        assert float(statistics.STATISTICS[name](s)[0]) == pytest.approx(expected), name


def test_columns_are_named_by_feature_coefficient_and_statistic(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(440), RATE_HZ)
    p = compute.Params(use=["chroma", "tempo", "rms"], stats=["mean", "max"])
    (row,) = compute.compute(("a", tmp_path / "a.wav"), p)
    assert len(row) == 12 * 2 + 1 + 2
    assert {"chroma_00_mean", "chroma_11_max", "rms_00_mean", "tempo_00_value"} <= set(row)
    assert row["rms_00_mean"] == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_a_figure_that_is_not_finite_is_named(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", sine(440), RATE_HZ)
    never = registry.Feature(lambda a: np.array([[1.0], [np.inf]]), (), ())
    monkeypatch.setitem(registry.FEATURES, "rms", never)
    with pytest.raises(errors.UserError, match=r"clip a \(.*a.wav\): feature rms is not finite"):
        compute.compute(("a", tmp_path / "a.wav"), compute.Params(use=["zcr", "rms"], stats=["mean"]))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"use": ["mfcc", "centriod"]}, "features.use.1: unknown name \\(did you mean 'centroid'"),
        ({"stats": ["mena"]}, "features.stats.0: unknown name \\(did you mean 'mean'"),
        ({"use": []}, "features.use: .*at least 1"),
        ({"use": ["rms", "rms"]}, "use names rms twice"),
        ({"n_mels": 0}, "features.n_mels: .*greater than or equal to 1, got 0"),
        ({"hop_length": -1}, "features.hop_length: .*got -1"),
        ({"n_mfcc": 200}, "n_mfcc = 200 is more than n_mels = 128"),
        ({"n_fft": 256, "hop_length": 128}, "n_mels = 128 is too many for n_fft = 256 at 22050 Hz"),
        ({"n_bands": 500}, "n_bands = 500 is too many"),
        ({"sample_rate_hz": 8000, "n_mels": 64}, "contrast has no bins from 6400"),
    ],
)
def test_impossible_parameters_are_refused_when_read(change, says):
    raw = {"use": list(registry.FEATURES), "stats": ["mean"]} | change
    _, problems = params.parse("features", raw, compute.Params)
    assert len(problems) == 1 and re.search(says, problems[0]), problems


def test_the_table_is_written_in_groups_and_read_as_one(tmp_path):
    features_parquet.write(tmp_path / "f.parquet", ((f"c{i:05d}", 0, {"rms_00_mean": i / 7}) for i in range(2500)))
    table = pd.read_parquet(tmp_path / "f.parquet")
    assert pq.ParquetFile(tmp_path / "f.parquet").num_row_groups == 3
    assert list(table.columns) == ["clip_id", "segment", "rms_00_mean"] and table["rms_00_mean"].dtype == np.float32
    assert table["clip_id"].is_monotonic_increasing and not table["segment"].any()
    with pytest.raises(errors.UserError, match="no clip"):
        features_parquet.write(tmp_path / "g.parquet", iter([]))
    assert not (tmp_path / "g.parquet").exists()


def test_a_table_is_read_in_order_of_clips_and_segments_however_it_was_written(tmp_path):
    rows = [("b", 1, {"f": 3.0}), ("a", 0, {"f": 1.0}), ("b", 0, {"f": 2.0}), ("c", 0, {"f": 4.0})]
    features_parquet.write(tmp_path / "f.parquet", rows)
    table = features_parquet.read(tmp_path / "f.parquet", {"a", "b"})
    assert (table.clip_ids.tolist(), table.x.tolist()) == (["a", "b", "b"], [[1], [2], [3]])


stage = runpy.run_path("stages/features.py")["main"]


def test_stage(tmp_path, monkeypatch):
    """One worker and two write the same bytes; excluded clips stay out; a clip that fails stops it by name."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for i in range(6):
        soundfile.write(tmp_path / f"{i}.wav", sine(200 * (i + 1), 0.7), RATE_HZ)
        rows.append(dict.fromkeys(clips_csv.COLUMNS, "") | {"clip_id": f"c{i}", "path": f"{i}.wav", "duration_s": 0.7})
    rows.append(rows[0] | {"clip_id": "c9", "path": "gone.wav", "excluded": "unreadable"})
    clips_csv.write(tmp_path / "clips.csv", pd.DataFrame(rows))
    section = {"use": ["mfcc", "contrast", "chroma", "tempo"], "stats": ["mean", "std"]}
    for workers in (1, 2):
        doc = {"dataset": {"root": "."}, "features": section, "runtime": {"workers": workers}}
        (tmp_path / "params.yaml").write_text(yaml.dump(doc))
        stage("clips.csv", f"{workers}.parquet", "cost.json")
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()
    assert list(pd.read_parquet(tmp_path / "1.parquet")["clip_id"]) == [f"c{i}" for i in range(6)]

    (tmp_path / "3.wav").write_bytes(b"torn")
    with pytest.raises(errors.UserError, match=r"3\.wav: cannot be read"):
        stage("clips.csv", "3.parquet", "cost.json")
    assert not list(tmp_path.glob("*3.parquet*"))
