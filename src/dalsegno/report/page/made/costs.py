"""What a model cost as the table shows it: a number, `??` where none was measured, `–` where there can be none."""

from collections.abc import Mapping
from typing import Any

from dalsegno.report import formatting

INAPPLICABLE = "–"
OF_NETWORKS = frozenset({"parameters", "trained_parameters", "max_epochs", "epochs", "best_epoch", "converge_s"})
OF_TRAINING = OF_NETWORKS | {"train_s", "predict_ms_per_clip", "peak_memory_mb", "peak_gpu_memory_mb", "device"}
INAPPLICABLE_TO = {
    "classical": OF_NETWORKS, "ensembles": OF_TRAINING, "external": OF_TRAINING | {"input_ms_per_clip"},
}  # fmt: skip
DIGITS = {
    "train_s": 2,
    "converge_s": 2,
    "predict_ms_per_clip": 3,
    "input_ms_per_clip": 1,
}  # as many in each row, to be read down the column


def cost(model: Mapping[str, Any], name: str, of: str) -> str:
    """The cost `of` a model (a key of compare.json), which is called `name`."""
    if of not in model and of in INAPPLICABLE_TO.get(name.split("/")[0], ()):
        return INAPPLICABLE
    if of == "device":
        return str(model.get(of, formatting.UNMEASURED))
    return formatting.epochs(model) if of == "epochs" else formatting.number(model.get(of), DIGITS.get(of))
