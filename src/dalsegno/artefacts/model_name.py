"""How models are called: <family>/<key> of params.yaml, and <family>/<key>-scratch for the twin of a transfer entry."""

from pathlib import Path

SCRATCH = "-scratch"
CONTROL = "control"  # the folder of the twin in that of its model


def folder(runs_dir: str | Path, name: str) -> Path:
    """The folder of a model's files; it need not exist, as that of an ensemble does not."""
    own = Path(runs_dir, name)
    return Path(runs_dir, name.removesuffix(SCRATCH), CONTROL) if name.endswith(SCRATCH) and not own.is_dir() else own
