"""runs/<family>/<key>/leaks.json: what a model's weights knew of the scored clips before this run trained them."""

from dataclasses import asdict, dataclass
from pathlib import Path

from dalsegno.artefacts.learning import json_file


@dataclass(frozen=True)
class Leaks:
    """Whole sentences. leaks: weights met scored clips, so the results are too good. notes: what cannot be known.

    recordings: published collections that the weights were trained on, which may hold scored clips unless those were
    synthesised here.
    """

    leaks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()


def write(path: str | Path, leaks: Leaks) -> None:
    """Write `leaks` to `path`."""
    json_file.write(path, asdict(leaks))


def read(path: str | Path) -> Leaks:
    """The content of `path`; nothing where there is no such file, as of a model whose weights began at random."""
    if not Path(path).is_file():
        return Leaks()
    content = json_file.read(path)
    return Leaks(**{kind: tuple(sentences) for kind, sentences in content.items()})
