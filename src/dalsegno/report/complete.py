"""params.yaml with every default written out, as a method is described by what was done and not by what was typed."""

from pathlib import Path
from typing import Any

from dalsegno.artefacts import model_name, settings_json


def complete(doc: dict[str, Any], runs_dir: str | Path) -> dict[str, Any]:
    """The sections of `doc` as plain data, with the settings that the models in `runs_dir` were trained with."""
    done = {name: dict(section) if isinstance(section, dict) else section for name, section in doc.items()}
    for family in model_name.TRAINED:
        for key in done.get(family) or {}:
            settings = settings_json.read(Path(runs_dir, family, key))
            done[family][key] = settings.get("entry") or done[family][key]
            if settings.get("features"):
                done["features"] = settings["features"]
            used = settings.get("spectrogram") or {}
            name = str(done[family][key].get("spectrogram") or done[family][key].get("input")).rpartition("/")[2]
            if "options" in used and name in (done.get("spectrograms") or {}):
                done["spectrograms"][name] = done["spectrograms"][name] | {"options": used["options"]}
    return done
