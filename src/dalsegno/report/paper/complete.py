"""params.yaml with every default written out, as a method is described by what was done and not by what was typed."""

from dataclasses import asdict, is_dataclass
from typing import Any

from dalsegno.families import classical, mlp
from dalsegno.families.convolutional import cnn
from dalsegno.features import compute
from dalsegno.pipeline import params
from dalsegno.sound import storing
from dalsegno.transfer.adapting import entry
from dalsegno.transfer.embedding import embedding_entry

OF_ENTRIES: dict[str, Any] = {
    "classical": classical.Params, "mlp": mlp.Params, "cnn": cnn.Params, "transfer": entry.Params,
    "spectrograms": storing.Params, "embeddings": embedding_entry.Params,
}  # fmt: skip


def complete(doc: dict[str, Any]) -> dict[str, Any]:
    """The sections of `doc` as plain data, defaults included; what a stage would refuse stays as it is typed."""
    done = dict(doc)
    for section, cls in OF_ENTRIES.items():
        entries = doc.get(section) or {}
        done[section] = {key: _complete(f"{section}.{key}", raw, cls) for key, raw in entries.items()}
    if "features" in doc:
        done["features"] = _complete("features", doc["features"], compute.Params)
    return done


def _complete(name: str, raw: Any, cls: Any) -> Any:
    value, problems = params.parse(name, raw, cls)
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) and not problems else raw
