"""A tree of finished runs as the training stages leave them, made up from a seed: what compare and report work on."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
from support.easy_task import stage

from dalsegno.artefacts.learning import curves_csv, predictions_parquet, splits_csv
from dalsegno.report.doctor import pictures

FAMILIES = ["classical", "mlp", "cnn", "transfer"]
CLASSES = ["ambient", "blues", "chorale", "disco", "jazz", "metal", "reggae", "techno"]
SKILL = {
    "classical/majority": None, "classical/logistic": 0.9, "classical/svm": 1.1, "mlp/features": 1.2,
    "cnn/conv": 1.4, "cnn/resnet": 1.6, "transfer/frozen": 1.7, "transfer/finetuned": 1.9,
}  # fmt: skip


def build(
    root, *, classes=CLASSES, per_class=30, groups_per_class=6, n_folds=1, repeats=1, seeds=(0, 1, 2), skill=SKILL,
    title="synthetic styles", synthetic=True, leaky=False, held_out="test", control=True, caveats=(),
):  # fmt: skip
    """Write params.yaml, data/, runs/ and metrics/ under `root`; return the arguments of stages/compare.py."""
    root = Path(root)
    rng = np.random.default_rng(7)
    splits = _splits(classes, per_class, groups_per_class, n_folds, repeats, held_out, rng)
    (root / "data").mkdir(parents=True, exist_ok=True)
    splits_csv.write(root / "data/splits.csv", splits)
    splits = splits_csv.read(root / "data/splits.csv")
    (root / "data/clips.csv").write_text("clip_id\n" + "\n".join(splits["clip_id"]) + "\n", encoding="utf-8")
    for i, (name, strength) in enumerate(skill.items()):
        neural = not name.startswith("classical")
        model_seeds = seeds if neural else seeds[:1]
        _run(root / "runs" / name, splits, classes, model_seeds, strength, rng, 10_000 * 3**i if neural else None)
        if "conv" in name:
            _segments(root / "runs" / name)
        if neural:
            _curves(root / "metrics" / name, splits_csv.numbers(splits), model_seeds, strength or 0, rng)
            curves_csv.write(root / "runs" / name / "curves.csv", root / "metrics" / name, losses_comparable=True)
        if name.startswith("transfer") and control and "fine" in name:
            _run(root / "runs" / name / "control", splits, classes, model_seeds, strength - 0.5, rng, 10_000 * 3**i)
            logs = root / "metrics/control"
            _curves(logs, splits_csv.numbers(splits), model_seeds, strength - 0.5, rng)
            curves_csv.write(root / "runs" / name / "control/curves.csv", logs, losses_comparable=True)
    _write(root / "metrics/clips.json", {
        "title": title, "synthetic": synthetic, "files": len(splits) + 4, "used": len(splits), "unlabelled": 0,
        "left_out": 0, "hours": len(splits) * 6 / 3600,
        "excluded": {"exact_copy": 1, "hidden_file": 1, "silent": 1, "unreadable": 1}, "remarks": {"clipped": 2},
        "limits": [], "groups": {"source": "file", "source_in_words": "as groups.csv says", "n": 8, "clips_without": 3},
        "copies": {"exact": 1, "near": 0, "across": len(caveats)}, "labels": dict.fromkeys(classes, per_class),
    })  # fmt: skip
    row = {"leaky": True, "part": "test", "leaks": {"clip": 7, "group": 0}, "segment_accuracy": 0.875,
           "segment_accuracy_low": 0.8125, "segment_accuracy_high": 0.9375}  # fmt: skip
    _write(root / "metrics/protocols.json", {
        "model": "svm", "segments": 5, "confidence": 0.9, "protocols": {"shuffled segments": row}, "left_out": {"official": "no split"},
    })  # fmt: skip
    _write(root / "metrics/splits.json", {
        "protocol": "kfold" if n_folds > 1 else "holdout", "leaky": leaky, "allow_leaks": "", "n_folds": n_folds * repeats,
        "unlabelled": 0, "left_out": {f"fold{k}": 0 for k in splits_csv.numbers(splits)}, "leaks": {"clip": 0, "group": int(leaky), "exact_copy": 0}, "caveats": list(caveats),
        "clips": {f"fold{k}": _counts(splits, k) for k in splits_csv.numbers(splits)},
    })  # fmt: skip
    (root / "metrics/kaggle.csv").write_text("model,score,date\n")
    write_params(root, skill)
    paths = [str(root / p) for p in (
        "data/splits.csv", "metrics/splits.json", "metrics/clips.json", "runs", "data/costs",
        "metrics/compare.json", "reports/compare.md", "metrics/plots", "metrics/kaggle.csv",
    )]  # fmt: skip
    return paths + FAMILIES


def compared(root, args):
    """compare.json of the tree, written by the stage; args: what `build` returned."""
    with contextlib.chdir(root):  # params.yaml lies there
        stage("compare")(*args)
    return json.loads(Path(args[5]).read_text())


def reported(root, args, compare_json=None):
    """The page of a tree that was compared, or of another compare.json."""
    with contextlib.chdir(root):
        stage("report")(compare_json or args[5], *for_report(root, args))
    return (root / "report.html").read_text()


def for_report(root, args):
    """The arguments of stages/report.py behind compare.json; args: what `build` returned."""
    splits_csv_, splits_json, clips_json, runs, _, _, _, plots, kaggle, *_ = args
    protocols, clips_csv, heard, html = (
        str(Path(root, name))
        for name in ("metrics/protocols.json", "data/clips.csv", "reports/listening.json", "report.html")
    )
    if not Path(heard).exists():
        _write(Path(heard), None)  # nothing to listen to
    made = [protocols, runs, clips_csv, splits_csv_, heard, kaggle, html]
    return [plots, clips_json, splits_json, *made, "spectrograms", *FAMILIES]


def examples(root):
    """reports/examples.json with a sound and a picture, and its path."""
    levels = np.linspace(0, 1, 48 * 160).reshape(48, 160)
    sound = {"label": "#x $", "path": "a.wav", "wave": "M0 0.5L1 0.4L1 1.6L0 1.5Z", "seconds": 5.0, "top_hz": 11025.0}
    _write(Path(root, "reports/examples.json"), [
        sound | {"spectrogram": pictures._uri(levels)}, {"label": "b", "path": "b.png"} | pictures.of_picture(levels.T),
    ])  # fmt: skip
    return str(Path(root, "reports/examples.json"))


def write_params(root, names, ensembles=None):
    """params.yaml that asks for these models."""
    sections = {family: {} for family in FAMILIES}
    for name in names:
        family, key = name.split("/")
        sections[family][key] = {}
    compare = {"confidence": 0.95, "resamples": 2000, "seed": 0}
    sections |= {"compare": compare, "ensembles": ensembles or {}, "paper": {"search": "data/clips.csv", "team": []}}
    _write(Path(root, "params.yaml"), sections)


def _splits(classes, per_class, groups_per_class, n_folds, repeats, held_out, rng):
    rows = [
        (f"{c}.{i:03d}", c, f"{c} artist {i % groups_per_class}" if groups_per_class else "")
        for c in classes
        for i in range(per_class)
    ]
    splits = pd.DataFrame(rows, columns=["clip_id", "label", "group"])
    splits["unit"] = splits["group"].where(splits["group"] != "", splits["clip_id"])
    splits["sha256"] = "sum of " + splits["clip_id"]
    unit = splits["group"] if groups_per_class else splits["clip_id"]
    for repeat in range(repeats):
        draw = {u: rng.random() for u in sorted(set(unit))}
        rank = unit.map(draw).groupby(splits["label"]).rank(method="dense")
        if n_folds == 1:
            part = np.where(rank <= rank.max() / 3, held_out, np.where(rank <= rank.max() / 2, "valid", "train"))
            splits[f"fold{repeat}"] = part
        for k in range(n_folds if n_folds > 1 else 0):
            at = rank.astype(int) % n_folds
            part = np.where(at == k, held_out, np.where(at == (k + 1) % n_folds, "valid", "train"))
            splits[f"fold{repeat * n_folds + k}"] = part
    return splits


def _counts(splits, fold):
    parts = {part: splits.loc[splits[f"fold{fold}"] == part, "label"] for part in ("train", "valid", "test")}
    return {part: {"all": len(y), "of_class": y.value_counts().sort_index().to_dict()} for part, y in parts.items()}


def _run(folder, splits, classes, seeds, skill, rng, parameters):
    """Predictions of a model: logits of noise plus `skill` for the right class, shared by the clips of a group."""
    folder.mkdir(parents=True)
    y = splits["label"].map({c: i for i, c in enumerate(classes)}).to_numpy()
    frames = []
    hard = rng.normal(size=(len(y), len(classes)))
    for fold in splits_csv.numbers(splits):
        for seed in seeds:
            logits = 0.8 * hard + 0.5 * rng.normal(size=hard.shape)
            logits[np.arange(len(y)), y] += skill or 0
            logits[np.arange(len(y)), (y + 1) % len(classes)] += (skill or 0) / 3  # a neighbour to be confused with
            p = np.exp(1.5 * logits) if skill is not None else np.ones_like(logits)
            p /= p.sum(1, keepdims=True)
            frames.append(predictions_parquet.frame(splits, fold, seed, list(splits["clip_id"]), p, classes))
    predictions_parquet.write(folder / "predictions.parquet", frames)
    cost = {"train_s": 3.14159 * len(seeds), "predict_ms_per_clip": 0.123456, "device": "cpu", "dtype": "float32"}
    cost |= {
        "peak_memory_mb": 612.345,
        "python": "3.12.4",
        "processor": "Made <up>",
        "cores": 4,
        "versions": {"torch": "2.9.0"},
    }
    if parameters:
        cost |= {
            "parameters": float(parameters),
            "trained_parameters": parameters / 2,
            "epochs": 23.3333,
            "best_epoch": 14.6667,
            "max_epochs": 30,
            "lr": 0.002,
        }
    _write(folder / "cost.json", cost)


def _segments(folder):
    """The held-out clips in four windows each: as the whole clip, but for a second one that says the next class."""
    rows = predictions_parquet.read(folder / "predictions.parquet")
    columns = [c for c in rows.columns if c.startswith("p_")]
    windows = [rows.copy() for _ in range(4)]
    windows[1][columns] = np.roll(rows[columns].to_numpy(), 1, axis=1)
    with predictions_parquet.Segments(folder / "segments.parquet") as segments:
        for _, run in pd.concat(windows).groupby(["fold", "seed"]):
            segments.add(run)


def _curves(folder, fold_numbers, seeds, skill, rng):
    for fold in fold_numbers:
        for seed in seeds:
            n = int(rng.integers(18, 30))
            t = np.arange(n)
            fit = 1 - np.exp(-t / 5)
            figures = {
                "train_loss": 2.1 * np.exp(-t / (9 - 2 * skill)) + 0.02 * rng.random(n),
                "train_log_loss": 2.1 * np.exp(-t / (8 - 2 * skill)) + 0.02 * rng.random(n),
                "train_accuracy": np.clip(0.15 + 0.4 * skill * fit + 0.02 * rng.normal(size=n), 0, 1),
                "val_loss": 2.1 - skill * 0.7 * fit + 0.02 * np.maximum(t - 14, 0) + 0.05 * rng.random(n),
                "val_accuracy": np.clip(0.12 + 0.35 * skill * fit + 0.03 * rng.normal(size=n), 0, 1),
            }
            for name, values in figures.items():
                path = folder / "plots/metrics" / name / f"fold{fold}_seed{seed}.tsv"
                path.parent.mkdir(parents=True, exist_ok=True)
                rows = pd.DataFrame({"step": t, path.stem: values.round(6)})
                rows.to_csv(path, sep="\t", index=False, lineterminator="\n")


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1))
