"""What is judged of one file: stereo by its mono mix, damage wherever it lies."""

import numpy as np
import pytest
import soundfile as sf
from support.tunes import RATE, examine, reason, save, tune

from dalsegno.clips import decoding, inspect_audio
from dalsegno.sound import excerpt
from dalsegno.sound.opening import stream


def inspect(path):
    return inspect_audio.inspect(path, 0.5, False)


def kinds(remarks):
    return [remark.split(":")[0] for remark in remarks]


def stereo(seconds=2.0, residual=0.0):
    """A tune and its inverse, of which `residual` (a share) is left over in the mean [shape=(n, 2)]."""
    y, rest = tune(0, seconds), tune(1, seconds)
    return np.stack([y + residual * rest, -y + residual * rest], axis=1)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_stereo_that_cancels_is_silent(tmp_path, subtype):
    save(tmp_path / "a" / "x.wav", stereo(), subtype=subtype)
    save(tmp_path / "a" / "y.wav", tune(2, 2.0))
    save(tmp_path / "b" / "z.wav", tune(3, 2.0))
    findings = examine(tmp_path)
    assert reason(findings, "a/x.wav").startswith("silent: its channels cancel")
    assert findings.summary()["excluded"] == {"silent": 1}


def test_a_file_exactly_as_long_as_asked_for_is_long_enough(tmp_path):
    y = tune(0, 1.0)
    for n in (RATE // 2, RATE // 2 - 1):
        save(tmp_path / f"{n}.wav", y[:n])
    assert [inspect(tmp_path / f"{n}.wav").fault for n in (RATE // 2, RATE // 2 - 1)] == ["", "too short: 0.500 s"]


@pytest.mark.parametrize("lost_db", [14, 18, 22, 26, 40])
@pytest.mark.parametrize("offset", [0, 0.2])
def test_a_mix_that_loses_more_than_20_db_is_remarked_on(tmp_path, lost_db, offset):
    save(tmp_path / "x.wav", stereo(residual=10 ** (-lost_db / 20)) + offset, subtype="FLOAT")
    facts = inspect(tmp_path / "x.wav")
    assert facts.fault == ""
    assert kinds(facts.remarks) == (["channels cancel"] if lost_db > 20 else [])
    assert lost_db < 20 or f"lies {lost_db} dB below" in facts.remarks[0]


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize("n_blocks", [1, 3])
def test_what_the_mix_loses_is_measured_over_the_whole_file(tmp_path, monkeypatch, subtype, n_blocks):
    monkeypatch.setattr(decoding, "BLOCK", 2 * (2 * RATE // n_blocks + 1))
    y = stereo(residual=10 ** (-30 / 20))
    save(tmp_path / "x.wav", y, subtype=subtype)
    lost_db = 10 * np.log10(y.var(axis=0).mean() / y.mean(axis=1).var())
    with excerpt.opened(tmp_path / "x.wav") as clip:
        assert decoding.decode(clip, 0).cancelled_db == pytest.approx(lost_db, abs=0.02)


@pytest.mark.parametrize(
    "channels",
    [
        lambda y, z: [y, y],
        lambda y, z: [y, z],
        lambda y, z: [y, 0 * y],
        lambda y, z: [y, *[0 * y] * 15],
        lambda y, z: [y],
        lambda y, z: [y + 0.5, 0.9 * y - 0.5],
    ],
)
def test_ordinary_stereo_and_single_channels_of_many_are_not_remarked_on(tmp_path, channels):
    save(tmp_path / "x.wav", np.stack(channels(0.9 * tune(0, 2.0), 0.9 * tune(1, 2.0)), axis=1) * 0.5)
    assert inspect(tmp_path / "x.wav").fault == "" and inspect(tmp_path / "x.wav").remarks == ()


def test_a_channel_that_is_not_finite_is_named_even_if_another_is(tmp_path):
    y = np.stack([tune(0, 1.0), tune(1, 1.0)], axis=1)
    y[100, 1] = np.inf
    save(tmp_path / "x.wav", y, subtype="FLOAT")
    assert inspect(tmp_path / "x.wav").fault.startswith("not finite")


def test_clipping_of_one_channel_is_remarked_on_though_the_mix_is_not_clipped(tmp_path):
    save(tmp_path / "x.wav", np.stack([np.clip(20 * tune(0, 2.0), -1, 1), 0.1 * tune(1, 2.0)], axis=1))
    assert kinds(inspect(tmp_path / "x.wav").remarks) == ["clipped"]


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize(("length", "said"), [(2, ()), (3, ("clipped: 1.5% of its samples",)), (40, ("clipped: 20.0% of its samples",))])  # fmt: skip
def test_three_equal_samples_in_a_row_at_full_scale_are_clipped_and_all_of_a_run_count(tmp_path, subtype, length, said):
    """A hundred runs among 20,000 samples of two channels; two at full scale are what a loud wave may have by itself."""
    y = np.stack([0.5 * tune(0, 1.0)[:10_000]] * 2, axis=1)
    for start in range(50, 10_000, 100):
        y[start : start + length, 1] = 1 if start % 200 < 100 else -1
    save(tmp_path / "x.wav", y, subtype=subtype)
    assert inspect(tmp_path / "x.wav").remarks == said


@pytest.mark.parametrize(("times", "kind"), [(3, "beyond full scale"), (32768, "beyond full scale"), (0.9, None)])
def test_samples_beyond_full_scale_are_not_called_clipped(tmp_path, times, kind):
    y = tune(0, 2.0)
    save(tmp_path / "x.wav", times * y / np.abs(y).max(), subtype="FLOAT")
    remarks = inspect(tmp_path / "x.wav").remarks
    assert kinds(remarks) == ([kind] if kind else [])
    assert not kind or f"up to {times:.3g} times" in remarks[0]


def damaged(data, how, rng):
    """The bytes `data` with holes."""
    data, at = bytearray(data), int(rng.integers(4500, len(data) - 1500))
    if how == "zeros":
        data[at : at + 500] = bytes(500)
    elif how == "cut":
        del data[at : at + int(rng.integers(1, 1000))]
    else:
        for place in rng.integers(4500, len(data), size=20):
            data[place] = rng.integers(0, 256)
    return bytes(data)


@pytest.mark.parametrize("how", ["zeros", "cut", "noise"])
@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".mp3"])
def test_a_file_that_may_be_used_has_the_length_that_reading_it_whole_gives(tmp_path, suffix, how):
    rng, path = np.random.default_rng(0), tmp_path / f"x{suffix}"
    sf.write(
        path, np.tile(tune(3, 5.0), 2), 24000, **({"format": "OGG", "subtype": "OPUS"} if suffix == ".opus" else {})
    )
    whole, n_faulty = path.read_bytes(), 0
    for _ in range(15):
        path.write_bytes(damaged(whole, how, rng))
        facts = inspect(path)
        n_faulty += bool(facts.fault)
        if not facts.fault:
            with stream.quiet():
                assert len(sf.read(path)[0]) == round(facts.duration_s * facts.sample_rate_hz)
    path.write_bytes(whole)
    assert inspect(path).fault == "" and (suffix == ".mp3" or n_faulty)


def test_a_hole_in_a_stream_is_damage_and_says_how_much_is_left(tmp_path):
    path = tmp_path / "x.ogg"
    save(path, np.tile(tune(3, 5.0), 4))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 500] = bytes(500)
    path.write_bytes(data)
    fault = inspect(path).fault
    assert fault.startswith("damaged: its stream has holes") and 15 < float(fault.split()[5]) < 20
    assert fault.endswith("of 20.00 s can be decoded")


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_sound_files_of_several_blocks_have_no_hole(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(decoding, "BLOCK", 5000)
    for n in (20_000, 20_001, 19_999):
        save(tmp_path / f"x{suffix}", tune(0, 1.0)[:n] if n <= RATE else tune(0, 2.0)[:n])
        assert inspect(tmp_path / f"x{suffix}").fault == ""


FORMATS = {
    **{suffix: {} for suffix in ("wav", "au", "aiff", "w64", "rf64", "voc", "svx", "avr", "flac", "ogg", "mp3")},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "wve": {"subtype": "ALAW"},
}


@pytest.mark.parametrize("share", [0.97, 0.9, 0.5])
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_that_was_cut_is_truncated_in_every_format_that_states_its_length(tmp_path, suffix, share):
    path = tmp_path / f"x.{suffix}"
    sf.write(path, np.tile(tune(2, 4.0)[:32_000], 2), 8000, **FORMATS[suffix])
    assert inspect(path).fault == "" and inspect(path).remarks == ()
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert inspect(path).fault.startswith("truncated: ")


@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_what_stands_behind_a_closed_stream_does_not_make_it_truncated(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    sf.write(path, tune(2, 4.0)[:32_000], 8000, **FORMATS[suffix])
    path.write_bytes(path.read_bytes() + bytes(5000))
    assert inspect(path).fault == "" and inspect(path).remarks == ()


@pytest.mark.parametrize("suffix", ["wav", "w64", "rf64", "au", "aiff"])
@pytest.mark.parametrize("n", [128, 20_000])
def test_no_more_bytes_stand_behind_the_samples_than_were_put_there(tmp_path, suffix, n):
    """A tag of 128 bytes is not worth a remark."""
    path = tmp_path / f"x.{suffix}"
    sf.write(path, tune(2, 4.0)[:32_000], 8000, format=suffix.upper())
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(n - 3))
    numbers = [int(remark.split()[2]) for remark in inspect(path).remarks]
    assert numbers == [] if n < 1000 else all(abs(number - n) < 64 for number in numbers)


@pytest.mark.parametrize(
    ("suffix", "at", "order"), [("wav", slice(40, 44), "little"), ("au", slice(8, 12), "big")], ids=["wav", "au"]
)
@pytest.mark.parametrize("n", [0, 40_000])
def test_sound_that_a_header_does_not_count_is_remarked_on(tmp_path, suffix, at, order, n):
    path = tmp_path / f"x.{suffix}"
    sf.write(path, tune(2, 4.0)[:32_000], 8000)
    data = bytearray(path.read_bytes())
    assert int.from_bytes(data[at], order) == 64_000
    data[at] = (64_000 - n).to_bytes(4, order)
    path.write_bytes(data)
    facts = inspect(path)
    assert facts.fault == "" and facts.duration_s == 4 - n / 16_000
    said = f"odd end: {n} bytes stand behind its samples, perhaps sound that its header does not count"
    assert facts.remarks == ((said,) if n else ())
