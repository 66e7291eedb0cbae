"""How each model was made: what several have in common is said once, and of each what is its own."""

from collections.abc import Iterator, Mapping

from dalsegno.artefacts import model_name
from dalsegno.report import architecture, formatting
from dalsegno.report.page.made import introduction
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures, method
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.references import Cited, Later, cited
from dalsegno.report.tables import grids

MOST_LAYERS = 60  # of a network whose layers are listed
Topics = dict[str, str]  # what was done, by what it is about


def models(s: Sources, p: Params, cite: Cited) -> Iterator[Block]:
    """What models have in common, then each by what is its own."""
    made = {name: dict(method.of_model(_plain(name), s.params, Later())) for name in s.compare["models"]}
    common = _common({name: topics for name, topics in made.items() if not _is_twin(name)})
    if common:
        rows = [(topic, cited(text, cite)) for topic, text in common.items()]
        yield blocks.heading("What models have in common")
        yield blocks.text(
            "What is a model's own stands under its name; the rest holds for every model that it applies to."
        )
        yield blocks.table("What models have in common.", ["", ""], rows, words=2)
    seen = False
    for name, topics in made.items():
        own = {topic: text for topic, text in topics.items() if topic not in common}
        yield blocks.heading(name)
        yield from _model(name, own, made, s, p, cite)
        if name in s.grids:
            legend = "As above." if seen else grids.LEGEND
            yield blocks.tabled(f"Settings to choose from for {name}. {legend}", s.grids[name])
            seen = True


def _common(made: Mapping[str, Topics]) -> Topics:
    """What all models say alike that say anything of a topic, if they are several."""
    by_topic: dict[str, list[str]] = {}
    for topics in made.values():
        for topic, text in topics.items():
            by_topic.setdefault(topic, []).append(text)
    return {topic: texts[0] for topic, texts in by_topic.items() if len(texts) > 1 and len(set(texts)) == 1}


def _model(name: str, own: Topics, made: Mapping[str, Topics], s: Sources, p: Params, cite: Cited) -> Iterator[Block]:
    """What it is, and the reason for it; then a table of what is its own, of a twin what differs from its model.

    A single thing of its own is what the sentence says already.
    """
    plain, called = _plain(name), {_plain(other): other for other in made}
    line = introduction.line(plain, s.params, called)
    words = f"{line} {p.why.get(plain, '')}".strip()
    yield from [blocks.text(words)] if words else []
    original, beside = called.get(plain.removesuffix(model_name.SCRATCH), ""), ""
    if _is_twin(name) and original in made:
        own = {topic: text for topic, text in own.items() if made[original].get(topic) != text}
        beside = f" where it differs from {original}"
    if len(own) > 1 or (own and not line):
        rows = [(topic, cited(text, cite)) for topic, text in own.items()]
        yield blocks.table(f"How {name} was made{beside}.", ["", ""], rows, words=2)


def layers(s: Sources) -> Iterator[Block]:
    """The layers of every network, but for twins, which have those of their models."""
    names = [name for name in s.compare["models"] if name in s.layers and not _is_twin(name)]
    if not names:
        return
    yield blocks.heading("Layers of the networks")
    yield blocks.text(
        "Layers stand in the order of the data, with the shape of what each gives out, for one clip or window. A network that was also "
        "trained from scratch had the same layers there."
    )
    yield blocks.figures([drawn for name in names for drawn in figures.layers(s, name)], architecture.CAPTION, 2)
    for name in names:
        if len(s.layers[name]) <= MOST_LAYERS:
            yield _layers(name, s)


def _layers(name: str, s: Sources) -> Block:
    rows = s.layers[name]
    cells = [
        [formatting.number(v) if isinstance(v, int | float) else str(v) for v in row]
        for row in rows.to_numpy().tolist()
    ]
    cells.append(["all", "", "", formatting.number(int(rows["parameters"].sum()))])
    return blocks.table(f"Layers of {name}.", [str(c) for c in rows.columns], cells, words=2)


def _plain(name: str) -> str:
    return name.removesuffix(formatting.STAMP)


def _is_twin(name: str) -> bool:
    return _plain(name).endswith(model_name.SCRATCH)
