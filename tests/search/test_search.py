"""A search from the table of features to its page: seeded, pruned, by several processes."""

import contextlib
import json
import re
from pathlib import Path
from unittest import mock

import numpy as np
import optuna
import pandas as pd
import pytest
import torch
import yaml
from support import pretend_gpu
from support.small_search import ENTRY, SMALL, SPACE, STAGE, search

from dalsegno import models
from dalsegno.artefacts.learning import splits_csv
from dalsegno.cli import main
from dalsegno.inference.stored import model_file, networks
from dalsegno.pipeline import files, params, progress, runtime
from dalsegno.pipeline.errors import UserError
from dalsegno.report.search import found
from dalsegno.search import draw, jobs, outcome, space, study, subject
from dalsegno.search.draw import ByNumber
from dalsegno.search.entry import Params
from dalsegno.training import train
from dalsegno.training.network import Model


def test_trials_are_seeded_sorted_and_the_best_is_scored_after_it_was_chosen(folder):
    rows, found = search()
    assert len(rows) == 6 and (rows["state"] == "complete").all() and (rows["epochs"] == 4).all()
    assert rows["val_accuracy"].is_monotonic_decreasing and found["best"] == pytest.approx(
        rows["val_accuracy"].iloc[0], abs=1e-6
    )
    assert rows["train.lr"].between(1e-3, 1e-1).all() and rows["train.batch_size"].isin([8, 16]).all()
    assert rows["train.lr"].nunique() == 6
    assert found["part"] == "test" and found["accuracy_low"] < found["accuracy"] < found["accuracy_high"]
    best = yaml.safe_load(Path("data/searches/a/best.yaml").read_text())
    assert best == {"mlp.small": pytest.approx({path: rows[path].iloc[0] for path in SPACE})}
    page = Path("data/searches/a/page.html").read_text()
    assert f"{100 * found['accuracy']:.1f}" in page and "Only then was it trained anew" in page
    assert "<code>dalsegno apply-search a</code>" in page
    again, _ = search("b")
    assert again.drop(columns="error").equals(rows.drop(columns="error"))


def test_the_page_says_what_its_data_are_and_of_how_many_the_best_was_chosen(folder):
    Path("metrics/splits.json").write_text('{"leaky": true}')
    rates = {"train.lr": {"choice": [1e-3, 1e-2, 1e19]}}
    _, found = search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": rates})
    page = Path("data/searches/a/page.html").read_text()
    assert '<span class="badge">synthetic data</span>' in page and '<span class="badge">LEAKY split</span>' in page
    assert found["synthetic"] and found["leaky"] and "Were all 2 trials that were judged equally good" in page


@pytest.mark.parametrize(
    ("metric", "best", "order"), [("val_loss", 0.25, [2, 3, 1]), ("val_accuracy", 0.75, [1, 2, 3])]
)
def test_the_best_has_the_lowest_loss_or_the_highest_accuracy_and_is_the_first_of_equals(tmp_path, metric, best, order):
    p = Params(**ENTRY | {"metric": metric, "trials": 3})
    found = study.opened(p, tmp_path / "journal", "s")
    for lr, value in zip((0.01, 0.02, 0.03), (0.75, 0.25, 0.25), strict=True):
        drawn = {"train.lr": lr, "model.widths.0": 8, "train.batch_size": 8}
        found.add_trial(optuna.create_trial(params=drawn, distributions=space.drawn(SPACE), value=value))
    value, settings = outcome.best(found, p)
    assert (value, settings["train.lr"]) == (best, order[0] / 100)
    assert outcome.table(found, p)["trial"].tolist() == order
    assert found.best_value == best  # by which Optuna draws and prunes


def test_the_best_of_many_flatters_more_where_fewer_clips_judge_it():
    p, _ = params.parse("search.a", ENTRY, Params)
    rows = pd.DataFrame({"state": ["complete", "complete", "pruned", "failed"], "val_accuracy": [0.8, 0.6, 0.3, None]})
    rng = np.random.default_rng(0)
    for n_clips in (10, 100, 400):
        best_of_three = rng.binomial(n_clips, 0.7, (100_000, 3)).max(1) / n_clips
        assert outcome.flattery(rows, p, n_clips) == pytest.approx(best_of_three.mean() - 0.7, rel=0.02)
    few = pd.DataFrame({"state": ["complete"] * 100, "val_accuracy": [0.95] * 100})
    assert outcome.flattery(few, p, 20) == pytest.approx(0.05, abs=1e-3)  # none has more than all right
    assert outcome.flattery(rows[2:], p, 100) is None


def test_the_best_model_is_a_whole_one(folder):
    search(entry=ENTRY | {"space": {"model.widths.0": {"choice": [4, 8]}, "pca": {"choice": [0.9]}}, "trials": 2})
    best, stored = (
        yaml.safe_load(Path("data/searches/a/best.yaml").read_text()),
        model_file.read(Path("data/searches/a/best/model.pt")),
    )
    assert [*stored.content["model"]["widths"]] == [best["mlp.small"]["model.widths.0"]] and stored.content[
        "pca"
    ] == 0.9
    assert networks.on_features(stored, stored.runs[0])


def test_what_was_drawn_from_and_what_was_chosen_are_told_to_the_last_digit(folder):
    space = {"train.weight_decay": {"loguniform": [1e-9, 1e-7]}}
    _, found = search(entry=ENTRY | {"trials": 2, "space": space})
    best = yaml.safe_load(Path("data/searches/a/best.yaml").read_text())["mlp.small"]
    assert found["space"] == space and found["values"] == best and 1e-9 <= best["train.weight_decay"] <= 1e-7


def test_a_trial_that_a_gpu_has_no_room_for_fails_alone(folder, monkeypatch):
    forward = Model.forward

    def too_large(model, x):
        if model.head.in_features > 10:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1 GiB.")
        return forward(model, x)

    monkeypatch.setattr(Model, "forward", too_large)
    rows, _ = search()
    failed = rows[rows["state"] == "failed"]
    assert set(failed["model.widths.0"] > 10) == {True} and set(rows["state"]) == {"complete", "failed"}
    assert failed["error"].str.contains(r"enough memory \(Tried to allocate 2.00 GiB\): lower train.batch_size").all()


def test_a_trial_that_the_machine_has_no_room_for_fails_alone(folder):
    widths = {"model.widths.0": {"choice": [8, 10**12]}}
    rows, _ = search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": widths})
    failed = rows[rows["state"] == "failed"]
    assert failed["model.widths.0"].tolist() == [10**12]
    assert (
        failed["error"]
        .str.contains(r"the machine does not have enough memory \(tried to allocate \d+ bytes\): lower")
        .all()
    )


def test_a_worker_on_a_cluster_is_given_a_gpu_where_networks_train_on_one(folder, monkeypatch):
    each = mock.Mock(side_effect=UserError("no cluster"))
    monkeypatch.setattr(runtime, "each", each)
    for device, gpus in (("cpu", 0), ("cuda", 1)):
        with pretend_gpu.pretended(), pytest.raises(UserError, match="no cluster"):
            search(entry=ENTRY | {"workers": 2}, device=device, backend="ray")
        assert each.call_args.kwargs == {"gpus": gpus}


def test_workers_take_turns_with_the_gpus(folder, monkeypatch):
    taken = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(subject, "subject", lambda *words: taken.append(words[-1]))
    monkeypatch.setattr(splits_csv, "read", lambda _: None)
    monkeypatch.setattr(study, "opened", lambda *_: None)
    monkeypatch.setattr(study, "make_trials", lambda *_: None)
    Path("params.yaml").write_text("runtime: {device: cuda}\n")
    for share in enumerate([1, 1, 1]):
        STAGE.__globals__["_work"](mock.Mock(), "features.parquet", "splits.csv", "journal", "name", 3, share)
    assert taken == [torch.device("cuda", i) for i in (0, 1, 0)]


def test_a_grid_visits_every_point_once(folder):
    grid = {"model.widths.0": {"choice": [4, 8, 16]}, "train.batch_size": {"choice": [8, 16]}}
    rows, _ = search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": grid})
    assert sorted(zip(rows["model.widths.0"], rows["train.batch_size"], strict=True)) == [
        (w, b) for w in (4, 8, 16) for b in (8, 16)
    ]


def test_ranges_beside_a_grid_are_drawn_at_each_of_its_points(folder):
    mixed = {"model.dropout": {"uniform": [0.0, 0.5]}, "model.widths.0": {"int": [4, 5]}, "train.batch_size": {"choice": [8, 16]}}  # fmt: skip
    entry = ENTRY | {"sampler": "grid", "trials": None, "pruner": "halving", "space": mixed}
    rows, _ = search(entry=entry)
    assert sorted(zip(rows["model.widths.0"], rows["train.batch_size"], strict=True)) == [(w, b) for w in (4, 5) for b in (8, 16)]  # fmt: skip
    assert rows["model.dropout"].nunique() == 4 and rows["model.dropout"].between(0, 0.5).all()
    assert search("b", entry)[0].equals(rows)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_halving_ends_trials_that_fall_behind(folder, sampler):
    long = SMALL | {"train": SMALL["train"] | {"epochs": 12}}
    rows, found = search(entry=ENTRY | {"trials": 12, "pruner": "halving", "sampler": sampler}, small=long)
    pruned = rows[rows["state"] == "pruned"]
    assert len(pruned) >= 3 and (pruned["epochs"] < 12).all()
    assert rows["state"].iloc[0] == "complete" and found["best"] == pytest.approx(
        rows["val_accuracy"].iloc[0], abs=1e-6
    )


def test_a_pruner_is_told_what_a_trial_would_end_with():
    """The metric of the epoch that is best by `monitor`, here the loss, and not the best value that the metric ever had."""
    trial = mock.create_autospec(optuna.Trial, instance=True)
    trial.should_prune.return_value = False
    watch = study._Watch(trial, Params(**ENTRY | {"pruner": "halving"}), train.Params(epochs=4))
    for epoch, (accuracy, loss) in enumerate([(0.5, 0.9), (0.8, 0.7), (0.6, 0.6), (0.7, 0.8)]):
        watch({"epoch": epoch, "val_accuracy": accuracy, "val_loss": loss})
    watch({"epoch": 0, "val_accuracy": 0.1, "val_loss": 0.1})  # the first of a second run, of which nothing is told
    assert watch.epochs == 5
    assert [call.args for call in trial.report.call_args_list] == [(0.5, 1), (0.8, 2), (0.6, 3), (0.6, 4)]


@pytest.mark.parametrize("n_epochs, looked_at", [(30, [5, 10, 20]), (15, [2, 4, 8]), (6, [1, 2, 4]), (2, [1])])
def test_halving_looks_after_a_sixth_a_third_and_two_thirds(n_epochs, looked_at):
    """Each trial is as good as the first up to one of these epochs, and worse after it."""
    p, how, ends = Params(**ENTRY | {"pruner": "halving"}), train.Params(epochs=n_epochs), []
    found = optuna.create_study(direction="maximize", pruner=draw.pruner(p, n_epochs))
    for turns in (n_epochs, *(epoch - 1 for epoch in looked_at)):
        watch = study._Watch(found.ask(), p, how)
        with contextlib.suppress(optuna.TrialPruned):
            for epoch in range(n_epochs):
                accuracy = 0.9 if epoch < turns else 0.1
                watch({"epoch": epoch, "val_accuracy": accuracy, "val_loss": -epoch})
        ends.append(watch.epochs)
    assert ends == [n_epochs, *looked_at]


def test_several_processes_share_the_trials(folder):
    rows, _ = search(entry=ENTRY | {"workers": 2, "trials": 5})
    assert len(rows) == 5 and rows["train.lr"].nunique() == 5


def test_a_trial_that_cannot_be_trained_is_kept_with_its_reason(folder):
    rates = {"train.lr": {"choice": [1e-2, 1e19]}}
    rows, _ = search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": rates})
    failed = rows[rows["state"] == "failed"]
    assert failed["train.lr"].tolist() == [1e19] and "diverged" in failed["error"].iloc[0]
    with pytest.raises(
        UserError, match=r"search\.a: no trial of 1 came to its end; the first failed because: .*diverged"
    ):
        search(entry=ENTRY | {"trials": 1, "space": {"train.lr": {"choice": [1e19]}}})


def test_a_name_that_leads_nowhere_is_told(folder):
    with pytest.raises(UserError, match=r"search\.a: of: there is no entry mlp\.smal \(did you mean 'mlp\.small'"):
        search(entry=ENTRY | {"of": "mlp.smal"})
    with pytest.raises(UserError, match=r"space: model\.width\.0: the entry has no 'width'"):
        search(entry=ENTRY | {"space": {"model.width.0": {"int": [1, 2]}}})
    with pytest.raises(UserError, match=r"search\.a: input is other\.parquet, but mlp\.small reads features\.parquet"):
        search(entry=ENTRY | {"input": "other.parquet"})


def test_all_trials_read_the_same(tmp_path):
    entry = {"spectrogram": "mel", "input": "embeddings/notes"}
    for of, reads in (("cnn.a", "spectrograms/mel"), ("transfer.a", "embeddings/notes"), ("mlp.a", "features.parquet")):
        assert jobs.reads(of, entry) == reads
    one = subject.Subject("cnn.a", entry, lambda *_: None, lambda *_: None)
    with pytest.raises(UserError, match="space: spectrogram: all trials read spectrograms/mel; make a search of each"):
        one.check("spectrograms/mel", {"spectrogram": {"choice": ["mel", "stft"]}})
    for path in ("control", "control.lr", "train.curves.0"):
        with pytest.raises(UserError, match=f"space: {path}: it changes nothing in what a trial is judged by"):
            one.check("spectrograms/mel", {path: {"choice": [1, 2]}})
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"weights")
    assert one.files({"weights": {"choice": [str(weights), "gone.pt"]}}) == [weights]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model.dropuot": {"uniform": [0.1, 0.5]}}, "mlp.small.model.dropuot: there is no such parameter (did you mean 'dropout'?)"),
        ({"model.dropout": {"uniform": [0.5, 1.5]}}, "mlp.small.model.dropout: should be less than 1, got 1.5"),
        ({"train.batch_size": {"choice": [8, "x"]}}, "mlp.small.train.batch_size: "),
        ({"model.widths.0": {"int": [0, 8]}}, "mlp.small.model.widths.0: "),
        ({"train.batch_size": {"uniform": [8, 16]}}, "mlp.small.train.batch_size: should be a valid integer, got 8.0"),
        ({"train.lrr": {"fixed": 1}}, "mlp.small.train.lrr: there is no such parameter (did you mean 'lr'?)"),
        ({"model.widths": {"choice": [[8], ["a"]]}}, "mlp.small.model.widths.0: "),
    ],
)  # fmt: skip
def test_values_that_the_entry_cannot_take_are_told_before_the_first_trial(folder, monkeypatch, change, said):
    monkeypatch.setattr(study, "make_trials", lambda *_: pytest.fail("trials were made"))
    with pytest.raises(UserError) as error:
        search(entry=ENTRY | {"space": {"train.lr": {"uniform": [1e-3, 1e-2]}, **change}})
    assert str(error.value).startswith(f"search.a: space: {said}") and "train.lr:" not in str(error.value)


SCHEDULE, PENALTY = {"train.schedule": {"choice": ["constant", "cosine"]}}, {"train.l1": {"uniform": [0.0, 1e-3]}}


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ({"train.warmup": {"choice": [0.1, 0.2]}}, 'train.warmup: nothing reads it where schedule is "constant"; leave it out'),
        ({"train.warmup": {"fixed": 0.2}, **PENALTY}, 'train.warmup: nothing reads it where schedule is "constant"; leave it out'),
        ({"train.plateau_patience": {"int": [2, 5]}, **SCHEDULE}, "train.plateau_patience: nothing reads it where schedule is "),
        ({"train.penalised": {"choice": [None, 1]}}, "train.penalised: nothing reads it where l1 is 0.0 and l2 is 0.0; leave it out"),
        ({"train.momentum": {"choice": [0.5, 0.9]}}, "mlp.small.train: momentum is 0.5, but adamw has moments of its own"),
        ({"train.warmup": {"uniform": [0.0, 0.2]}, **SCHEDULE}, ""),
        ({"train.penalised": {"choice": [None, 1]}, **PENALTY}, ""),
        ({"train.momentum": {"choice": [0.5, 0.9]}, "train.optimizer": {"choice": ["adam", "sgd"]}}, ""),
    ],
)  # fmt: skip
def test_a_setting_that_no_trial_reads_or_could_have_is_told_before_the_first_one(drawn, said):
    """One that some trials read is searched, such as a rise of the learning rate beside the schedules that have one."""
    of = subject.Searched("mlp.small", SMALL | {"train": SMALL["train"] | {"schedule": "constant"}})
    try:
        of.check("features.parquet", drawn)
        told = ""
    except UserError as error:
        told = str(error)
    assert told.startswith(f"space: {said}") if said else told == ""


def test_settings_that_depend_on_each_other_are_left_to_the_trials(folder):
    """whiten: false is of no use without principal components, and of use with them."""
    both = {"whiten": {"choice": [False, True]}, "pca": {"choice": [None, 0.9]}, "train.epochs": {"fixed": 1}}
    rows, _ = search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": both})
    assert rows["state"].tolist() == ["complete"] * 3 + ["failed"]
    assert "whiten is false, but pca is null" in rows["error"].iloc[-1]


def test_a_choice_of_nothing_is_told_as_params_yaml_has_it(folder):
    nothing = {"pca": {"choice": [None, 0.9]}, "train.epochs": {"fixed": 1}}
    search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": nothing})
    ((_, _, trials),) = found.read("data/searches/a")
    assert sorted(map(str, trials["pca"])) == ["0.9", "null"]
    page = Path("data/searches/a/page.html").read_text()
    assert page.count(">null<") == 2 and "nan" not in re.findall(
        r">(\w+)<", page
    )  # in the table, and on the axis of its panel
    assert json.loads(Path("data/searches/a/search.json").read_text())["values"]["pca"] in (None, 0.9)


def test_lists_are_drawn_as_wholes(folder):
    lists = {"model.widths": {"choice": [[4, 4], [16, 8]]}, "train.epochs": {"fixed": 2}}
    rows, found = search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": lists})
    assert set(rows["model.widths"]) == {"[4, 4]", "[16, 8]"} and found["values"]["model.widths"] in ([4, 4], [16, 8])
    best = yaml.safe_load(Path("data/searches/a/best.yaml").read_text())
    assert str(best["mlp.small"]["model.widths"]) == rows["model.widths"].iloc[0]


def test_more_folds_than_there_are_are_refused(folder):
    with pytest.raises(UserError, match=r"search\.a: folds: 3 are asked for, and the splits have 2; null takes all"):
        search(entry=ENTRY | {"folds": 3})


def test_no_two_processes_draw_the_same(folder, monkeypatch):
    """Each asks for a trial before any has drawn."""
    p, _ = params.parse("search.a", ENTRY, Params)
    first, second = (study.opened(p, "journal", "s") for _ in range(2))
    drawn, begin = [], ByNumber.before_trial

    def late(sampler, found, trial):
        if sampler is first.sampler:
            drawn.append(second.ask(space.drawn(SPACE)).params["train.lr"])
        begin(sampler, found, trial)

    monkeypatch.setattr(ByNumber, "before_trial", late)
    drawn.append(first.ask(space.drawn(SPACE)).params["train.lr"])
    assert len(drawn) == len(set(drawn)) == 2


def test_the_best_values_go_into_params_yaml_and_comments_stay(folder, capsys):
    _, found = search()
    text = """\
mlp: # ours
  small:
    arch: mlp
    model: {widths: [8], activation: relu, dropout: 0.0} # small
    train: {seeds: [0], epochs: 4, batch_size: 16, lr: 1e-3}
"""
    Path("params.yaml").write_text(text)
    main.main(["apply-search", "a", "--show"])
    assert Path("params.yaml").read_text() == text
    main.main(["apply-search", "a"])
    changed = Path("params.yaml").read_text()
    lines = zip(text.splitlines(), changed.splitlines(), strict=True)
    assert [i for i, (old, new) in enumerate(lines) if old != new] == [3, 4] and "} # small" in changed
    doc = yaml.safe_load(changed)["mlp"]["small"]
    assert doc["model"]["widths"] == [found["values"]["model.widths.0"]]
    assert doc["train"]["lr"] == pytest.approx(found["values"]["train.lr"], abs=1e-6)
    with pytest.raises(SystemExit, match="did you mean 'a'"):
        main.main(["apply-search", "aa"])
    Path("params.yaml").unlink()
    with pytest.raises(SystemExit, match=r"params\.yaml: no such file in .*; run from the top of the repository"):
        main.main(["apply-search", "a"])


def test_trials_are_shared_out_by_ray(folder, monkeypatch):
    import ray

    said = []
    monkeypatch.setattr(progress, "say", said.append)
    try:
        rows, _ = search(entry=ENTRY | {"workers": 2}, backend="ray")
    finally:
        ray.shutdown()
    assert len(rows) == 6 and (rows["state"] == "complete").all() and rows["train.lr"].nunique() == 6
    assert sum(line.startswith("trial ") for line in said) == 6


def test_other_data_and_other_weights_are_another_study(tmp_path):
    store, weights = tmp_path / "store", tmp_path / "weights.pt"
    store.mkdir()
    (store / "frames.npy").write_bytes(b"frames")
    weights.write_bytes(b"weights")
    digests = [files.digest([store, weights]), files.digest([store, weights])]
    weights.write_bytes(b"other")
    digests.append(files.digest([store, weights]))
    (store / "frames.npy").write_bytes(b"other")
    digests.append(files.digest([store, weights]))
    assert digests[0] == digests[1] and len(set(digests)) == 3


def test_a_trial_depends_on_its_weights_and_on_every_architecture_that_it_may_have(tmp_path):
    def files(entry, space):
        return [*map(str, study.Subject("transfer.x", entry, lambda *_: None, lambda *_: None).files(space))]

    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"weights")
    room = Path(models.__file__).parent
    assert files({"input": "embeddings/songs"}, SPACE) == []
    assert files({"arch": "resnet", "weights": None}, SPACE) == [f"{room}/resnet.py"]
    assert files({"arch": ["resnet"], "weights": 5}, SPACE) == []  # the trial says what is wrong
    assert files({"arch": "resnet", "weights": str(weights)}, SPACE) == [f"{room}/resnet.py", str(weights)]
    drawn = SPACE | {"arch": {"choice": ["conv", "vgg"]}}
    assert files({"arch": "conv"}, drawn) == [f"{room}/{arch}.py" for arch in ("conv", "conv", "vgg")]
