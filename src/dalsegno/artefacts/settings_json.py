"""settings.json of a model: its entry in params.yaml with every default written out, and what it was computed from."""

from pathlib import Path
from typing import Any

from dalsegno.artefacts.learning import json_file

NAME = "settings.json"


def write(run_dir: str | Path, entry: dict[str, Any], features: Any, spectrogram: Any) -> None:
    """entry: of the model. features, spectrogram: the settings of its input; None for what it does not read."""
    content = {"entry": entry, "features": features, "spectrogram": spectrogram}
    json_file.write(Path(run_dir, NAME), content, exact=True)


def read(run_dir: str | Path) -> dict[str, Any]:
    """entry, features and spectrogram; empty where there is no such file, as of predictions made elsewhere."""
    path = Path(run_dir, NAME)
    return json_file.read(path) if path.is_file() else {}
