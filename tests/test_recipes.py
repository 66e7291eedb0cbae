"""Every recipe is a whole params file that runs: held against the stages that read it, then run on a small tree of its data.

What is run is what DVC resolves from dvc.yaml with that recipe as params.yaml, in DVC's order, stage by stage in this process
(which spares an import of PyTorch each). Training is cut to one epoch of small networks; weights are random, in the
publishers' formats.
"""

import csv
import functools
import json
import re
import runpy
import shlex
import shutil
import sys
from pathlib import Path

import networkx
import numpy as np
import pytest
import soundfile as sf
import torch
import torchvision
import yaml
from dvc.repo import Repo
from PIL import Image
from support import small_run, tf_checkpoints

from dalsegno.cli import weights
from dalsegno.clips import gtzan_csv
from dalsegno.inference import model
from dalsegno.models import efficientat
from dalsegno.pipeline import check, params
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.wheels import musicnn

pytestmark = [
    pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning"),  # of a package that DVC uses
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
]

HERE = Path(__file__).parents[1]
RECIPES = {path.stem: path for path in sorted(HERE.glob("recipes/*.yaml"))}
HEADER = ["Reproduces", "Data", "Reported", "Unsaid", "Run", "Cost", "Expect"]
GENRES = ("blues", "disco", "rock")
each_recipe = pytest.mark.parametrize("name", RECIPES)


def header(name):
    """The fields of the comment that a recipe begins with, and its title."""
    lines = RECIPES[name].read_text().split("\n\n")[0].splitlines()
    assert all(line.startswith("#") and len(line) <= 120 for line in lines)
    fields, title = {}, lines[0].removeprefix("# ")
    for line in lines[2:]:
        start = re.match(r"# ([A-Z]\w+): +", line)
        if start:
            fields[start[1]] = []
        fields[list(fields)[-1]].append(line[start.end() :] if start else line.lstrip("# "))
    return title, {field: "\n".join(lines) for field, lines in fields.items()}


def entries(doc, *families):
    return {f"{f}.{key}": entry for f in families for key, entry in doc[f].items()}


# What it says


def test_there_is_one_for_each_document_and_each_data_set():
    ours = {
        "gtzan",
        "gtzan_pictures",
        "instruments",
        "instruments_musicnn",
        "nsynth_family",
        "nsynth_source",
        "transfer_pictures",
    }
    documents = {
        "unm_2025_random_search",
        "unm_2024_vgg16",
        "unm_convolneunet",
        "unm_assignment",
        "nsynth_2022_waveform",
    }
    assert ours | documents <= set(RECIPES)


@each_recipe
def test_the_header_says_what_it_is_how_to_run_it_and_what_to_expect(name):
    title, fields = header(name)
    assert title.endswith(".") and list(fields) == HEADER and all(fields.values())
    assert fields["Run"].startswith(f"cp recipes/{name}.yaml params.yaml") and "dvc repro" in fields["Run"]


@each_recipe
def test_what_the_header_sets_on_the_command_line_is_there_to_be_set(name):
    """DVC refuses `-S` of a parameter that the file has not."""
    doc = params.document(RECIPES[name])
    for path in re.findall(r"-S '?([\w.]+)=", header(name)[1]["Run"] + header(name)[1]["Unsaid"]):
        *parents, last = path.split(".")
        assert last in functools.reduce(lambda d, k: d[k], parents, doc), path


@each_recipe
def test_published_weights_are_fetched_by_the_commands_of_the_header(name):
    known = {w.path.as_posix(): w for w in weights.table().values()}
    used = entries(params.document(RECIPES[name]), "embeddings", "transfer").values()
    for entry in used:
        published = known[entry["weights"]]
        assert published.arch == entry["arch"]
        if "model" in entry:  # not where embeddings are read
            assert yaml.safe_load(published.model).items() <= entry["model"].items()
    fetched = re.findall(r"dalsegno weights fetch (\w+)", header(name)[1]["Run"])
    assert set(fetched) == {known[e["weights"]].name for e in used}


@each_recipe
def test_every_section_is_as_its_stage_wants_it(name, tmp_path, monkeypatch):
    shutil.copy(RECIPES[name], tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    assert check.problems(HERE / "stages") == []


@each_recipe
def test_every_spectrogram_and_embedding_is_used(name):
    doc = params.document(RECIPES[name])
    users = entries(doc, "cnn", "pretrain", "embeddings", "transfer").values()
    used = {u["spectrogram"] for u in users if "spectrogram" in u} | {doc["protocols"]["spectrogram"]}
    inputs = [u["input"].split("/") for u in users if "input" in u]
    used |= {key for kind, key in inputs if kind == "spectrograms"}
    assert used == set(doc["spectrograms"])
    assert {key for kind, key in inputs if kind == "embeddings"} == set(doc["embeddings"])


# It runs


LARGEST = {
    "epochs": 1, "batch_size": 4, "folds": 2, "repeats": 1, "resamples": 200, "crop_s": 1.0, "hop_s": 1.0, "parts": 2, "segments": 4,
    "width": 8, "widths": 8, "channels": 8, "dense": 8, "resize": 48,
}  # fmt: skip


def shrunk(value, key=""):
    """`value`, of the parameter `key`, with networks, pictures and training made small."""
    if isinstance(value, dict):
        small = {k: shrunk(v, k) for k, v in value.items()}
        if value.get("arch") == "torchvision" and "model" in value:
            small["model"] |= {"size": 48}
        if value.get("arch") == "musicnn_vgg" and "view" in value:
            small["view"] |= {"crop_s": 1.1}  # its poolings leave nothing of a shorter one
        if value.get("arch") == "modnet":
            small["model"] |= {"cepstra": 8, "bands": 8}
        return small
    if isinstance(value, list):
        small = [shrunk(v, key) for v in value]
        return small[:1] if key in ("seeds", "grid") else small
    return min(value, LARGEST[key]) if key in LARGEST and isinstance(value, int | float) else value


def sound(path, rate_hz, seconds=1.2):
    """A chord that no other path has, in noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(path.as_posix().encode()))
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    tones = sum(np.sin(2 * np.pi * hz * t) for hz in rng.uniform(80, rate_hz / 3, 4)) / 8
    sf.write(path, tones * np.linspace(1, rng.uniform(0.1, 0.9), len(t)) + rng.normal(0, 0.02, len(t)), rate_hz)


def names_of_gtzan():
    """Three clips of each genre and part of the fault-filtered lists."""
    for genre in GENRES:
        for part in ("train", "valid", "test"):
            of_part = [
                n for n, fact in gtzan_csv.facts().items() if n.startswith(genre) and fact["fault_filtered"] == part
            ]
            yield from (f"{genre}/{n}" for n in of_part[::7][:3])


def make_gtzan(root):
    for name in names_of_gtzan():
        sound(root / "genres_original" / f"{name}.au", 22050)


def make_kaggle(root):
    for genre in GENRES:
        for i in range(5):
            sound(root / "train" / genre / f"{genre}.{20 * i:05}.au", 22050)  # each by another artist
    for i in range(3):
        sound(root / "test" / f"test.{i:05}.au", 22050)
    (root / "sample_submission.csv").write_text("id,class\n" + "".join(f"test.{i:05}.au,rock\n" for i in range(3)))


def make_folders(root):
    for i in range(18):
        sound(root / f"family{i % 3}" / f"note{i}.flac", 22050)


def make_nsynth(root):
    """Validation and test share their instruments, as in the original; synth_lead is in training only."""
    for part, first in (("train", 0), ("valid", 50), ("test", 50)):
        table = {}
        for family in ("bass", "reed", "synth_lead")[: 3 if part == "train" else 2]:
            for k, source in enumerate(("acoustic", "electronic", "synthetic")):
                instrument = f"{family}_{source}_{first + k:03}"
                for pitch in (40, 60) if part == "train" else ([50] if part == "valid" else [70]):
                    name = f"{instrument}-{pitch:03}-100"
                    table[name] = {"instrument_str": instrument, "instrument_family_str": family}
                    table[name] |= {"instrument_source_str": source, "pitch": pitch}
                    sound(root / f"nsynth-{part}" / "audio" / f"{name}.wav", 16000, 1.0)
        (root / f"nsynth-{part}" / "examples.json").write_text(json.dumps(table))


def make_images(root):
    """Grey pictures of 128 bins, and the table of features, which lacks a clip."""
    rng, rows = np.random.default_rng(0), []
    for name in names_of_gtzan():
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (128, 60), dtype=np.uint8)).save(path)
        genre, clip = name.split("/")
        rows.append([f"{clip}.wav", 661794, *rng.normal(size=57).round(4), genre])
    with (root.parent / "gtzan_features_30_sec.csv").open("w", newline="") as file:
        columns = ["filename", "length", *(f"feature{i}_mean" for i in range(57)), "label"]
        csv.writer(file).writerows([columns, *rows[:-1]])


MAKE = {
    "folders": make_folders,
    "gtzan": make_gtzan,
    "kaggle": make_kaggle,
    "nsynth": make_nsynth,
    "images": make_images,
}


@functools.cache
def random_weights(arch, **model):
    """A state dict as its publisher names things. Large tensors are one number, stretched: its file is small."""
    if arch == "efficientat":
        net = efficientat.build(efficientat.Params(**model), (1, 128, 32), 527)
        theirs = {
            "body.": "features.",
            ".fc": ".conc_se_layers.0.fc",
            "head.0.": "classifier.2.",
            "head.3.": "classifier.5.",
        }
        renamed = lambda key: functools.reduce(lambda k, pair: k.replace(*pair), theirs.items(), key)
        return {renamed(key): tensor for key, tensor in net.state_dict().items()}
    if arch.startswith("musicnn"):
        shapes = tf_checkpoints.vgg() if arch == "musicnn_vgg" else tf_checkpoints.musicnn()
        return musicnn.in_pytorchs_names(tf_checkpoints.random(shapes))
    with torch.device("meta"):
        state = torchvision.models.get_model(model["name"], weights=None).state_dict()
    return {key: random_tensor(key, t) for key, t in state.items()}


def random_tensor(key, like):
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if key.endswith("running_var"):
        return torch.ones(like.shape)
    if like.numel() > 1e6:
        return torch.tensor(1e-4).expand(like.shape)
    return torch.randn(like.shape) / max(1, like[0].numel()) ** 0.5


def stages_of(root):
    """The stages behind the report and the submissions, as DVC resolves and orders them; all of them, and the others."""
    graph = Repo.init(str(root), no_scm=True).index.graph
    ends = [s for s in graph if s.addressing in ("report", "submissions")]
    wanted = dict.fromkeys(s for end in ends for s in networkx.dfs_postorder_nodes(graph, end))
    return list(wanted), {s.addressing for s in graph} - {s.addressing for s in wanted}


def run(stage, monkeypatch):
    """The stage's own command, in this process; then everything that it was to write is there."""
    absent = [dep.def_path for dep in stage.deps if not Path(dep.def_path).exists()]
    assert not absent, f"{stage.addressing} needs {absent}"
    python, script, *words = shlex.split(stage.cmd)
    assert python == "python"
    monkeypatch.setattr(sys, "argv", [script, *words])
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        pytest.fail(f"{stage.addressing}: {error}")
    assert all(Path(out.def_path).exists() for out in stage.outs)


@each_recipe
def test_it_runs_from_the_files_to_the_report(name, tmp_path, monkeypatch):
    doc = shrunk(params.document(RECIPES[name])) | {"runtime": {"workers": 1, "device": "cpu"}}
    for folder in ("src", "stages"):
        (tmp_path / folder).symlink_to(HERE / folder)
    for file in ("dvc.yaml", "versions.yaml"):
        shutil.copy(HERE / file, tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(doc, sort_keys=False))
    MAKE[doc["dataset"]["name"]](tmp_path / doc["dataset"]["root"])
    (tmp_path / "weights").mkdir()
    for entry in entries(doc, "embeddings", "transfer").values():
        if "model" in entry:
            torch.save(random_weights(entry["arch"], **entry["model"]), tmp_path / entry["weights"])
    monkeypatch.chdir(tmp_path)
    stages, others = stages_of(tmp_path)
    assert others <= {"corpus"}
    for stage in stages:
        run(stage, monkeypatch)

    compared = json.loads(Path("metrics/compare.json").read_text())["models"]
    twins = {f"transfer/{key}-scratch" for key, entry in doc["transfer"].items() if entry.get("control")}
    models = {path.replace(".", "/", 1) for path in entries(doc, "classical", "mlp", "cnn", "transfer")}
    assert set(compared) == models | twins
    assert all(0 <= figures["accuracy"] <= 1 for figures in compared.values())
    assert "<html" in Path("reports/report.html").read_text()
    submissions = list(Path("reports/submissions").glob("*.csv"))
    assert len(submissions) == (len(models) if doc["dataset"]["name"] == "kaggle" else 0)
    for name in models:
        assert asked_again(name, doc) < (1e-4 if name.startswith("transfer") else 1e-5), name


def asked_again(name, doc):
    """The greatest difference between what the run predicted of a few clips and what its stored model says of their files.

    A network of random weights makes nearly the same embedding of every clip, so that standardising it magnifies rounding,
    which differs with the number of windows in a batch: hence the wider bound for transfer here, and not elsewhere.
    """
    by_path = small_run.by_the_pipeline(f"runs/{name}").iloc[:3]
    of_features = name.split("/")[0] in ("classical", "mlp")
    if of_features and doc["features"].get("source") == "csv":
        with pytest.raises(UserError, match="computed elsewhere"):
            model.load(name)
        return 0.0
    asked, root = model.load(name), doc["dataset"]["root"]
    return max(
        [np.abs(asked.clip(Path(root, path)) - p.to_numpy(float)).max() for path, p in by_path.iterrows()], default=0
    )
