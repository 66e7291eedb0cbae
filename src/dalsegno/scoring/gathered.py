"""Everything that the models of params.yaml predicted, and the ensembles of them, ready to be scored on the same clips."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dalsegno.scoring import compare, ensembles, held_out
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.statistics import ranking


@dataclass(frozen=True)
class Gathered:
    """The scored clips, and by the name of each model what is known of it.

    predicted: rows of scored clips (held_out.predicted); runs: the same as arrays; validation: rows of validation clips.
    folders: where a trained model's files are, and members: the models of an ensemble; a name is in one of them. left_out:
    models that predict none of the scored clips, which stand in `folders` and `members` alone.
    """

    s: Scored
    predicted: dict[str, pd.DataFrame]
    runs: dict[str, list[Run]]
    validation: dict[str, pd.DataFrame]
    folders: dict[str, Path]
    members: dict[str, list[str]]
    left_out: list[str]

    def known(self, synthetic: bool) -> dict[str, dict]:
        """What each model cost, and what its weights knew of the scored clips, as of `compare.known`."""
        known = {
            name: compare.cost(run / "cost.json") | compare.known(run / "leaks.json", synthetic)
            for name, run in self.folders.items()
        }
        return known | {
            name: ensembles.together({m: known[m] for m in models}) for name, models in self.members.items()
        }


def ranked(s: Scored, models: dict[str, list[Run]]) -> list[str]:
    """Names of models in the order of all reports, by the share of their predictions that are right. models: the runs of each."""
    hits = {name: held_out.hits(s.labels, runs) for name, runs in models.items()}
    return ranking.ranked({name: float(right.sum() / n.sum()) for name, (right, n) in hits.items()})


def gather(
    splits: pd.DataFrame, keys: dict[str, list[str]], runs_dir: str | Path, entries: ensembles.Entries
) -> Gathered:
    """Read the predictions of the models `keys`, by family. entries: `ensembles:` in params.yaml.

    Raises UserError if predictions are missing, were made under another split, or have no scored clip in common.
    """
    folders, s = compare.folders(keys, runs_dir), held_out.held_out(splits)
    tables = {name: held_out.read(name, run / "predictions.parquet", s) for name, run in folders.items()}
    predicted, validation = ({name: both[i] for name, both in tables.items()} for i in (0, 1))
    members = ensembles.members(entries, list(predicted))
    predicted |= ensembles.means(members, predicted)
    left_out = held_out.without_clips(predicted)
    predicted = {name: table for name, table in predicted.items() if name not in left_out}
    s = held_out.shared(s, predicted.values())
    validation |= ensembles.means(members, validation)
    runs = {name: held_out.runs(s, table) for name, table in predicted.items()}
    return Gathered(s, predicted, runs, validation, folders, members, left_out)
