"""The section on how models were made, and the reasons that were given for them."""

from collections.abc import Iterator
from typing import Any

from dalsegno.artefacts import model_name
from dalsegno.report import formatting
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures, method
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.references import Cited
from dalsegno.report.settings.phrases import listed
from dalsegno.report.tables import grids

MOST_LAYERS = 60  # of a network whose layers are listed
INPUTS = ("spectrograms", "pretrain", "packaged", "embeddings")  # what models are made from


def methods(s: Sources, p: Params, cite: Cited) -> Iterator[Block]:
    """What all models share, what they are made from, and each of them in a table."""
    yield blocks.text(
        "Each model predicts the probability of every class for every clip that is held out; a separate stage turns predictions into "
        f"scores. Networks are trained with PyTorch{cite('pytorch')}. Settings that are switched off are not listed."
    )
    features = method.features(s.params, cite)
    yield from [blocks.text(features)] if features else []
    reasons = [(key, why) for key, why in p.why.items() if key == "features" or key.split("/")[0] in INPUTS]
    if reasons:
        yield blocks.table("Why the models are made from these.", ["input", "reason"], reasons, words=2)
    yield from _pretraining(s)
    for name in s.compare["models"]:
        yield from _model(name, s, p, cite)


def _pretraining(s: Sources) -> Iterator[Block]:
    """The backbones that transfer starts from, and how well they learnt what they were trained for."""
    rows, doc = [], s.params
    for key, of in (doc.get("pretrain") or {}).items():
        data = of["dataset"]
        target = f", labelled by {str(data['target']).replace('_', ' ')}" if data.get("target") else ""
        trained = f"{data['name']} in {data['root']}{target}; {of['arch']} on the spectrograms {of['spectrogram']}"
        rows.append(
            (
                f"pretrain/{key}",
                f"{trained}; {listed(of.get('train') or {})}{_reached(s.compare['inputs'].get(f'pretrain/{key}') or {})}",
            )
        )
    rows += [
        (f"packaged/{key}", f"the published weights {of['checkpoint']}, as a Python package holds them")
        for key, of in (doc.get("packaged") or {}).items()
    ]
    if rows:
        yield blocks.table("Backbones, and what they were trained on.", ["backbone", "training"], rows, words=2)


def _reached(of: dict[str, Any]) -> str:
    """The validation accuracy of a backbone, if it was recorded."""
    if of.get("val_accuracy") is None:
        return ""
    return (
        f"; of the validation clips of its own {of['classes']} classes, it has {formatting.share(of['val_accuracy'])} right in its "
        f"best epoch, number {formatting.number(of['best_epoch'] + 1)}"
    )


def _model(name: str, s: Sources, p: Params, cite: Cited) -> Iterator[Block]:
    plain = name.removesuffix(formatting.STAMP)
    topics = method.of_model(plain, s.params, cite)
    topics += [("reason", p.why[plain])] if plain in p.why else []
    yield blocks.heading(name)
    if topics:
        yield blocks.table(f"How {name} was made.", ["", ""], topics, words=2)
    if name in s.grids:
        yield blocks.tabled(f"Settings to choose from for {name}. {grids.LEGEND}", s.grids[name])
    if plain.endswith(model_name.SCRATCH):  # the layers of its twin
        return
    yield blocks.figures(figures.layers(s, name))
    if name in s.layers and len(s.layers[name]) <= MOST_LAYERS:
        rows = s.layers[name]
        cells = [
            [formatting.number(v) if isinstance(v, int | float) else str(v) for v in row]
            for row in rows.to_numpy().tolist()
        ]
        cells.append(["all", "", "", formatting.number(int(rows["parameters"].sum()))])
        yield blocks.table(
            f"Layers of {name}, and the shape that each gives out.", [str(c) for c in rows.columns], cells, words=2
        )
