"""A stored model as it was read: what kind it is, and what it says of itself. Reading it runs no code of the file."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dalsegno.artefacts.model_name import FILES, FORMAT, NETWORK
from dalsegno.inference.stored import archive
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, gist

NEEDED = {
    "classical": ("estimator", "features", "settings"),
    "frozen": ("head", "backbone"),
    "convolutional": ("arch", "model", "view", "spectrogram"),
    "mlp": ("arch", "model", "pca", "features", "settings"),
}
"""The kinds of models, each with what its file must hold; the first that fits is the kind."""

ARCHIVE = b"PK"  # what a file begins with that PyTorch or NumPy has stored


@dataclass(frozen=True)
class Stored:
    """The content of a stored model. labels: in the order of its answers; runs: an entry for each fold and seed."""

    path: Path
    kind: str
    content: dict[str, Any]

    @property
    def labels(self) -> list[str]:
        """The classes, in the order of the model's answers."""
        return self.content["labels"]

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The weights, or numbers, of each fold and seed."""
        return self.content["runs"]

    @property
    def final(self) -> dict[str, Any] | None:
        """Of which model of the run, and how, it was trained on all labelled clips; None if it was not."""
        return self.content.get("final")

    @property
    def temperatures(self) -> list[float]:
        """By which the probabilities of each run become calibrated; those of an estimator come from another one already."""
        of_run = "scaling" if self.kind == "classical" else "temperature"
        return [float(run.get(of_run, 1.0)) for run in self.runs]

    def section(self, what: str, raw: Any, cls: type) -> Any:
        """`raw`, a part of the file, as the parameters that this version knows. Raises UserError where it knows others."""
        try:
            value, problems = params.parse(what, json.loads(json.dumps(raw)), cls)  # tuples as lists, as YAML has them
        except (TypeError, ValueError) as error:
            value, problems = None, [f"{what}: {error}"]
        if problems:
            raise UserError(f"{self.path}: stored with settings that this version does not know: {'; '.join(problems)}")
        return value

    def component(self, package: str, name: str) -> Any:
        """The file of a registry that the model needs. Raises UserError if this version has none of the name."""
        try:
            return params.component(package, name)
        except ValueError as error:
            raise UserError(f"{self.path}: {error}; check out the version of dalsegno that trained it") from None


@contextmanager
def fitting(path: Path) -> Iterator[None]:
    """Raise UserError that names the file `path` where what it holds is not what this version makes a model of."""
    try:
        yield
    except UserError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RuntimeError, MemoryError) as error:
        raise UserError(f"{path}: {_misfit(error)}") from error


def _misfit(error: Exception) -> str:
    """What is wrong with a model that cannot be built or run; PyTorch raises RuntimeError where memory runs out."""
    said = f"({type(error).__name__}: {gist(error)})"
    if isinstance(error, MemoryError) or "memory" in str(error):
        return f"not enough memory for the sizes that the model states, or for so long a file {said}"
    return (
        f"a stored model, but not a whole one, or not one of this version of dalsegno {said}; train it again with dvc repro, "
        "or check out the version that trained it"
    )


def read(path: Path) -> Stored:
    """The model in `path`. Raises UserError if it is damaged, of another version, or not one of ours."""
    with path.open("rb") as file:
        if file.read(len(ARCHIVE)) != ARCHIVE:
            raise UserError(
                f"{path}: not a stored model; expected {' or '.join(FILES)} of a run, or a key of the run such as cnn/conv; "
                "the model is named first"
            )
    archive.refuse_compressed(path)
    archive.refuse_damaged(path)
    content = params.component(*_reader(path)).load(path)  # PyTorch for networks alone
    archive.refuse_repeating(path, content)
    if "labels" not in content or "runs" not in content:
        raise UserError(f"{path}: a file of weights, but no model that a run has stored: it names no classes")
    written = content.get("format", 0)
    if written != FORMAT:
        age = "an earlier" if written == 0 else "another"
        raise UserError(
            f"{path}: stored by {age} version of dalsegno (format {written}, this one reads {FORMAT}); "
            "train it again with dvc repro, or check out the version that trained it"
        )
    kind = next((kind for kind, names in NEEDED.items() if all(name in content for name in names)), None)
    if kind is None or not (_named(content["labels"]) and content["runs"]):
        raise UserError(f"{path}: a stored model, but not a whole one; train it again with dvc repro")
    return Stored(path, kind, content)


def _reader(path: Path) -> tuple[str, str]:
    """Package and module that read the file: by its suffix, as users rename files."""
    file = next((file for file in FILES if path.suffix == Path(file).suffix), NETWORK)
    return FILES[file], file.replace(".", "_")


def _named(labels: Any) -> bool:
    """Whether these are distinct names of classes."""
    named = isinstance(labels, list) and labels and all(isinstance(label, str) for label in labels)
    return bool(named) and len(set(labels)) == len(labels)
