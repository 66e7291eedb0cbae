"""How models are called: <family>/<key> of params.yaml, and <family>/<key>-scratch for the twin of a transfer entry; how stored."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dalsegno.pipeline.refusals import mapping

TRAINED = ("classical", "mlp", "cnn", "transfer")
"""The families of models that are trained here."""
SCRATCH = "-scratch"
FORMAT = 1  # of what models are stored as; a reader refuses another one
NETWORK, ESTIMATOR = "model.pt", "model.npz"
FILES = {NETWORK: "dalsegno.artefacts.learning", ESTIMATOR: "dalsegno.artefacts"}
"""The file of a stored model, a network's or an estimator's, and the package of the module, model_pt or model_npz, that reads it."""
CONTROL = "control"  # the folder of the twin in that of its model


def named(doc: Mapping[str, Any]) -> list[str]:
    """The names of the models that params.yaml, `doc`, asks for; without twins. Raises Refused where a family is not a mapping."""
    return [f"{family}/{key}" for family in (*TRAINED, "ensembles", "external") for key in mapping(doc, family)]


def is_twin(name: str) -> bool:
    """Whether a model is the twin from scratch of a transfer entry; a key of another family may end as it likes."""
    return name.startswith("transfer/") and name.endswith(SCRATCH)


def folder(runs_dir: str | Path, name: str) -> Path:
    """The folder of a model's files; it need not exist, as that of an ensemble does not."""
    return Path(runs_dir, name.removesuffix(SCRATCH), CONTROL) if is_twin(name) else Path(runs_dir, name)
