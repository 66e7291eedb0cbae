"""The clips of a data set, as its adapter lists them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from heapq import heappush, heappushpop
from pathlib import Path
from typing import Any
from unicodedata import normalize

from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import unseen
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, counted, hint


@dataclass(frozen=True)
class Listing:
    """What an adapter lists, less the classes left out and the clips over `per_class`."""

    clips: list[Clip]
    n_left_out: int  # clips of the classes that dataset.leave_out names
    unused: list[Path]  # files of both: clips of the data set that the run was told not to use


def listing(root: Path, p: Params) -> Listing:
    """The clips that the adapter `p.name` lists, and what was left out of them."""
    adapter = params.component("dalsegno.datasets", p.name)
    leave_out = [normalize("NFC", label) for label in p.leave_out]
    listed = list(adapter.clips(root, p))
    n_by_label = Counter(clip.label for clip in listed)
    kept = list(_capped((clip for clip in listed if clip.label not in leave_out), p.per_class))
    for label in leave_out:
        if label not in n_by_label:
            nearest = hint(label, [known for known in n_by_label if known])
            raise UserError(f"params.yaml: dataset.leave_out: no clip in {root} is labelled {label!r}{nearest}")
    twice = [name for name, n in Counter(clip.id for clip in kept).items() if n > 1]
    if twice:
        raise UserError(f"{root}: {counted(len(twice), 'name')} of clips given more than once, the first {twice[0]!r}")
    unseen.refuse(root, [clip.path for clip in kept])
    _refuse_one_class(root, kept, p)
    used = {clip.id for clip in kept}
    unused = [clip.path for clip in listed if clip.id not in used]
    return Listing(kept, sum(n_by_label[label] for label in leave_out), unused)


def _refuse_one_class(root: Path, clips: list[Clip], p: Params) -> None:
    """Raise UserError if fewer than two classes are left that a model could tell apart."""
    labels = {clip.label for clip in clips if clip.label and not clip.fault}
    if len(labels) < 2:
        left = f"only {next(iter(labels))!r}" if labels else "none"
        why = " after dataset.leave_out" if p.leave_out else ""
        faults = [f"{clip.path.name!r}: {clip.fault}" for clip in clips if clip.fault]
        unusable = f"; {counted(len(faults), 'clip')} cannot be used, the first {faults[0]}" if faults else ""
        raise UserError(f"{root}: expected two or more classes to tell apart{why}, got {left}{unusable}")


def description(root: Path, title: str | None) -> dict[str, Any]:
    """What the report calls the data set: `{"title": str, "synthetic": bool}`.

    `title` where there is one, else that of `<root>/about.json`, else the folder's name.
    """
    path = root / "about.json"
    if not path.is_file():
        return {"title": title or root.resolve().name, "synthetic": False}
    try:
        stated = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise UserError(f'{path}: expected {{"title": "…"}}, got {type(error).__name__}: {error}') from None
    own = stated.get("title") if isinstance(stated, dict) else None
    synthetic = stated.get("synthetic", False) if own else None
    if not isinstance(own, str) or not isinstance(synthetic, bool):
        shown = json.dumps(stated, ensure_ascii=False)
        raise UserError(
            f'{path}: expected {{"title": "…"}}, with "synthetic": true if it is, got {shown[:80]}{"…" * (len(shown) > 80)}'
        )
    return {"title": title or own, "synthetic": synthetic}


def _capped(clips: Iterable[Clip], per_class: int | None) -> Iterator[Clip]:
    """At most `per_class` clips of each class and split: those whose hashed names come first, so that they spread."""
    if per_class is None:
        yield from clips
        return
    best: dict[tuple, list] = {}
    for n, clip in enumerate(clips):
        heap = best.setdefault((clip.label, clip.split), [])
        entry = (-int(sha256(clip.id.encode()).hexdigest()[:15], 16), n, clip)
        if clip.label is None or len(heap) < per_class:
            heappush(heap, entry)
        else:
            heappushpop(heap, entry)
    yield from (clip for _, _, clip in sorted((e for heap in best.values() for e in heap), key=lambda e: e[1]))
