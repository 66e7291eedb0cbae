"""The temperatures of a model's folds and seeds, and its answer at these: `dalsegno predict --calibrated`."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64

from dalsegno.artefacts.learning import calibration, predictions_parquet
from dalsegno.inference.kinds.member import Answers
from dalsegno.inference.stored.model_file import Stored
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import ensembles
from dalsegno.scoring.per_model import reliability
from dalsegno.scoring.per_model.reliability import Temperatures


def temperatures(name: str, stored: Sequence[Stored]) -> Temperatures:
    """That of each fold and seed, fitted on validation clips. name: of the model; stored: its file, or those of its members.

    An ensemble has temperatures of its own, as in the report: the mean of several models is less sure than each of them.
    Raises UserError if the predictions of a member are missing, or do not go together.
    """
    if len(stored) == 1:
        return dict(zip(_runs(stored[0]), stored[0].temperatures, strict=True))
    tables = {}
    for of in stored:
        path = of.path.parent / "predictions.parquet"
        if not path.is_file():
            raise UserError(f"{name}: without {path}, nothing says how sure it may be; dvc checkout brings it back")
        rows = predictions_parquet.read(path)
        tables[str(of.path)] = rows[(rows["split"] == "valid") & (rows["label"] != "")]
    fitted = reliability.temperatures(ensembles.mean(name, tables), stored[0].labels)
    return {run: fitted.get(run, 1.0) for run in max(map(_runs, stored), key=len)}


def together(
    stored: Sequence[Stored], answers: Sequence[Float[np.ndarray, "_ label"]], by_run: Temperatures
) -> Float64[np.ndarray, " label"]:
    """The mean over folds and seeds, each at its temperature. answers: of each file in `stored`, which may have fewer runs.

    In an ensemble, a member with one seed answers beside each seed of the others, as of `ensembles.mean`.
    """
    of_runs = np.mean([_in_order(of, rows, by_run) for of, rows in zip(stored, answers, strict=True)], axis=0)
    return calibration.scaled(of_runs, np.array(list(by_run.values()))[:, None]).mean(axis=0)


def _in_order(of: Stored, answers: Answers, by_run: Temperatures) -> Float[np.ndarray, "asked label"]:
    at = {run: row for row, run in enumerate(_runs(of))}
    of_fold = {fold: row for (fold, _), row in at.items()}
    return np.stack([answers[at.get(run, of_fold[run[0]])] for run in by_run])


def _runs(of: Stored) -> list[tuple[int, int]]:
    return [(run["fold"], run["seed"]) for run in of.runs]
