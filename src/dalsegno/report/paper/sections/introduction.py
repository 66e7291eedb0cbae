"""The section that says what is asked, and what is compared to answer it."""

from collections.abc import Iterator

from dalsegno.report import conclusions, formatting, verdict
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.sections import ground

FAMILIES = {
    "classical": "estimators on features",
    "mlp": "fully connected networks on features",
    "cnn": "convolutional networks on spectrograms, from scratch",
    "transfer": "networks that were pretrained on other data",
    "ensembles": "means of several models",
    "external": "predictions made elsewhere",
}


MOST_NAMED = 12  # classes


def introduction(s: Sources, p: Params) -> Iterator[Block]:
    """The words of whoever made the run, if there are any; then what is compared, and why a score alone is no answer."""
    yield from blocks.paragraphs(p.introduction or _subject(s))
    families: dict[str, list[str]] = {}
    for name in s.compare["models"]:
        families.setdefault(conclusions.family(name), []).append(name)
    yield blocks.text("The models compared are of these kinds:")
    yield blocks.points(f"{FAMILIES.get(of, of)}: {', '.join(names)}" for of, names in families.items())
    yield blocks.text(
        "Two things can make a model look better than it is: clips of one recording or artist on both sides of the split, and "
        "the chance of a small test. So anything on both sides of the split is searched for and reported, and scores and differences have intervals."
    )


def _subject(s: Sources) -> str:
    """What is to be recognised, and why models have to be compared."""
    dataset, labels = s.compare["dataset"], list(s.clips.get("labels", {}))
    named = f": {verdict.listed(labels)}" if 1 < len(labels) <= MOST_NAMED else ""
    return (
        f"The classes to recognise are the {dataset['classes']} of {dataset['title']}{named}. No kind of model is the best on all data, so "
        "several are compared on these."
    )


def question(s: Sources) -> str:
    """What the paper answers."""
    dataset = s.compare["dataset"]
    return (
        f"Which of {len(s.compare['models'])} models recognises {dataset['classes']} classes of {dataset['title']} best, and is the "
        "difference more than chance?"
    )


def how(s: Sources) -> str:
    """How it is answered, in a sentence."""
    interval = s.compare["interval"]
    return (
        f"They are trained and scored on the same clips, under {ground.protocol(s.compare['protocol'])}, and compared in pairs with "
        f"{formatting.share(interval['confidence'], None)} intervals over {interval['units']:,} independent {interval['unit']}s."
    )
