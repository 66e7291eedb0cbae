"""What a reader of the results should know of a split that is taken as it was published."""

import numpy as np
import pandas as pd

from dalsegno.artefacts.learning import splits_csv
from dalsegno.pipeline.errors import joined, listed, quoted

MOST_NAMED = 8  # classes in a sentence


def linked(unit: np.ndarray, drawn: list[np.ndarray]) -> list[str]:
    """A caveat about the scored clips of a unit that is trained on."""
    n = 0
    for parts in drawn:
        scored = parts == ("test" if (parts == "test").any() else "valid")
        n += int(np.isin(unit[scored], unit[parts == "train"]).sum())
    said = f"Artists are apart by name, as published: {n} scored clips are linked to training clips by a duet or a published group"
    return [f"{said} of artists"] if n else []


def doubtful(clips: pd.DataFrame, same: np.ndarray, drawn: list[np.ndarray]) -> list[str]:
    """A caveat about the test clips of which an exact copy has another label."""
    tested = np.any([parts == "test" for parts in drawn], axis=0)
    doubtful = tested & (clips.groupby(same)["label"].transform("nunique") > 1).to_numpy()
    names = some(clips.loc[doubtful, "clip_id"].tolist())
    return [f"Tested as published, though an exact copy has another label: {names}"] if doubtful.any() else []


def untested(rows: pd.DataFrame) -> list[str]:
    """That no fold of splits.csv's `rows` has a test clip. No caveat: all reports say so of every score in any case."""
    if splits_csv.scored_part(rows) == "test":
        return []
    return ["no fold has a test clip: models are trained and validated, but not tested"]


def lacking(rows: pd.DataFrame) -> list[str]:
    """Caveats about parts of splits.csv's `rows` that are empty, unless they are `untested`, or lack classes."""
    said, classes = [], set(splits_csv.classes(rows))
    for k in splits_csv.numbers(rows):
        for part in ("valid",) if untested(rows) else ("valid", "test"):
            labels = set(rows.loc[rows[f"fold{k}"] == part, "label"])
            if not labels:
                said.append(f"fold {k} has no {part} clip")
            elif lacks := sorted(classes - labels):
                said.append(f"fold {k} has no {part} clip of {joined(map(quoted, lacks), 'or', MOST_NAMED)}")
    return said


def some(names: list[str]) -> str:
    """The number of names, and the first five of them."""
    return f"{len(names)} ({listed(names)})"
