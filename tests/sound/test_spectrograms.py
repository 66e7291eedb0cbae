"""Spectrograms: librosa's numbers, in their unit after storage, for every kind."""

import re
import runpy
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from support.sound import samples, stored

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.pipeline import errors, params
from dalsegno.sound import decibels, storing
from dalsegno.spectrograms import ast, bands, efficientat, image, logmel, phase, stft, waveform, windows

REAL = Path("../shared/data")
RATE_HZ = 22050
KINDS = [
    (logmel, logmel.Params()),
    (logmel, logmel.Params(n_mels=40, f_min_hz=50.0, f_max_hz=8000.0, top_db=60.0, dtype="float16")),
    (stft, stft.Params()),
    (stft, stft.Params(n_fft=512, hop_length=128, window="hamming", max_bins=200, dtype="float16")),
    (windows, windows.Params()),
    (windows, windows.Params(n_mels=64, windows_ms=(20.0, 92.0), n_fft=2048, dtype="float16")),
    (phase, phase.Params()),
    (phase, phase.Params(n_fft=512, hop_length=128, window="hamming", max_bins=200, dtype="float16")),
    (bands, bands.Params()),
    (bands, bands.Params(n_fft=2048, n_mels=8, edges_hz=(1000.0,), f_max_hz=8000.0, dtype="float16")),
    (waveform, waveform.Params()),
    (waveform, waveform.Params(sample_rate_hz=RATE_HZ, pool=1)),
]


@pytest.fixture
def clip(tmp_path):
    rng = np.random.default_rng(0)
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    soundfile.write(
        tmp_path / "a.wav", 0.4 * np.sin(2 * np.pi * 1000 * t) * (t % 0.5) + rng.normal(0, 0.001, len(t)), RATE_HZ
    )
    return tmp_path / "a.wav"


def in_unit(kind, p, path):
    meta = kind.meta(p)
    return stored(kind, p, path).astype(np.float32) * np.float32(meta["scale"]) + np.float32(meta["offset"])


def channels(kind, p, path):
    """(values, unit, floor) of each channel, in its unit."""
    meta, x = kind.meta(p), in_unit(kind, p, path)
    x = x if x.ndim == 3 else x[:, :, None]
    unit, floor = ([v] * x.shape[2] if not isinstance(v, list) else v for v in (meta["unit"], meta["floor"]))
    return list(zip(np.moveaxis(x, 2, 0), unit, floor, strict=True))


def test_log_mel_is_librosas_to_the_rounding_of_its_storage(clip):
    mel = librosa.feature.melspectrogram(y=samples(clip, RATE_HZ), sr=RATE_HZ)
    theirs = librosa.power_to_db(mel, ref=np.max).T
    assert np.abs(in_unit(logmel, logmel.Params(), clip) - theirs).max() <= 80 / 510 + 1e-3
    assert np.abs(in_unit(logmel, logmel.Params(dtype="float16"), clip) - theirs).max() <= 80 / 2048


def test_log_stft_is_librosas_to_the_rounding_of_its_storage(clip):
    spectrum = librosa.stft(samples(clip, RATE_HZ), n_fft=1024, hop_length=256, window="hamming")
    theirs = librosa.power_to_db(np.abs(spectrum) ** 2, ref=np.max, top_db=None).T[:, :300].clip(-80)
    p = stft.Params(n_fft=1024, hop_length=256, window="hamming", max_bins=300)
    assert np.abs(in_unit(stft, p, clip) - theirs).max() <= 80 / 510 + 1e-3


@pytest.mark.parametrize(
    ("kind", "p"), [(ast, ast.Params()), (ast, ast.Params(std=3.0)), (efficientat, efficientat.Params())]
)
def test_a_louder_clip_rises_by_the_decibels_in_a_unit(clip, kind, p):
    y, rate_hz = soundfile.read(clip)
    soundfile.write(clip.with_name("softer.wav"), y / 10, rate_hz, subtype="FLOAT")
    loud, soft = in_unit(kind, p, clip), in_unit(kind, p, clip.with_name("softer.wav"))
    above = (
        soft > soft.min() + 40 / kind.meta(p)["db_per_unit"]
    )  # softer points are rounded, or lifted by what is added
    rise_db = (loud - soft)[above] * kind.meta(p)["db_per_unit"]
    assert above.sum() > 300 and np.median(rise_db) == pytest.approx(20, abs=0.1)


def test_a_unit_is_a_decibel_or_none_at_all():
    assert [
        kind.meta(p)["db_per_unit"]
        for kind, p in [*KINDS[:6], *KINDS[8:10], (image, image.Params())]
        if kind is not phase
    ] == [1.0] * 9
    assert phase.meta(phase.Params())["db_per_unit"] == [1.0, None]
    assert waveform.meta(waveform.Params())["db_per_unit"] is None


def test_waveform_is_the_mean_of_each_pool(clip):
    y = samples(clip, RATE_HZ)
    x = in_unit(waveform, waveform.Params(sample_rate_hz=RATE_HZ, pool=25), clip)
    assert x.shape == (len(y) // 25, 1)
    assert np.allclose(x[7, 0], y[7 * 25 : 8 * 25].mean(), atol=1e-3)
    first = in_unit(waveform, waveform.Params(sample_rate_hz=RATE_HZ, pool=25, first_s=0.5), clip)
    assert np.array_equal(first, x[: RATE_HZ // 2 // 25])


def test_each_window_length_is_a_channel_as_librosa_has_it(clip):
    p = windows.Params(n_mels=64)
    x = in_unit(windows, p, clip)
    assert x.shape == (1 + 3 * RATE_HZ // 512, 64, 3)
    for channel, n in enumerate((551, 1102, 2205)):
        mel = librosa.feature.melspectrogram(y=samples(clip, RATE_HZ), sr=RATE_HZ, n_fft=4096, win_length=n, n_mels=64)
        theirs = librosa.power_to_db(mel, ref=np.max).T
        assert np.abs(x[:, :, channel] - theirs).max() <= 80 / 510 + 1e-3
    assert not np.allclose(x[:, :, 0], x[:, :, 2], atol=5)


def test_each_frequency_band_is_a_channel_as_librosa_has_it(clip):
    x = in_unit(bands, bands.Params(), clip)
    assert x.shape == (1 + 3 * RATE_HZ // 512, 32, 3)
    for channel, (low, high) in enumerate([(0, 500), (500, 2000), (2000, None)]):
        options = {"sr": RATE_HZ, "n_fft": 4096, "n_mels": 32, "fmin": low, "fmax": high}
        theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=samples(clip, RATE_HZ), **options), ref=np.max).T
        assert np.abs(x[:, :, channel] - theirs).max() <= 80 / 510 + 1e-3


@pytest.mark.parametrize("kind", [logmel, stft, phase])
def test_a_window_may_be_shorter_than_its_frame_as_librosas(clip, kind):
    x = channels(kind, kind.Params(win_length=800), clip)[0][0]
    power = np.abs(librosa.stft(samples(clip, RATE_HZ), hop_length=512, win_length=800)) ** 2
    power = librosa.feature.melspectrogram(S=power, sr=RATE_HZ) if kind is logmel else power
    theirs = librosa.power_to_db(power, ref=np.max, top_db=80 if kind is logmel else None).T.clip(-80)
    assert np.abs(x - theirs).max() <= 80 / 510 + 2e-3
    assert not np.allclose(x, channels(kind, kind.Params(), clip)[0][0], atol=5)


LEVELS = [(kind, p) for kind, p in [(logmel, {}), (stft, {}), (phase, {}), (windows, {}), (bands, {"f_min_hz": 20.0})]]


@pytest.mark.parametrize(("kind", "p"), LEVELS)
def test_levels_below_full_scale_tell_a_soft_clip_from_a_loud_one(tmp_path, kind, p):
    """A sine of amplitude 1 is at 0 dB where the bins fall on it, one of a tenth 20 dB below; louder sound stays at 0."""
    at_bin = 93 * RATE_HZ / 2048  # 1,001 Hz
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    tops = {}
    for name, x in (("full", np.sin(2 * np.pi * at_bin * t)), ("tenth", 0.1 * np.sin(2 * np.pi * at_bin * t)),
                    ("square", 4 * np.sign(np.sin(2 * np.pi * at_bin * t)))):  # fmt: skip
        soundfile.write(tmp_path / f"{name}.wav", x, RATE_HZ, subtype="FLOAT")
        for reference in ("clip", "full_scale"):
            options = kind.Params(**p, dtype="float16", top_db=90.0, reference=reference)
            levels = channels(kind, options, tmp_path / f"{name}.wav")
            tops[name, reference] = max(x[10:-10].max() for x, unit, _ in levels if unit == "dB")
    assert [tops[name, "clip"] for name in ("full", "tenth")] == pytest.approx([0, 0], abs=0.1)
    assert tops["full", "full_scale"] - tops["tenth", "full_scale"] == pytest.approx(20, abs=0.1)
    assert -12 < tops["full", "full_scale"] <= 0 and tops["square", "full_scale"] == 0
    if kind in (stft, phase):
        assert tops["full", "full_scale"] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("dtype", "bound"), [("uint8", np.pi / 256), ("float16", 2e-3)])
def test_magnitude_is_stfts_and_phase_librosas_to_the_rounding_of_its_storage(clip, dtype, bound):
    x = in_unit(phase, phase.Params(dtype=dtype), clip)
    assert np.array_equal(x[:, :, 0], in_unit(stft, stft.Params(dtype=dtype), clip))
    theirs = np.angle(librosa.stft(samples(clip, RATE_HZ))).T
    loud = x[:, :, 0] > -60  # softer ones turn by the rounding of single precision
    apart = np.abs((x[:, :, 1] - theirs)[loud])
    assert np.minimum(apart, 2 * np.pi - apart).max() <= bound + 1e-3
    assert loud.sum() > 1000 and (x[:, :, 1][x[:, :, 0] == -80] == 0).all()


@pytest.mark.parametrize(("kind", "p"), KINDS)
def test_range_and_frames_of_every_kind(kind, p, clip):
    ranges = {"dB": (-getattr(p, "top_db", 0), 0.0), "radians": (-np.pi, np.pi), "full scale": (-1.0, 1.0)}
    for x, unit, floor in channels(kind, p, clip):
        low, high = ranges[unit]
        assert low - 1e-3 <= x.min() < x.max() <= high + 1e-3
        assert unit != "dB" or x.max() == pytest.approx(0, abs=1e-4)
        assert abs(len(x) / kind.meta(p)["frame_rate_hz"] - 3) < 0.1
        assert floor == pytest.approx(low if unit == "dB" else 0)


@pytest.mark.parametrize(("kind", "p"), KINDS)
@pytest.mark.parametrize("n_samples", [1, 30, 2000])
def test_short_and_silent_clips_are_stored_as_floor(kind, p, n_samples, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(n_samples), RATE_HZ)
    for x, _, floor in channels(kind, p, tmp_path / "a.wav"):
        assert len(x) >= 1
        assert np.allclose(x, floor, atol=1e-4)


def test_decibels_are_off_by_no_more_than_they_say():
    power = 10 ** np.random.default_rng(0).uniform(-9, 3, (100, 50)).astype(np.float32)
    db = np.maximum(10 * np.log10(power / power.max()), -90)
    for dtype, bound in (("uint8", 90 / 510), ("float16", 90 / 2048)):
        meta = decibels.meta(90.0, dtype)
        x = (
            decibels.encode(power, decibels.peak_db([power]), 90.0, dtype).astype(float) * meta["scale"]
            + meta["offset"]
        )
        assert np.abs(x - db).max() <= bound + 1e-3


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"kind": "logmle", "options": {}}, "did you mean 'logmel'.*there are: .*logmel, .*stft, .*waveform"),
        ({"kind": "logmel", "options": {"n_mels": 0}}, "x.options.n_mels: .*got 0"),
        ({"kind": "logmel", "options": {"hop_length": 0}}, "x.options.hop_length: .*got 0"),
        ({"kind": "logmel", "options": {"n_fft": 2047}}, "x.options.n_fft: .*multiple of 2, got 2047"),
        (
            {"kind": "logmel", "options": {"f_max_hz": 12000}},
            "f_max_hz = 12000 is above half the sample rate, 11025 Hz",
        ),
        ({"kind": "logmel", "options": {"f_min_hz": 9000, "f_max_hz": 8000}}, "f_min_hz = 9000 is not below"),
        ({"kind": "logmel", "options": {"f_min_hz": 8000, "f_max_hz": 8000}}, "f_min_hz = 8000 is not below"),
        ({"kind": "logmel", "options": {"n_fft": 256, "hop_length": 128}}, "n_mels = 128 is too many for n_fft = 256"),
        ({"kind": "logmel", "options": {"dtype": "int8"}}, "x.options.dtype: .*'uint8' or 'float16'"),
        ({"kind": "logmel", "options": {"n_mel": 64}}, "x.options.n_mel: .*did you mean 'n_mels'"),
        ({"kind": "stft", "options": {"max_bins": 2000}}, "max_bins = 2000, but n_fft = 2048 gives 1025"),
        (
            {"kind": "windows", "options": {"windows_ms": [25, 300]}},
            r"\[25.0, 300.0\] are \[551, 6615\] samples at 22050 Hz; each must be 2 to n_fft = 4096",
        ),
        ({"kind": "windows", "options": {"windows_ms": [25]}}, "windows_ms: .*at least 2"),
        ({"kind": "phase", "options": {"max_bins": 2000}}, "max_bins = 2000, but n_fft = 2048 gives 1025"),
        (
            {"kind": "phase", "options": {"win_length": 4096}},
            "win_length = 4096 must be from hop_length = 512, .*to n_fft",
        ),
        ({"kind": "logmel", "options": {"win_length": 400}}, "win_length = 400 must be from hop_length = 512"),
        ({"kind": "windows", "options": {"win_length": 800}}, "x.options.win_length: "),
        ({"kind": "bands", "options": {"edges_hz": [2000, 500]}}, "f_min_hz = 2000 is not below f_max_hz = 500"),
        ({"kind": "bands", "options": {"n_mels": 200}}, "n_mels = 200 is too many for n_fft = 4096"),
        ({"kind": "stft", "options": {"reference": "loudest"}}, "x.options.reference: .*'clip' or 'full_scale'"),
        ({"kind": "waveform", "options": {"pool": 0}}, "x.options.pool: .*got 0"),
    ],
)
def test_impossible_parameters_are_refused_when_read(raw, says):
    _, problems = params.parse("spectrograms.x", raw, storing.Params)
    assert len(problems) == 1 and re.search(says, problems[0]), problems


@pytest.mark.filterwarnings("ignore:Empty filters")  # librosa warns of what we refuse
def test_every_filter_that_is_let_through_has_a_bin():
    for n_fft in (256, 512, 1024, 2048):
        for n_mels in (16, 40, 64, 80, 128, 256, 512):
            filters = librosa.filters.mel(sr=RATE_HZ, n_fft=n_fft, n_mels=n_mels, fmin=20.0)
            raw = {"n_fft": n_fft, "hop_length": n_fft // 4, "n_mels": n_mels, "f_min_hz": 20.0}
            assert bool(params.parse("options", raw, logmel.Params)[1]) == (not filters.any(axis=1).all()), raw


stage = runpy.run_path("stages/spectrograms.py")["main"]


def write_manifest(folder, paths):
    rows = [dict.fromkeys(clips_csv.COLUMNS, "") | {"clip_id": f"c{i:02d}", "path": p} for i, p in enumerate(paths)]
    rows.append(rows[0] | {"clip_id": "c99", "path": "gone.wav", "excluded": "unreadable"})
    clips_csv.write(folder / "clips.csv", pd.DataFrame(rows))


def write_params(folder, workers=1):
    """The root is absolute: worker processes that an earlier test has started are in the folder of that test."""
    entries = {"mel": {"kind": "logmel", "options": {"n_mels": 32}}, "raw": {"kind": "waveform", "options": {}}}
    (folder / "params.yaml").write_text(
        yaml.dump({"dataset": {"root": str(folder)}, "spectrograms": entries, "runtime": {"workers": workers}})
    )


def test_stage(tmp_path, monkeypatch):
    """One worker and two write the same bytes; excluded clips stay out; a clip that fails stops it by name."""
    monkeypatch.chdir(tmp_path)
    for i in range(6):
        soundfile.write(tmp_path / f"{i}.wav", np.random.default_rng(i).normal(0, 0.1, 5000 * (i + 1)), RATE_HZ)
    write_manifest(tmp_path, [f"{i}.wav" for i in range(6)])
    for workers in (1, 2):
        write_params(tmp_path, workers)
        stage("clips.csv", f"s{workers}", "mel", "cost.json")
    for file in ("frames.npy", "index.csv", "meta.json"):
        assert (tmp_path / "s1" / file).read_bytes() == (tmp_path / "s2" / file).read_bytes()
    s = spectrogram_store.open(tmp_path / "s1")
    assert list(s.index.index) == [f"c{i:02d}" for i in range(6)]
    assert list(s.index["n_frames"]) == [1 + 5000 * (i + 1) // 512 for i in range(6)]
    assert np.array_equal(s.clip("c04"), in_unit(logmel, logmel.Params(n_mels=32), tmp_path / "4.wav"))

    write_params(tmp_path)
    (tmp_path / "3.wav").write_bytes(b"torn")
    with pytest.raises(errors.UserError, match=r"3\.wav: cannot be read"):
        stage("clips.csv", "s3", "raw", "cost.json")
    assert not list(tmp_path.glob("*s3*"))
    with pytest.raises(errors.UserError, match=r"spectrograms\.mle: there is no such entry \(did you mean 'mel'"):
        stage("clips.csv", "s3", "mle", "cost.json")


@pytest.mark.skipif(not REAL.exists(), reason=f"{REAL} is not here")
@pytest.mark.parametrize("folder", ["gtzan_au", "gtzan_audio/jazz", "instruments/Flute"])
def test_real_recordings_go_through(folder):
    for path in sorted(p for p in (REAL / folder).iterdir() if p.suffix in {".au", ".flac"}):
        x = in_unit(logmel, logmel.Params(), path)
        assert x.shape[1] == 128 and x.std() > 1
