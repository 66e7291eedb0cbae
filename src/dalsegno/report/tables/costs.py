"""What models cost: a number, `??` where none was measured, `–` where there can be none."""

from collections.abc import Mapping
from typing import Any

from dalsegno.report import formatting
from dalsegno.report.tables.table import Cell, Column, Table

OF_NETWORKS = frozenset({"parameters", "trained_parameters", "max_epochs", "epochs", "best_epoch", "converge_s"})
OF_TRAINING = OF_NETWORKS | {"train_s", "predict_ms_per_clip", "peak_memory_mb", "peak_gpu_memory_mb", "device"}
INAPPLICABLE_TO = {
    "classical": OF_NETWORKS, "ensembles": OF_TRAINING, "external": OF_TRAINING | {"input_ms_per_clip"},
}  # fmt: skip
DIGITS = {"train_s": 2, "converge_s": 2, "predict_ms_per_clip": 3, "input_ms_per_clip": 1}
"""As many in each row, to be read down the column."""
COLUMNS = {
    "parameters": "parameters\n(trained)", "epochs": "epochs\ntrained", "best_epoch": "best\nepoch", "train_s": "training\ns",
    "converge_s": "to best\nepoch, s", "input_ms_per_clip": "input\nms/clip", "predict_ms_per_clip": "prediction\nms/clip",
    "peak_memory_mb": "memory\nMB", "peak_gpu_memory_mb": "GPU memory\nMB",
}  # fmt: skip


def table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    """models: of compare.json."""
    shown = [of for of in COLUMNS if of != "peak_gpu_memory_mb" or any(of in m for m in models.values())]
    columns = [Column("model", words=True), *(Column(COLUMNS[of], lower=True) for of in shown)]
    several = len(_devices(models)) > 1
    rows = []
    for name in formatting.ranked(models):
        m = models[name]
        rows.append([Cell(name), *(_cell(m, name, of) for of in shown)])
        rows[-1] += [Cell(cost(m, name, "device"))] * several
    return Table(columns + [Column("device", words=True)] * several, rows)


def legend(models: Mapping[str, Mapping[str, Any]]) -> str:
    """What a reader of the table has to know."""
    devices = _devices(models)
    where = f", all trained on {devices[0].replace('cpu', 'the CPU')}" if len(devices) == 1 else ""
    return (
        f"Means over the runs of a model{where}. {formatting.NONE}: not applicable, such as the epochs of a model that has none; "
        f"{formatting.UNMEASURED}: not measured. Parameters include those of a frozen network; the number that was trained is given where it differs. "
        "Input: the time to compute the features, spectrograms or embeddings that a model reads, once for all models; prediction starts from them. "
        "Memory: the peak of the whole process, with Python and its packages. "
        "Times are wall-clock times and depend on what else the machine was doing; small differences mean nothing."
    )


def cost(model: Mapping[str, Any], name: str, of: str) -> str:
    """The cost `of` a model (a key of compare.json), which is called `name`."""
    if of not in model and of in INAPPLICABLE_TO.get(name.split("/")[0], ()):
        return formatting.NONE
    if of == "device":
        return str(model.get(of, formatting.UNMEASURED))
    if of == "epochs":
        return formatting.epochs(model)
    if of == "best_epoch" and model.get(of) is not None:  # it is stored from 0, and told as `epochs` are
        return formatting.number(round(model[of] + 1, 1))
    return formatting.number(model.get(of), DIGITS.get(of))


def _cell(model: Mapping[str, Any], name: str, of: str) -> Cell:
    trained = model.get("trained_parameters")
    differs = of == "parameters" and trained is not None and trained != model.get(of)
    return Cell(cost(model, name, of), cost(model, name, "trained_parameters") if differs else "")


def _devices(models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(m["device"] for m in models.values() if "device" in m))
