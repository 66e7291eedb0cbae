"""A stored model scored on another labelled collection: one folder per class, whose names may differ from the model's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.clips import entry
from dalsegno.clips.tree import groups, labelled, layout
from dalsegno.clips.whole import units
from dalsegno.inference import asked
from dalsegno.inference.known import Known
from dalsegno.inference.model import Model
from dalsegno.pipeline.errors import UserError, hint, quoted
from dalsegno.scoring import compare, intervals
from dalsegno.scoring.held_out import Run, Scored

EXPECTS = (
    "<folder>/<label>/**.<format>   one folder per class; groups.csv beside them may say which clips belong together"
)

NO_COPIES = pd.DataFrame(columns=["clip_id_a", "clip_id_b"])


@dataclass
class Collection:
    """What of a labelled collection a model can be asked.

    clips: path, label of the model, group. no_counterpart: how many files each of their classes has that the model does not
    know. unlabelled: how many files have no class; hidden: how many are hidden. unread: path and message of each that could not be read; unheard: of each
    in which there is no sound to judge by; cut_off: of each that is scored by what there is of it.
    """

    clips: pd.DataFrame
    no_counterpart: Counter[str] = field(default_factory=Counter)
    unlabelled: int = 0
    hidden: int = 0
    unread: list[tuple[Path, str]] = field(default_factory=list)
    unheard: list[tuple[Path, str]] = field(default_factory=list)
    cut_off: list[tuple[Path, str]] = field(default_factory=list)


def collection(root: Path, model: Model, theirs: dict[str, str]) -> Collection:
    """The labelled files below `root`. theirs: their name → ours; other folders go by their own name, whatever its case.

    Raises UserError if `theirs` names a class that one side does not have, or no file has a class that the model knows.
    """
    listed = labelled.listed(root, model.suffixes, "picture" if model.of_pictures else "audio file", EXPECTS)
    ours, alike = ({to(label): label for label in model.labels} for to in (str, layout.bare))
    there = {file.label for file in listed if file.label}
    _check(theirs, there, model.labels)
    of_label = {label: (ours | theirs).get(label) or alike.get(layout.bare(label)) for label in there}
    found, rows = Collection(pd.DataFrame()), []
    stated = (
        groups.read(root, [file.path.relative_to(root) for file in listed], [], "the model is not trained here") or {}
    )
    for file in listed:
        if entry.is_stray(file.inside):
            found.hidden += 1
        elif fault := file.fault or asked.fault(file.path):
            found.unread.append((file.path, fault))
        elif file.label is None:
            found.unlabelled += 1
        elif of_label[file.label] is None:
            found.no_counterpart[file.label] += 1
        else:
            rows.append((file.path, of_label[file.label], stated.get(file.path.relative_to(root)) or ""))
    if not there:
        raise UserError(f"{root}: every file lies outside of a class folder. Expected there:\n    {EXPECTS}")
    if not rows:
        raise UserError(
            f"{root}: no file has a class that the model knows; the classes there are {_quoted(sorted(there))}, those of the model "
            f"{_quoted(model.labels)}; name the pairs with --labels theirs=ours"
        )
    found.clips = pd.DataFrame(rows, columns=["path", "label", "group"])
    return found


def _quoted(labels: list[str]) -> str:
    return ", ".join(map(quoted, labels))


def _check(theirs: dict[str, str], there: set[str], labels: list[str]) -> None:
    for their, our in theirs.items():
        if their not in there:
            raise UserError(f"--labels: the folder has no class {their!r}{hint(their, sorted(there))}")
        if our not in labels:
            raise UserError(f"--labels: the model has no class {our!r}{hint(our, labels)}")


def answered(model: Model, found: Collection) -> Iterator[tuple[int, np.ndarray]]:
    """The place in `found.clips` and the probabilities of each clip; the rest is put down in `unread` and `unheard`, and what was cut off in `cut_off`."""
    for i, path in enumerate(found.clips["path"]):
        for answer in asked.answers(model, [(path, None)], None):
            if answer.fault:
                found.unread.append((path, answer.fault))
            elif answer.note:
                (found.unheard if answer.p is None else found.cut_off).append((path, answer.note))
            if answer.p is not None:
                yield i, answer.p


def scores_apart(
    model: Model, found: Collection, answers: list[tuple[int, np.ndarray]], known: Known, p: intervals.Params
) -> dict[str, Any]:
    """The `scores` on clips that the model does not know, and under `with_known` those on all, where some are `known`.

    What a model was trained on says nothing of new sound. Where it knows all of them, the scores are on all, and `with_known`
    is None. Raises UserError as `scores` does.
    """
    ours = set(known.copies["path"])
    new = [(i, answer) for i, answer in answers if found.clips["path"][i] not in ours]
    both = len(new) < len(answers) and bool(new)
    whole = scores(model, found, answers, known, p)
    return (scores(model, found, new, known, p) if both else whole) | {"with_known": whole if both else None}


def scores(
    model: Model,
    found: Collection,
    answers: list[tuple[int, np.ndarray]],
    known: Known,
    p: intervals.Params,
) -> dict[str, Any]:
    """Every metric with the ends of its interval, and the confusion of classes, as compare.json has them.

    Copies among them, as of `known`, count as in a run: of exact ones with one label the first alone, and `copies` is how many there
    are beyond; of those with several labels none, as nobody knows which is right, and `doubtful` is how many these are. The intervals
    are over groups where groups.csv names them or copies of one recording make them, else over clips; `near` are the pairs of near copies.
    Raises UserError if there is no answer, or none to a clip of one label.
    """
    if not answers:
        raise UserError("none of the files could be read and holds a sound, so there is nothing to score")
    clips = found.clips.iloc[[i for i, _ in answers]].reset_index(drop=True)
    holds = clips["path"].map(lambda path: known.content[path] or str(path))
    doubtful, first = clips.groupby(holds)["label"].transform("nunique") > 1, ~holds.duplicated()
    if doubtful.all():
        raise UserError(
            "each file has an exact copy in another class, so nobody knows what any of them is: nothing can be scored"
        )
    copies = {"copies": int((~first & ~doubtful).sum()), "doubtful": int(doubtful.sum())}
    scored = first & ~doubtful
    clips, probabilities = clips[scored].reset_index(drop=True), np.array([p for _, p in answers])[scored]
    pairs = known.near[known.near.isin(list(clips["path"])).all(axis=1)].map(str)
    rows = pd.DataFrame({"clip_id": clips["path"].map(str), "fold": 0, "label": clips["label"].map(model.labels.index)})
    rows["unit"] = units.linked(rows, NO_COPIES, [clips["group"], clips["path"].map(known.recordings)])
    grouped = bool((clips["group"] != "").any()) or rows["unit"].nunique() < len(rows)
    s = Scored("test", model.labels, rows.assign(repeat=0), grouped)
    order = pd.Index(s.clips.index).get_indexer(rows["clip_id"])
    run = Run(order, probabilities)
    counted = {"clips": len(clips)} | copies | {"near": pairs.to_dict("records")} | compare.interval(s, p)
    called = compare.confusion(s, [run]).tolist()
    return counted | compare.scores(s, {"": [run]}, p)[""] | {"labels": model.labels, "confusion": called}
