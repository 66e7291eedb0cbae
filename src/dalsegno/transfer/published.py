"""The list of published weights that can be fetched, and what each was trained on."""

import csv
from pathlib import Path, PurePosixPath

TABLE = Path(__file__).with_suffix(".csv")


def rows(table: Path = TABLE) -> list[dict[str, str]]:
    """Each as a dictionary of the columns; lines that begin with # say where they come from."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def trained_on(weights: str | Path) -> str:
    """The data that published weights were trained on, by the name of their file or checkpoint; empty if they are none of the list."""
    name = Path(weights).stem.lower()
    for row in rows():
        if name in (row["name"].lower(), PurePosixPath(row["url"]).stem.lower()):
            return row["data"]
    return ""


def described(weights: str | Path) -> str:
    """Weights by their name, with the data that they were trained on if they are of the list."""
    data = trained_on(weights)
    return f"{weights} (trained on {data})" if data else str(weights)
