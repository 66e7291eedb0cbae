"""The stage `final`: one model on all labelled clips, trained as its run was, which every command then takes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from support import small_run
from support import stored as files
from support.easy_task import stage

from dalsegno.artefacts import model_npz
from dalsegno.artefacts.learning import model_pt, predictions_parquet, splits_csv
from dalsegno.cli import main
from dalsegno.final import recipe
from dalsegno.inference import model
from dalsegno.pipeline.errors import UserError
from dalsegno.search import jobs
from dalsegno.training import train
from dalsegno.training.job import Run
from dalsegno.training.trained import ready

P = small_run.PARAMS
LONGER = small_run.TRAIN | {"epochs": 4, "seeds": [3, 1], "schedule": "constant"}
PARAMS = P | {
    "classical": {
        "svm": {"estimator": "svm", "grid": [{"C": 0.01}, {"C": 3.0}, {"C": 10.0}]},
        "forest": P["classical"]["forest"],
    },
    "mlp": {"pca": P["mlp"]["pca"] | {"train": LONGER | {"lr": 0.003}}},
    "cnn": {"crops": P["cnn"]["crops"]},
    "embeddings": {"ours": P["embeddings"]["ours"]},
    "transfer": {
        "frozen": P["transfer"]["frozen"] | {"train": LONGER},
        "tuned": P["transfer"]["tuned"] | {"train": small_run.TRAIN | {"epochs": 2}},
    },
    "ensembles": {},
}
MODELS = ["classical/svm", "classical/forest", "mlp/pca", "cnn/crops", "transfer/frozen", "transfer/tuned"]
FILE = Path("sounds/hum/3.wav")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("final")
    small_run.write_sounds(folder / "sounds")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        small_run.carry_out(PARAMS)
        for name in MODELS:
            final(name)
    return folder


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def final(name, key=None, run_dir=None):
    """Carry out the stage; what it leaves."""
    key = key or name.replace("/", "_")
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | {"final": {key: {"model": name}}}, sort_keys=False))
    stage("final")(key, "data", "data/splits.csv", run_dir or f"runs/{name}", f"data/final/{key}")
    return files.load(f"data/final/{key}")


def stored(name):
    return files.load(f"data/final/{name.replace('/', '_')}")


@pytest.mark.parametrize("name", MODELS)
def test_it_is_one_model_that_knows_every_labelled_clip(run, name):
    content = stored(name)
    (weights,) = content["runs"]
    splits = splits_csv.read("data/splits.csv")
    n = int((splits["label"] != "").sum())
    assert content["final"]["model"] == name and content["final"]["clips"] == n == 24
    assert json.loads(Path(f"data/final/{name.replace('/', '_')}/final.json").read_text())["clips"] == n
    assert weights["seed"] == files.load(f"runs/{name}")["runs"][0]["seed"]
    if "clips" in weights:
        own = pd.DataFrame(weights["clips"])
        assert sorted(own.loc[own["part"] == "train", "clip_id"]) == sorted(splits["clip_id"])
        assert set(own["part"]) <= {"train", "inherited"}


@pytest.mark.parametrize("name", MODELS)
def test_it_is_asked_by_key_and_by_file(run, name):
    key = f"final/{name.replace('/', '_')}"
    p = model.load(key).clip(FILE)
    assert p.sum() == pytest.approx(1) and np.array_equal(p, model.load(str(files.file(f"data/{key}"))).clip(FILE))


@pytest.mark.parametrize("name", ["mlp/pca", "transfer/frozen", "transfer/tuned"])
def test_networks_are_trained_for_the_median_of_the_best_epochs(run, name):
    best = [weights["best_epoch"] + 1 for weights in files.load(f"runs/{name}")["runs"]]
    told, (weights,) = stored(name)["final"], stored(name)["runs"]
    assert told["best_epochs"] == best and told["epochs"] == int(np.ceil(np.median(best))) == weights["best_epoch"] + 1
    temperatures = [weights["temperature"] for weights in files.load(f"runs/{name}")["runs"]]
    assert weights["temperature"] == pytest.approx(np.exp(np.mean(np.log(temperatures))))


def test_an_estimator_is_calibrated_by_what_its_folds_found(run):
    (weights,) = stored("classical/svm")["runs"]
    scalings = [weights["scaling"] for weights in files.load("runs/classical/svm")["runs"]]
    assert weights["scaling"] == pytest.approx(np.exp(np.mean(np.log(scalings)))) and len({*scalings}) > 1


def test_the_epochs_are_those_that_the_run_itself_found_best(run):
    """Against the metrics that DVCLive logged of each epoch."""
    for weights in model_pt.load("runs/mlp/pca/model.pt")["runs"]:
        logged = f"metrics/mlp/pca/plots/metrics/val_loss/fold{weights['fold']}_seed{weights['seed']}.tsv"
        curve = pd.read_csv(logged, sep="\t")
        assert curve["step"][curve.iloc[:, 1].idxmin()] == weights["best_epoch"]


def test_the_weights_are_those_that_the_loop_of_every_run_gives(run):
    """After as many epochs on the same clips, the last of which is kept."""
    splits = recipe.all_trained(splits_csv.read("data/splits.csv"))
    of = recipe.read("mlp/pca", "runs/mlp/pca")
    job = jobs.jobs("mlp.pca", "data/features.parquet", splits, torch.device("cpu"))(of.entry)
    ids = sorted(splits["clip_id"])
    built, batches, _ = ready(Run(job, 0, 3, job.source.for_training(ids), ids, []))
    falling = iter(range(100, 0, -1))
    p = replace(job.train, epochs=of.n_epochs, monitor="val_loss")
    train.fit(built.model, batches, lambda net: {"val_loss": next(falling)}, p)
    (weights,) = stored("mlp/pca")["runs"]
    assert all(torch.equal(value, built.model.state_dict()[name]) for name, value in weights["state"].items())


def test_an_estimator_keeps_what_most_folds_chose(run):
    chosen = [weights["options"] for weights in files.load("runs/classical/svm")["runs"]]
    content = files.load("runs/classical/svm")
    content["runs"] = [weights | {"options": {"C": c}} for weights in content["runs"][:1] for c in (10.0, 0.01, 10.0)]
    assert set(map(str, chosen)) <= {str({"C": c}) for c in (0.01, 3.0, 10.0)}
    Path("voted").mkdir(exist_ok=True)
    model_npz.save("voted/model.npz", content)
    Path("voted/settings.json").write_text(Path("runs/classical/svm/settings.json").read_text())
    assert final("classical/svm", "voted", "voted")["final"]["options"] == {"C": 10.0}


def test_a_final_model_does_better_on_clips_that_its_folds_held_out(run):
    """It was trained on them; so its probabilities of their classes are higher than those of models that were not."""
    rows = predictions_parquet.read(Path("runs/classical/forest/predictions.parquet")).query("split == 'test'")
    paths = pd.read_csv("data/clips.csv", dtype=str).set_index("clip_id")["path"]
    asked = model.load("final/classical_forest")
    ours = [asked.clip(Path("sounds", paths[row.clip_id]))[asked.labels.index(row.label)] for row in rows.itertuples()]
    theirs = [getattr(row, f"p_{row.label}") for row in rows.itertuples()]
    assert np.mean(ours) > np.mean(theirs) + 0.05


def test_the_same_bytes_again(run):
    before = Path("data/final/transfer_frozen/model.pt").read_bytes()
    final("transfer/frozen")
    assert Path("data/final/transfer_frozen/model.pt").read_bytes() == before


def test_its_card_gives_the_estimate_of_the_recipe_and_claims_no_result(run, capsys):
    scores = {"accuracy": 0.625, "accuracy_low": 0.5, "accuracy_high": 0.75}
    compared = {
        "dataset": {"title": "sounds"}, "models": {"transfer/frozen": scores},
        "protocol": {"leaky": False, "name": "kfold", "folds": 2, "repeats": 1, "seeds": 2, "part": "test", "predictions": 48, "caveats": []},
        "interval": {"units": 24, "unit": "clip", "confidence": 0.95},
    }  # fmt: skip
    Path("metrics/compare.json").write_text(json.dumps(compared))
    for name in ("final/transfer_frozen", "data/final/transfer_frozen/model.pt"):
        main.main(["card", name])
        _, front, text = capsys.readouterr().out.split("---\n", 2)
        assert "model-index" not in yaml.safe_load(front)
        assert "No test result belongs to this model" in text and "those of `transfer/frozen`" in text
        assert "| accuracy | 0.625 | 0.500 to 0.750 |" in text and "mean of all folds" not in text
        assert f"on all labelled clips (24), for {stored('transfer/frozen')['final']['epochs']} epochs" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ensembles/both", "give each of its members an entry"),
        ("external/keras", "made elsewhere"),
        ("transfer/tuned-scratch", "make it an entry of cnn"),
        ("svm", "expected <family>/<key>"),
    ],
)
def test_what_cannot_be_trained_is_refused(run, name, words):
    with pytest.raises(UserError, match=words):
        final(name, "x", "nowhere")


def test_a_rate_that_follows_validation_cannot_be_repeated(run):
    settings = json.loads(Path("runs/mlp/pca/settings.json").read_text())
    settings["entry"]["train"]["schedule"] = "plateau"
    Path("plateau").mkdir()
    Path("plateau/settings.json").write_text(json.dumps(settings))
    Path("plateau/model.pt").write_bytes(Path("runs/mlp/pca/model.pt").read_bytes())
    with pytest.raises(UserError, match=r"final\.x: .*plateau.*another schedule"):
        final("mlp/pca", "x", "plateau")


def test_a_final_model_that_was_not_trained_is_named_with_the_command(run, capsys):
    with pytest.raises(SystemExit) as end:
        main.main(["predict", "final/song", str(FILE)])
    assert "dvc repro final/dvc.yaml:final@song" in str(end.value.code) and "final/mlp_pca" in str(end.value.code)
