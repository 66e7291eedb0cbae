"""The stage on a tree of finished runs, and its content in the page."""

import base64
import contextlib
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from PIL import Image
from support import fake_runs
from support.easy_task import stage

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.artefacts.learning import splits_csv
from dalsegno.report import formatting

HOSTILE = ["</script><script>alert(1)</script>", "rock & roll", "a$b$c_{", 'quo"ted', "爵士 #*"]


def listen(root, *, audio=True, entries=None, **shape):
    """listening.json of a tree whose clips are short tones, and the arguments of `compare`."""
    args = fake_runs.build(root, **{"skill": {"mlp/features": 1.2, "classical/majority": None}} | shape)
    splits = splits_csv.read(args[0])
    clips = pd.DataFrame({c: "" for c in clips_csv.COLUMNS}, index=range(len(splits)))
    clips = clips.assign(
        clip_id=splits["clip_id"], label=splits["label"], path=[f"{i}.wav" for i in range(len(splits))]
    )
    clips_csv.write(root / "data/clips.csv", clips)
    copies_csv.write(root / "data/copies.csv", pd.DataFrame(columns=copies_csv.COLUMNS))
    rng = np.random.default_rng(0)
    rows = ((c, 0, {f"f_{i}": float(v) for i, v in enumerate(rng.normal(size=4))}) for c in splits["clip_id"])
    features_parquet.write(root / "data/features.parquet", rows)
    (root / "audio").mkdir()
    for i in range(len(splits)):
        soundfile.write(root / f"audio/{i}.wav", 0.1 * rng.normal(size=2000), 8000)
    doc = yaml.safe_load((root / "params.yaml").read_text())
    doc |= {
        "report": {"audio": audio},
        "paper": {"team": [], "search": "data/clips.csv"},
        "dataset": {"root": str(root / "audio")},
        "runtime": {"workers": 1},
    }
    doc["ensembles"] = entries or {}
    (root / "params.yaml").write_text(yaml.safe_dump(doc))
    return args


def run(root, args):
    names = ("clips.csv", "copies.csv", "splits.csv", "features.parquet")
    with contextlib.chdir(root):
        stage("listen")(
            *(str(root / "data" / name) for name in names),
            args[3],
            str(root / "reports/listening.json"),
            *fake_runs.FAMILIES,
        )
    return json.loads((root / "reports/listening.json").read_text())


def test_hostile_names_stay_data_in_the_page(tmp_path):
    args = listen(
        tmp_path, classes=sorted(HOSTILE), per_class=12, entries={"both": ["mlp/features", "classical/majority"]}
    )
    content = run(tmp_path, args)
    assert content["classes"] == sorted(HOSTILE)
    assert "ensembles/both" in content["models"]
    assert len(content["media"]) == len(content["clips"])
    assert content["models"] == formatting.ranked(fake_runs.compared(tmp_path, args)["models"])
    html = fake_runs.reported(tmp_path, args)
    assert len(re.findall(r"<script", html)) == len(re.findall(r"</script>", html)) == 4
    assert not re.search(r"\son\w+=", html)
    data = re.search(r'<script type="application/json" id="listening-data">(.*?)</script>', html, re.DOTALL)
    assert json.loads(data[1])["clips"] == content["clips"]


def test_what_a_network_hears_stands_in_page_and_paper_and_no_name_is_markup(tmp_path):
    args = listen(tmp_path, classes=sorted(HOSTILE), per_class=12)
    content = run(tmp_path, args)
    assert content["heard"] is None  # no network of this tree is stored
    fake_runs.compared(tmp_path, args)
    shown = content["labels"].index(content["classes"].index(HOSTILE[0]))
    one = {"clip": shown, "called": 1, "p": 981, "without": 452, "from_s": 1.2, "to_s": 1.6, "band": 2, "bands": 6}
    picture = io.BytesIO()
    Image.new("RGB", (320, 198)).save(picture, "WEBP")
    clips = [one | {"picture": base64.b64encode(picture.getvalue()).decode()}]
    clips.append(clips[0] | {"clip": 0, "without": 981})
    content["heard"] = {"model": "mlp/features", "passed": ["classical/majority"], "clips": clips}
    (tmp_path / "reports/listening.json").write_text(json.dumps(content))
    html, given = fake_runs.reported(tmp_path, args), fake_runs.for_report(tmp_path, args)
    with contextlib.chdir(tmp_path):
        stage("paper")(args[5], *given[:9], fake_runs.examples(tmp_path), "report.pdf", *fake_runs.FAMILIES)
    assert len(re.findall(r"<script", html)) == len(re.findall(r"</script>", html)) == 4
    figures = re.findall(r'<figure class="card">.*?</figure>', html, re.DOTALL)
    assert len(figures) == 2 and all(re.search(r'<img [^>]*alt="[^"]{40,}">', figure) for figure in figures)
    assert "98%, and 45% without the reddest field." in figures[0]
    assert "98%, also without the reddest field." in figures[1]
    assert "More accurate, but too large to be asked so often here: classical/majority" in html
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_same_bytes_twice_and_no_sound_if_none_may_be_passed_on(tmp_path):
    args = listen(tmp_path, classes=["a", "b"], per_class=6, audio=False, repeats=2, n_folds=3)
    content = run(tmp_path, args)
    first = (tmp_path / "reports/listening.json").read_bytes()
    assert not any("sound" in one for one in content["media"].values())
    assert len(content["clips"]) == 12  # each once, though two repeats predict it twice
    run(tmp_path, args)
    assert (tmp_path / "reports/listening.json").read_bytes() == first


def test_a_file_that_vanished_leaves_its_numbers(tmp_path, capsys):
    args = listen(tmp_path, classes=["a", "b"], per_class=6, held_out="")
    for path in (tmp_path / "audio").glob("*.wav"):
        path.unlink()
    content = run(tmp_path, args)
    assert all("is no longer there" in one["lost"] for one in content["media"].values())
    assert "no longer to be read" in capsys.readouterr().out


@pytest.mark.parametrize("n_classes", [1, 300])
def test_one_class_and_three_hundred(tmp_path, n_classes):
    names = [f"class {i:03d}" for i in range(n_classes)]
    args = listen(tmp_path, classes=names, per_class=6, groups_per_class=3, seeds=(0,), control=False)
    content = run(tmp_path, args)
    n_best = len(content["best"][0]) // (2 * len(content["clips"]))
    assert n_best == min(3, n_classes)
    assert content["map"]["svg"] is not None or len(content["clips"]) < 3
