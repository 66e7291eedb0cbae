"""`paper:` of params.yaml: what only people can say of a run, and what they have not said yet."""

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from dalsegno.artefacts.model_name import SCRATCH, is_twin
from dalsegno.pipeline.errors import hint
from dalsegno.pipeline.params import section

EXPLAINED = ("spectrograms", "classical", "mlp", "cnn", "pretrain", "packaged", "embeddings", "transfer", "ensembles", "external")  # fmt: skip
"""Sections of params.yaml whose entries may have a reason."""


@section
class Member:
    """Somebody who worked on it."""

    name: str
    did: str | None = None  # what this person contributed


@section
class Params:
    """`paper:` in params.yaml."""

    title: str | None = None
    team: list[Member]
    search: str  # the folder of a search to tell of, such as data/searches/conv, or data/searches: all; data/clips.csv: none
    introduction: str | None = None  # paragraphs are separated by an empty line
    conclusions: str | None = None
    why: dict[str, str] = field(default_factory=dict)  # by entry, such as cnn/conv, or `features`: the reason for it


def unknown(p: Params, doc: Mapping[str, Any]) -> list[str]:
    """What is wrong with the keys of `why`: those that name no entry of params.yaml, `doc`."""
    entries = ["features", *(f"{name}/{key}" for name in EXPLAINED for key in doc.get(name) or {})]
    return [
        f"paper.why.{key}: params.yaml has no such entry{hint(key, entries)}; a reason stands under <section>/<entry>, "
        "such as cnn/conv, or under features"
        for key in p.why
        if key not in entries and key.removesuffix(SCRATCH) not in entries
    ]


def missing(p: Params, models: Collection[str], kaggle: Mapping[str, Any]) -> list[str]:
    """What the paper prints as ??, and what a hand-in may need besides. models: the names of those that may have a reason."""
    lacking = ["paper.title: a title of your own"] if p.title is None else []
    lacking += ["paper.team: names, and what each contributed"] if not p.team else []
    lacking += [f"paper.team: what {member.name} contributed (did)" for member in p.team if member.did is None]
    lacking += ["paper.introduction: what the question is, and why it matters"] if p.introduction is None else []
    lacking += ["paper.conclusions: what you conclude"] if p.conclusions is None else []
    unexplained = [name for name in models if name not in p.why and not is_twin(name)]
    lacking += [f"paper.why: the reason for {', '.join(unexplained)}"] if unexplained else []
    return lacking + ([] if kaggle else ["a Kaggle score: dalsegno kaggle-score MODEL SCORE"])
