"""What the best network hears: for clips of each class, the parts of the spectrogram on which its answer rests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dalsegno.inference import saliency
from dalsegno.inference.model import together
from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import UserError
from dalsegno.report.listening import choose, network, tinted
from dalsegno.report.listening.answers import Answers
from dalsegno.report.listening.network import Clips, Network

CELLS = (4, 10)  # in which a spectrogram is hidden, large enough to matter: bands, stretches of time
N_PASSES = CELLS[0] * CELLS[1] + 2
BUDGET = 1e12  # floating-point operations for all clips together: about a minute on one core
MOST = 40  # clips


@dataclass(frozen=True)
class Heard:
    """model: the network that was asked. passed: more accurate ones that would have gone beyond BUDGET.

    clips: for each `clip` (its place), the class that is `called`, its probability `p` and that `without` the cell that speaks most
    for it, both in thousandths, where that cell is (`from_s`, `to_s`, `band` from 1 to `bands`, the lowest first), and the `picture`.
    """

    model: str
    passed: list[str]
    clips: list[dict[str, Any]]


def heard(a: Answers, folders: dict[str, Path], clips: Clips, per_class: int, device: torch.device) -> Heard | None:
    """Ask the most accurate network that BUDGET allows; None if there is none.

    folders: of the files of each model. per_class: as of `choose.of_each_class`.
    """
    passed = []
    for model, name in enumerate(a.models):
        wanted = choose.of_each_class(a, model, per_class)[:MOST]
        stored = network.stored(folders[name]) if wanted and name in folders else None
        if stored is None:
            continue
        asked = Network(stored, clips, device)
        n = _affordable(asked, [a.clip_ids[place] for place in wanted])
        if n is not None and n < min(len(wanted), len(a.classes)):
            passed.append(name)
        elif n:
            explained = progress.bar(wanted[:n], "explaining", len(wanted[:n]), unit="clip")
            found = [(place, _explained(asked, a.clip_ids[place])) for place in explained]
            return Heard(name, passed, [{"clip": place} | one for place, one in found if one])
    return None


def _affordable(asked: Network, items: list[str]) -> int | None:
    """How many of `items` BUDGET allows, if they are all like the first that can be read; None if none can."""
    for item in items:
        try:
            return int(BUDGET // (N_PASSES * max(asked.operations(item), 1)))
        except (UserError, OSError):
            continue
    return None


def _explained(asked: Network, item: str) -> dict[str, Any] | None:
    """What `Heard` says of a clip; None if its file cannot be read."""
    try:
        store, member = asked.store(item), asked.of(item)
    except (UserError, OSError):
        return None
    p = together(member.of_store(store))
    called = int(p.argmax())
    nats = saliency.of_spectrogram(member, store, called, CELLS).nats
    band, stretch = np.unravel_index(nats.argmax(), nats.shape)
    cell_s = len(store.frames) / store.meta["frame_rate_hz"] / nats.shape[1]
    return {
        "called": called,
        "p": round(1000 * float(p[called])),
        "without": round(1000 * float(p[called] * np.exp(-nats.max()))),
        "from_s": round(float(stretch * cell_s), 2),
        "to_s": round(float((stretch + 1) * cell_s), 2),
        "band": int(band) + 1,
        "bands": len(nats),
        "picture": tinted.webp(store, nats),
    }
