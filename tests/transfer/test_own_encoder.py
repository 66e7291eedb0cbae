"""An encoder of one's own: tried, refused in plain words, and run to a head."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.easy_task import stage
from support.transfer_task import TRAIN, write_params

from dalsegno.artefacts import spectrogram_store
from dalsegno.cli import main as command_line
from dalsegno.pipeline.errors import UserError

RATE = 4000
GOOD = """
import numpy as np

def embed(samples, sample_rate_hz):
    samples = np.pad(samples, (0, max(0, 400 - len(samples))))
    frames = np.stack([samples[i : i + 400] for i in range(0, len(samples) - 399, 200)])
    power = np.abs(np.fft.rfft(frames)) ** 2
    return np.log(power[:, :200].reshape(len(power), 20, 10).mean(2) + 1e-8)
"""


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        Path("mine.py").write_text(text)
        return "mine.py"

    return write


def body(line):
    return f"import numpy as np\n\ndef embed(samples, sample_rate_hz):\n    {line}\n"


def test_what_a_good_one_gives_is_said(encoder, capsys):
    command_line.main(["check-encoder", encoder(GOOD)])
    said = capsys.readouterr().out
    assert "noise of 60 s: 4,799 frames of 20 numbers" in said and "noise of 10 ms: 1 frame of 20 numbers" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (body("return np.full((3, 4), np.nan)"), "silence of 3 s: mine.py: embed gave 12 of 12 numbers that are NaN"),
        (
            body("return np.log(np.abs(samples[:8])).reshape(2, 4)"),
            "silence of 3 s: mine.py: embed gave 8 of 8 numbers",
        ),
        (body("return np.ones(4)"), r"embed gave an array of shape \(4,\); expected two axes"),
        (body("return np.ones((1, 2, 3))"), r"embed gave an array of shape \(1, 2, 3\)"),
        (body("pass"), "embed gave nothing; expected two axes"),
        (body("return 'loud'"), "embed gave str; expected numbers"),
        (
            body("return np.ones((len(samples) // 400, 4))"),
            r"noise of 10 ms: mine.py: embed gave no frame, shape \(0, 4\)",
        ),
        (body("return np.ones((1, len(samples)))"), "dims differ: 48000 of a tone of 3 s, 8000 of noise of 0.5 s"),
        (body("return np.random.rand(2, 3)"), "the same sound gave two results"),
        (body("return samples.no_such_thing"), "mine.py, line 4: AttributeError"),
        ("x = 1\n", "there is no function `embed`"),
        ("def embed(\n", "mine.py, line 1: SyntaxError"),
        ("import no_such_package\n", "mine.py, line 1: ModuleNotFoundError"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_is_wrong_is_said(encoder, text, message):
    with pytest.raises(SystemExit, match=message):
        command_line.main(["check-encoder", encoder(text)])


@pytest.mark.parametrize("rate", ["-1", "0", "16k", "999999999999"])
def test_a_rate_that_none_can_be_is_refused(encoder, capsys, rate):
    with pytest.raises(SystemExit):
        command_line.main(["check-encoder", encoder(GOOD), "--rate", rate])
    assert f"{rate!r} is not a sample rate; expected 1000 to 1000000 Hz" in capsys.readouterr().err


def test_a_file_that_is_not_there(encoder):
    with pytest.raises(SystemExit, match=r"no\.py: expected a Python file"):
        command_line.main(["check-encoder", "no.py"])


def stored(pool=1):
    """A tone of one of three heights per clip, and its splits."""
    rng, t = np.random.default_rng(0), np.arange(RATE) / RATE
    clips = {f"{label}{i:02}": hz for label, hz in (("low", 200), ("mid", 600), ("top", 1500)) for i in range(12)}
    waves = (
        (c, (0.3 * np.sin(2 * np.pi * hz * t) + rng.normal(0, 0.05, RATE)).astype(np.float16)[:, None])
        for c, hz in clips.items()
    )
    meta = {
        "kind": "waveform",
        "sample_rate_hz": RATE,
        "hop_length": pool,
        "frame_rate_hz": RATE / pool,
        "unit": "full scale",
    }
    spectrogram_store.write("store", waves, meta | {"db_per_unit": None, "scale": 1.0, "offset": 0.0, "floor": 0.0})
    parts = [("test", "valid", "train")[min(2, int(c[3:]) // 3)] for c in clips]
    ids, labels = list(clips), [c[:3] for c in clips]
    splits = {"clip_id": ids, "label": labels, "group": "", "unit": ids, "sha256": ids, "fold0": parts}
    pd.DataFrame(splits).to_csv("splits.csv", index=False)


def embeddings(weights):
    entry = {"spectrogram": "wave", "arch": "encoder", "model": {}, "weights": weights, "view": {"crop_s": 0.5}}
    head = {
        "input": "embeddings/mine",
        "arch": "encoder",
        "weights": weights,
        "head": {},
        "train": TRAIN | {"epochs": 60, "lr": 0.1},
    }
    write_params(embeddings={"mine": entry}, transfer={"mine": head})
    stage("embeddings")("mine", "store", "e", "cost.json")


def test_a_head_on_it_learns(encoder):
    stored()
    embeddings(encoder(GOOD))
    rows = pd.read_parquet("e/embeddings.parquet")
    assert rows.filter(like="e_").shape[1] == 20 and rows.groupby("clip_id").size().min() >= 2
    stage("transfer")("mine", "e", "splits.csv", "run", "metrics")
    made = pd.read_parquet("run/predictions.parquet").query("split == 'test'")
    called = made.filter(regex="^p_").idxmax(axis=1).str.removeprefix("p_")
    assert (called == made["label"]).mean() > 0.6  # chance is 0.33
    assert "mine.py does not list the clips that it was trained on" in Path("run/leaks.json").read_text()


def test_it_hears_samples_and_nothing_else(encoder):
    stored(pool=25)
    with pytest.raises(UserError, match=r"embeddings.mine: .* kind: waveform and options: .*pool: 1"):
        embeddings(encoder(GOOD))


def test_one_that_fails_within_a_run_is_named(encoder):
    stored()
    with pytest.raises(UserError, match=r"embeddings.mine: mine.py: embed gave nothing"):
        embeddings(encoder(body("pass")))
