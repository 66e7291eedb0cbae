"""How each model was made: what several have in common is said once, and of each what is its own."""

from collections.abc import Iterator, Mapping

from dalsegno.artefacts import model_name
from dalsegno.pipeline.errors import joined
from dalsegno.report import architecture, formatting
from dalsegno.report.page.made import introduction
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures, method
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.references import Cited, Later, cited
from dalsegno.report.tables import grids
from dalsegno.report.tables import layers as of_layers

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
            "What only one model has is under its name; the rest holds for every model that it applies to."
        )
        yield blocks.table("What models have in common.", ["", ""], rows, words=2)
    seen, whole = False, {}  # models whose own topics are all listed
    for name, topics in made.items():
        own = {topic: text for topic, text in topics.items() if topic not in common}
        like = _original(name, made) or _likest(name, own, whole)
        if not like:
            whole[name] = own
        yield blocks.heading(name)
        yield from _model(name, own, made, like, s, p, cite)
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


def _original(name: str, made: Mapping[str, Topics]) -> str:
    """The model that a twin has the settings of; empty for any other."""
    return next(
        (other for other in made if _is_twin(name) and f"{_plain(other)}{model_name.SCRATCH}" == _plain(name)), ""
    )


def _likest(name: str, own: Topics, whole: Mapping[str, Topics]) -> str:
    """The model of the same family from which this one differs least, if that is in less than half of its topics; else empty."""
    family = name.split("/")[0]
    others = {n: t for n, t in whole.items() if n.split("/")[0] == family and t.keys() == own.keys()}
    differ = {n: sum(text != own[topic] for topic, text in t.items()) for n, t in others.items()}
    best = min(differ, key=lambda n: differ[n], default="")
    return best if best and 2 * differ[best] < len(own) else ""


def _model(
    name: str, own: Topics, made: Mapping[str, Topics], like: str, s: Sources, p: Params, cite: Cited
) -> Iterator[Block]:
    """What it is, and the reason for it; then a table of what is its own, or of what differs from the model that it is `like`.

    A single thing of its own is what the sentence says already.
    """
    plain, called = _plain(name), {_plain(other): other for other in made}
    line = introduction.line(plain, s.params, called)
    own = {topic: text for topic, text in own.items() if not like or made[like].get(topic) != text}
    words = " ".join(filter(None, (line, p.why.get(plain, ""), _but_for(like, own, cite) if len(own) < 2 else "")))
    yield from [blocks.text(words)] if words else []
    if len(own) > 1 or (own and not line):
        rows = [(topic, cited(text, cite)) for topic, text in own.items()]
        beside = f" where it differs from {like}" * bool(like)
        yield blocks.table(f"How {name} was made{beside}.", ["", ""], rows, words=2)


def _but_for(like: str, differ: Topics, cite: Cited) -> str:
    """A sentence on a model that is made as another is, but for one thing at most; empty for what is not like another."""
    but = "".join(f", but for its {topic}: {cited(text, cite)}" for topic, text in differ.items())
    return f"It was made as {like} was{but}." if like else ""


def _alike(s: Sources) -> list[list[str]]:
    """The networks whose layers are known, those of the same layers together; but for twins, which have those of their models."""
    alike: dict[str, list[str]] = {}
    for name in s.compare["models"]:
        if name in s.layers and not _is_twin(name):
            alike.setdefault(s.layers[name].to_json(), []).append(name)
    return list(alike.values())


def drawings(s: Sources) -> Iterator[Block]:
    """The layers of every network as a drawing, once for those that have the same."""
    alike = _alike(s)
    if not alike:
        return
    yield blocks.heading("Layers of the networks")
    listed = " The last section lists them one by one." * bool(_short(s))
    yield blocks.text(f"A network that was also trained from scratch had the same layers there.{listed}")
    drawn = [picture for names in alike for picture in figures.layers(s, names)]
    small = [picture for picture in drawn if picture["width_pt"] <= figures.HALF_OF_PAPER]
    yield blocks.figures(small, architecture.CAPTION, 2)
    large = [picture for picture in drawn if picture not in small]
    yield blocks.figures(large, "Larger networks, drawn in the same way." if small else architecture.CAPTION)


def _short(s: Sources) -> list[list[str]]:
    """Of `_alike`, those of which a table shows something."""
    return [names for names in _alike(s) if len(s.layers[names[0]]) <= MOST_LAYERS]


def layers(s: Sources) -> list[Block]:
    """The layers of every network one by one, pages of them, which would part the results from how they came about."""
    tables = [blocks.tabled(f"Layers of {joined(names)}.", of_layers.table(s.layers[names[0]])) for names in _short(s)]
    order = "Layers are in the order of the data, with the shape of each layer's output for one clip or window."
    return [blocks.text(order), *tables] if tables else []


def _plain(name: str) -> str:
    return name.removesuffix(formatting.STAMP)


def _is_twin(name: str) -> bool:
    return model_name.is_twin(_plain(name))
