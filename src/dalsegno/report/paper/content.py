"""Everything that the paper says, section by section, and what is still missing of it."""

from collections.abc import Iterator
from typing import Any

from dalsegno.report import formatting, verdict
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.references import Cited
from dalsegno.report.paper.sections import discussion, ground, hearing, methods, results, search, training
from dalsegno.report.paper.sections.results import Scores

FILES = {
    "params.yaml": "all parameters of the run",
    "dvc.yaml, dvc.lock": "the graph of stages, and what each of them read and wrote",
    "stages/": "a script per stage, which reads its inputs, calls the code in src/dalsegno/ and writes its outputs",
    "src/dalsegno/": "the code, a folder for each step from audio to report; docs/design.md is the map",
    "metrics/": "every number of this paper, as JSON and CSV",
    "recipes/": "complete parameter files for published systems and data sets",
    "tests/": "the tests of all of this, in the same folders as the code",
    "README.md": "how to run it, and where the path to the data goes",
    "MANIFEST.md": "in the archive: one sentence on each file",
}


def content(
    s: Sources, p: Params, kaggle: Scores, heard: dict[str, Any] | None, searched: search.Search | None
) -> dict[str, Any]:
    """The paper as the layout takes it.

    s: with models under their stamped names; heard: listening.json; searched: search.json and trials.csv, if there was a search.
    """
    cite, dataset = Cited(), s.compare["dataset"]
    called = formatting.names(s.compare)
    kinds = [
        ("Introduction", blocks.paragraphs(p.introduction or formatting.UNMEASURED)),
        ("Data", ground.data(s, cite)),
        ("Splits and leaks", ground.splits(s, cite)),
        ("Methods", methods.methods(s, p, cite)),
        *([("Search for settings", search.search(*searched))] if searched else []),
        ("Results", results.results(s, {called.get(name, name): score for name, score in kaggle.items()}, cite)),
        ("Training and cost", training.training(s)),
        *([("What a network hears", hearing.hearing(heard, called, cite))] if heard and heard["heard"] else []),
        ("Discussion and conclusions", discussion.discussion(s, p)),
        ("Contributions", [_contributions(p)]),
        ("Reproduction", _reproduction(s)),
        ("Files", [blocks.table("What the archive holds.", ["file", "what it is"], list(FILES.items()), words=2)]),
    ]
    sections = [blocks.section(title, body) for title, body in kinds]
    return {
        "title": p.title or _title(dataset["title"], len(s.compare["models"])),
        "team": [member.name for member in p.team],
        "stamps": list(_stamps(s).values()),
        "marks": list(_stamps(s)),
        "abstract": _abstract(s),
        "sections": sections,
        "references": cite.listed(),
    }


def _title(data: str, n_models: int) -> str:
    return f"{data[:1].upper()}{data[1:]}: {n_models} models compared"


def _abstract(s: Sources) -> list[str]:
    found = verdict.verdict(s.compare, s.tables["pairs"].to_dict("records"))
    gains = [discussion.gain(name, s) for name in s.compare["gains"]]
    return [f"{_question(s)} {_how(s)}", " ".join([*found, *gains])]


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


def _how(s: Sources) -> str:
    interval = s.compare["interval"]
    return (
        f"They are trained and scored on the same clips, under {ground.protocol(s.compare['protocol'])}, and compared in pairs with "
        f"{interval['confidence']:.0%} intervals over {formatting.units(interval, 'independent ')}."
    )


def _contributions(p: Params) -> Block:
    told = [f"{member.name}: {member.did or formatting.UNMEASURED}" for member in p.team]
    return blocks.points(told) if told else blocks.text(formatting.UNMEASURED)


def _reproduction(s: Sources) -> Iterator[Block]:
    yield blocks.text("The same data, parameters and versions give the same predictions on one machine's CPU.")
    yield blocks.code(
        "unzip submission.zip -d dalsegno && cd dalsegno\nmake run        # installs pinned packages and runs the pipeline"
    )
    rows = [(name, value) for name, value in s.identity.items()]
    rows += [(package, ", ".join(versions)) for package, versions in s.made_with.items()]
    yield blocks.table(
        "What identifies the run: short SHA-256 of its inputs, and versions of packages.", ["", ""], rows, words=2
    )
