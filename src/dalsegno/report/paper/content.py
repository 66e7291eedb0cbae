"""Everything that the paper says, section by section, and what is still missing of it."""

from collections.abc import Iterator
from typing import Any

from dalsegno.pipeline.errors import capitalised, joined
from dalsegno.report import formatting
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.references import Cited
from dalsegno.report.paper.sections import (
    closing,
    discussion,
    files,
    ground,
    hearing,
    introduction,
    methods,
    models,
    results,
    search,
    training,
)
from dalsegno.report.search.found import Search
from dalsegno.report.tables.scores import Kaggle


def content(
    s: Sources, p: Params, kaggle: Kaggle, heard: dict[str, Any] | None, searched: list[Search],
    examples: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """The paper as the layout takes it.

    s: with models under their stamped names; heard: listening.json; searched: the searches to tell of, as `found.read` gives them.
    examples: examples.json, a clip of each class as drawn for the doctor's page.
    """
    cite, dataset, layers = Cited(), s.compare["dataset"], models.layers(s)
    called = {name.removesuffix(formatting.STAMP): name for name in s.compare["models"]}
    returned = formatting.of_called(kaggle, called)
    kinds = [
        ("Introduction", introduction.introduction(s, p)),
        ("Data", ground.data(s, examples, cite)),
        ("Splits and leaks", ground.splits(s, cite)),
        ("Methods", methods.methods(s, p, cite)),
        *([("Search for settings", search.searches(searched, s.params, cite))] if searched else []),
        ("Results", results.results(s, returned, cite)),
        ("Training and cost", training.training(s)),
        *([("What a network hears", hearing.hearing(heard, called, cite))] if heard and heard["heard"] else []),
        ("Discussion and conclusions", discussion.discussion(s, p)),
        ("Contributions", [_contributions(p)]),
        ("Reproduction", _reproduction(s)),
        ("Files", files.files()),
        *([("Layers one by one", layers)] if layers else []),
    ]
    sections = blocks.referred(blocks.section(title, body) for title, body in kinds)
    return {
        "title": p.title or f"{capitalised(dataset['title'])}: {introduction.compared(s)}",
        "team": [member.name for member in p.team],
        "stamps": list(_stamps(s).values()),
        "marks": list(_stamps(s)),
        "abstract": [f"{introduction.question(s)} {introduction.how(s)}", closing.answer(s), *_returned(s, returned)],
        "sections": sections,
        "references": cite.listed(),
    }


def _returned(s: Sources, kaggle: Kaggle) -> Iterator[str]:
    """The best score that came back from Kaggle, and when, beside the model's own."""
    back = {name: of for name, of in kaggle.items() if name in s.compare["models"]}
    if back:
        best = max(back, key=lambda name: back[name][0])
        accuracy, ends = formatting.with_ends(s.compare["models"][best], "accuracy")
        share, date = back[best]
        yield f"Kaggle's score for {best} was {formatting.share(share)} on {date}; here it has {accuracy}% ({ends})."


def _stamps(s: Sources) -> dict[str, str]:
    """What must stand with every result, in a word or two and in a sentence."""
    dataset, protocol = s.compare["dataset"], s.compare["protocol"]
    told = [
        (dataset["synthetic"], "synthetic data", "the audio was made by this project, and the scores say nothing about music."),
        (protocol["leaky"], "LEAKY split", "models were trained on parts, copies or the group of what is scored, so every score is too high."),
        (protocol["part"] != "test", "validation, not test", "the splits hold out no test clip, so scores are somewhat too high."),
    ]  # fmt: skip
    return {mark: f"{capitalised(mark)}: {words}" for holds, mark, words in told if holds}


def _contributions(p: Params) -> Block:
    told = [f"{member.name}: {member.did or formatting.UNMEASURED}" for member in p.team]
    return blocks.points(told) if told else blocks.text(formatting.UNMEASURED)


def _reproduction(s: Sources) -> Iterator[Block]:
    yield blocks.text("The same data, parameters and versions give the same predictions on one machine's CPU.")
    yield blocks.code(
        "unzip submission.zip -d dalsegno && cd dalsegno\nmake run        # installs pinned packages and runs the pipeline"
    )
    yield from _needed(s.params)
    rows = [(name, value) for name, value in s.identity.items()]
    rows += [(name, ", ".join(values)) for name, values in s.machine.items()]
    packages = [f"{package} {joined(versions)}" for package, versions in s.made_with.items()]
    rows += [("Packages", ", ".join(packages))] if packages else []
    yield blocks.table(
        "What identifies the run: short SHA-256 of its inputs, and the machine and the versions of packages that the models were trained with.",
        ["", ""],
        rows,
        words=2,
    )


def _needed(doc: dict[str, Any]) -> Iterator[Block]:
    """What else a run needs, and where it is looked for. Nothing, if the pipeline makes its data itself."""
    dataset, features = doc.get("dataset") or {}, doc.get("features") or {}
    if dataset.get("root") and not doc.get("corpus"):
        table = f", and features.table the features: {features['table']}" if features.get("source") == "csv" else ""
        yield blocks.text(f"The data are not in the archive. In params.yaml, dataset.root says where they lie: {dataset['root']}{table}.")  # fmt: skip
    entries = [entry for family in ("embeddings", "transfer") for entry in (doc.get(family) or {}).values()]
    named = (str(entry.get("weights")) for entry in entries)
    weights = dict.fromkeys(path for path in named if path.startswith("weights/"))
    if weights:
        yield blocks.text(f"Pretrained weights are fetched by `dalsegno weights fetch NAME`: {', '.join(weights)}.")
