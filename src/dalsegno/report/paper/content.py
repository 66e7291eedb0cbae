"""Everything that the paper says, section by section, and what is still missing of it."""

from collections.abc import Iterator
from typing import Any

from dalsegno.artefacts import model_name
from dalsegno.pipeline.params import section
from dalsegno.report import formatting, verdict
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, ground, hearing, method, results
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.references import Cited
from dalsegno.report.paper.results import Scores

MOST_LAYERS = 60  # of a network whose layers are listed
FILES = {
    "params.yaml": "all parameters of the run",
    "dvc.yaml, dvc.lock": "the graph of stages, and what each of them read and wrote",
    "stages/": "a script per stage, which reads its inputs, calls the rooms below and writes its outputs",
    "src/dalsegno/": "the code, a folder per step of the data's way; docs/design.md is the map",
    "metrics/": "every number of this paper, as JSON and CSV",
    "recipes/": "complete parameter files for published systems and data sets",
    "tests/": "the tests of all of this, in the same folders as the code",
    "README.md": "how to run it, and where the path to the data goes",
    "MANIFEST.md": "in the archive: one sentence on each file",
}


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


def content(s: Sources, p: Params, kaggle: Scores, heard: dict[str, Any] | None) -> dict[str, Any]:
    """The paper as the layout takes it. s: with models under their stamped names; heard: listening.json."""
    cite, dataset = Cited(), s.compare["dataset"]
    called = formatting.names(s.compare)
    of_pairs = s.tables["pairs"].to_dict("records")
    kinds = [
        ("Data", ground.data(s, cite)),
        ("Splits and leaks", ground.splits(s, cite)),
        ("Methods", _methods(s, cite)),
        ("Results", results.results(s, {called.get(name, name): score for name, score in kaggle.items()}, cite)),
        ("Training and cost", results.training(s)),
        *([("What a network hears", hearing.hearing(heard, called, cite))] if heard and heard["heard"] else []),
        ("Discussion and conclusions", results.discussion(s)),
        ("Reproduction", _reproduction(s)),
        ("Files", [blocks.table("What the archive holds.", ["file", "what it is"], list(FILES.items()), words=2)]),
    ]
    sections = [blocks.section(title, body) for title, body in kinds]
    return {
        "title": p.title or f"{dataset['title']}: {len(s.compare['models'])} models compared",
        "team": [{"name": member.name, "did": member.did or formatting.UNMEASURED} for member in p.team],
        "stamps": list(_stamps(s).values()),
        "marks": list(_stamps(s)),
        "abstract": [_question(s), *verdict.verdict(s.compare, of_pairs)],
        "sections": sections,
        "references": cite.listed(),
    }


def missing(p: Params, kaggle: Scores) -> list[str]:
    """What the paper prints as ??, and what a hand-in may need besides."""
    lacking = ["paper.title: a title of your own"] if p.title is None else []
    lacking += ["paper.team: names, and what each contributed"] if not p.team else []
    lacking += [f"paper.team: what {member.name} contributed (did)" for member in p.team if member.did is None]
    return lacking + ([] if kaggle else ["a Kaggle score: dalsegno kaggle-score MODEL SCORE"])


def _question(s: Sources) -> str:
    dataset = s.compare["dataset"]
    return (
        f"Which of {len(s.compare['models'])} models recognises {dataset['classes']} classes of {dataset['title']} best, and is the "
        "difference more than chance?"
    )


def _stamps(s: Sources) -> dict[str, str]:
    """What must stand with every result, in a word or two and in a sentence."""
    dataset, protocol = s.compare["dataset"], s.compare["protocol"]
    told = [
        (dataset["synthetic"], "synthetic data", "the audio was made by this project, and the scores say nothing about music."),
        (protocol["leaky"], "LEAKY split", "models were trained on parts, copies or the group of what is scored, so every score is too high."),
        (protocol["part"] != "test", "validation, not test", "the splits hold out no test clip, so scores are somewhat too high."),
    ]  # fmt: skip
    return {mark: f"{mark[0].upper()}{mark[1:]}: {words}" for holds, mark, words in told if holds}


def _methods(s: Sources, cite: Cited) -> Iterator[Block]:
    yield blocks.text(
        "Each model predicts the probability of every class for every clip that is held out; a stage of its own turns predictions into "
        f"scores. Networks are trained with PyTorch{cite('pytorch')}. What is not said of a model, it does not have."
    )
    for name in s.compare["models"]:
        plain = name.removesuffix(formatting.STAMP)
        topics = method.of_model(plain, s.params, cite)
        yield blocks.heading(name)
        if topics:
            yield blocks.table(f"How {name} was made.", ["", ""], topics, words=2)
        if name in s.layers and len(s.layers[name]) <= MOST_LAYERS and not plain.endswith(model_name.SCRATCH):
            rows = s.layers[name]
            cells = [
                [formatting.number(v) if isinstance(v, int | float) else str(v) for v in row]
                for row in rows.to_numpy().tolist()
            ]
            yield blocks.table(f"Layers of {name}.", [str(c) for c in rows.columns], cells, words=2)


def _reproduction(s: Sources) -> Iterator[Block]:
    yield blocks.text("The same data, parameters and versions give the same predictions on one machine's CPU.")
    yield blocks.code(
        "git clone <repository> && cd dalsegno\nmake run        # installs pinned packages and runs the pipeline"
    )
    rows = [(name, value) for name, value in s.identity.items()]
    rows += [(package, ", ".join(versions)) for package, versions in s.made_with.items()]
    yield blocks.table(
        "What identifies the run: short SHA-256 of its inputs, and versions of packages.", ["", ""], rows, words=2
    )
