"""The section that says what is asked, and what is compared to answer it."""

from collections.abc import Iterator

from dalsegno.pipeline.errors import counted, joined, quoted
from dalsegno.report import conclusions, formatting
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.sections import ground

FAMILIES = {
    "classical": "estimators on features",
    "mlp": "fully connected networks on features",
    "cnn": "convolutional networks on {}, from scratch",
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
    n_models = len(s.compare["models"])
    yield blocks.text("The models compared are of these kinds:" if n_models > 1 else "There is one model:")
    yield blocks.points(
        f"{FAMILIES.get(of, of).format(_inputs(s))}: {', '.join(names)}" for of, names in families.items()
    )
    yield blocks.text(
        "Two things can make a model look better than it is: clips of one recording or artist on both sides of the split, and "
        "the chance of a small test. So anything on both sides of the split is searched for and reported, and scores and differences have intervals."
    )


def _inputs(s: Sources) -> str:
    """What the networks of the family `cnn` are given."""
    inputs = s.params.get("spectrograms") or {}
    used = [inputs.get(entry.get("spectrogram")) or {} for entry in (s.params.get("cnn") or {}).values()]
    waves = {entry.get("kind") == "waveform" for entry in used} or {False}
    return joined("waveforms" if wave else "spectrograms" for wave in sorted(waves))


def _subject(s: Sources) -> str:
    """What is to be recognised, and why models have to be compared."""
    dataset, labels = s.compare["dataset"], list(s.clips.get("labels", {}))
    named = f": {joined(map(quoted, labels))}" if 1 < len(labels) <= MOST_NAMED else ""
    several = " No kind of model is the best on all data, so several are compared on these."
    subject = f"The task is to recognise {counted(dataset['classes'], 'class')} of {dataset['title']}{named}."
    return subject + several * (len(s.compare["models"]) > 1)


def compared(s: Sources) -> str:
    """What the title says is compared."""
    n = len(s.compare["models"])
    return f"{n} models compared" if n > 1 else f"what {next(iter(s.compare['models']))} recognises"


def question(s: Sources) -> str:
    """What the paper answers."""
    dataset, models = s.compare["dataset"], list(s.compare["models"])
    what = f"{counted(dataset['classes'], 'class')} of {dataset['title']}"
    if len(models) == 1:
        return f"How well does {models[0]} recognise {what}?"
    return f"Which of {len(models)} models recognises {what} best, and is the difference more than chance?"


def how(s: Sources) -> str:
    """How it is answered, in a sentence."""
    interval, single = s.compare["interval"], len(s.compare["models"]) == 1
    scored = "It is trained and scored" if single else "They are trained and scored on the same clips"
    return (
        f"{scored}, under {ground.protocol(s.compare['protocol'])}, {'' if single else 'and compared in pairs '}with "
        f"{formatting.share(interval['confidence'], None)} intervals over {formatting.units(interval, 'independent ')}."
    )
