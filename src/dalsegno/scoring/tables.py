"""What `compare` writes besides its figures: the table people read, and the rows that plots are drawn from."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.pipeline import files

CURVES = ["train_loss", "val_loss", "val_accuracy"]
PERCENT = {
    "accuracy": "accuracy %", "segment_accuracy": "segment acc. %", "balanced_accuracy": "balanced acc. %",
    "macro_precision": "precision %", "macro_recall": "recall %", "macro_f1": "F1 %",
}  # fmt: skip


def confusion_rows(name: str, counts: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """model, actual, predicted, clips (summed over runs), share of the clips of that actual class (empty: it has none)."""
    k = len(classes)
    total = counts.sum(1, keepdims=True)
    share = np.where(total > 0, counts / np.maximum(total, 1), np.nan).round(4)
    return pd.DataFrame(
        {
            "model": name,
            "actual": np.repeat(classes, k),
            "predicted": np.tile(classes, k),
            "clips": counts.ravel(),
            "share": share.ravel(),
        }
    )


def curves(name: str, folder: str | Path) -> pd.DataFrame:
    """model, run, epoch and CURVES of the runs that DVCLive logged in `folder`; no row if it logged none."""
    columns = {}
    for figure in CURVES:
        for path in sorted(Path(folder, "plots", "metrics", figure).glob("*.tsv")):
            logged = pd.read_csv(path, sep="\t")
            columns.setdefault(path.stem, {})[figure] = logged.set_index("step")[path.stem]
    frames = [
        pd.DataFrame(c, columns=CURVES).rename_axis("epoch").reset_index().assign(model=name, run=run)
        for run, c in sorted(columns.items())
    ]
    order = ["model", "run", "epoch", *CURVES]
    return pd.concat(frames)[order] if frames else pd.DataFrame(columns=order)


def write_csv(path: str | Path, tables: list[pd.DataFrame]) -> None:
    """Write the tables one below the other under one header."""
    rows = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    with files.atomic(path) as draft:
        rows.to_csv(draft, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)


def markdown(found: dict[str, Any]) -> str:
    """The comparison as a Markdown table, the best accuracy first, under a line that says what was tested and how."""
    dataset, protocol, interval = found["dataset"], found["protocol"], found["interval"]
    synthetic = " (synthetic)" if dataset["synthetic"] else ""
    lines = [f"# {_cell(dataset['title'])}{synthetic}: models compared", "", *_about(dataset, protocol, interval), ""]
    models = sorted(found["models"].items(), key=lambda item: -item[1]["accuracy"])
    percent = {metric: told for metric, told in PERCENT.items() if any(metric in m for _, m in models)}
    head = ["model", *percent.values(), "log-loss", "parameters", "training s", "ms/clip"]
    lines += [_row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    for name, m in models:
        cells = [_cell(name), *(_interval(m, metric, 100, 1) for metric in percent), _interval(m, "log_loss", 1, 3)]
        lines.append(_row(cells + [_plain(m, c) for c in ("parameters", "train_s", "predict_ms_per_clip")]))
    if "segment_accuracy" in percent:
        lines += ["", "Segment accuracy: before the segments of a clip are put together; – where a clip is seen whole."]
    lines += [line for name, gain in found["gains"].items() for line in ("", _gain(name, gain))]
    return "\n".join(lines) + "\n"


def _gain(name: str, gain: dict[str, Any]) -> str:
    points, low, high = (_points(gain[k]) for k in ("accuracy", "low", "high"))
    p = f"= {gain['p_value']:.3f}" if gain["p_value"] >= 0.001 else "< 0.001"
    return (
        f"{_cell(name)}: pretraining gains {points} points of accuracy ({low} to {high}) over the same network from "
        f"scratch. By mean probability over runs it is right about {gain['right_alone']} clips that {_cell(gain['over'])} "
        f"calls wrong, and wrong about {gain['wrong_alone']} that it calls right: exact McNemar test, p {p}."
    )


def _points(value: float | None) -> str:
    return "??" if value is None else f"{100 * value:z.1f}".replace("-", "−")


def _about(dataset: dict[str, Any], protocol: dict[str, Any], interval: dict[str, Any]) -> list[str]:
    scored = "test clips" if protocol["part"] == "test" else "**validation clips, as the splits hold no test clip**"
    lines = [
        f"Protocol {_cell(protocol['name'])}: {dataset['scored_clips']} {scored} of {dataset['classes']} classes, "
        f"folds {protocol['folds']}, repeats {protocol['repeats']}, seeds {protocol['seeds']}. In brackets: "
        f"{interval['confidence']:.0%} intervals over {interval['units']} {interval['unit']}s."
    ]
    if dataset["synthetic"]:
        lines.append("The data are **synthetic**: the figures say that the workflow runs, nothing about music.")
    if protocol["leaky"]:
        lines.append(
            "**LEAKY**: models were trained on parts, copies or the group of what is scored; the figures are too high."
        )
    if protocol["not_shared"]:
        lines.append(f"Left out: {protocol['not_shared']} predictions due that some model did not make.")
    if protocol["left_out"]:
        names = ", ".join(map(_cell, protocol["left_out"]))
        lines.append(f"Left out: {names}, for want of a prediction of any of these clips.")
    return [line for each in lines for line in (each, "")][:-1]


def _interval(m: dict[str, Any], metric: str, scale: int, digits: int) -> str:
    if metric not in m:
        return "–"
    ends = [m.get(f"{metric}_{end}") for end in ("low", "high")]
    told = "–".join("??" if end is None else f"{scale * end:.{digits}f}" for end in ends)
    return f"{scale * m[metric]:.{digits}f} ({told})"


def _plain(m: dict[str, Any], name: str) -> str:
    value = m.get(name)
    return "??" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _cell(text: str) -> str:
    """`text` as literal Markdown that cannot break out of its cell."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    return "".join("\\" + c if c in "\\|*_`[]" else c for c in text)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
