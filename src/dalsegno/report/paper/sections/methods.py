"""The section on how models were made, and the reasons that were given for them."""

from collections.abc import Iterator
from typing import Any

from dalsegno.pipeline.errors import capitalised
from dalsegno.report import formatting
from dalsegno.report.page.made.introduction import KINDS
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, method
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.references import Cited
from dalsegno.report.paper.sections import models
from dalsegno.report.settings.phrases import listed
from dalsegno.transfer import published


def methods(s: Sources, p: Params, cite: Cited) -> Iterator[Block]:
    """What all models share, what they are made from, and what is each one's own."""
    yield blocks.text(
        "Each model predicts the probability of every class for every clip that is held out; a separate stage turns predictions into "
        f"scores. Networks are trained with PyTorch{cite('pytorch')}. Settings that are switched off are not listed."
    )
    features = method.features(s.params, cite)
    yield from [blocks.text(features)] if features else []
    rows = [(name, _with_reason(of, p.why.get(name))) for name, of in _inputs(s.params, p)]
    if rows:
        yield blocks.table("What models are given, and why.", ["input", "what it is"], rows, words=2)
    rows = [(name, _with_reason(of, p.why.get(name))) for name, of in _backbones(s)]
    if rows:
        yield blocks.table("Backbones, and what they were trained on.", ["backbone", "training"], rows, words=2)
    yield from models.models(s, p, cite)
    yield from models.drawings(s)


def _with_reason(what: str, why: str | None) -> str:
    return f"{f'{what}.' if what else ''} {why or ''}".strip()


def _inputs(doc: dict[str, Any], p: Params) -> Iterator[tuple[str, str]]:
    """What models are given, and what it is; of features and embeddings, only where there is a reason for them."""
    yield from [("features", "")] if "features" in p.why else []
    for key, of in (doc.get("spectrograms") or {}).items():
        kind, options = str(of.get("kind", key)), listed(of.get("options") or {})
        words = capitalised(KINDS.get(kind, f"spectrograms ({kind})"))
        yield f"spectrograms/{key}", f"{words}{': ' * bool(options)}{options}"
    yield from ((name, "") for name in p.why if name.startswith("embeddings/"))


def _backbones(s: Sources) -> Iterator[tuple[str, str]]:
    """The networks that transfer starts from, and how well they learnt what they were trained for."""
    for key, of in (s.params.get("pretrain") or {}).items():
        data = of["dataset"]
        target = f", labelled by {str(data['target']).replace('_', ' ')}" if data.get("target") else ""
        trained = f"{data['name']} in {data['root']}{target}; {of['arch']} on the spectrograms {of['spectrogram']}"
        reached = _reached(s.compare["inputs"].get(f"pretrain/{key}") or {})
        yield f"pretrain/{key}", f"{trained}; {listed(of.get('train') or {})}{reached}"
    for key, of in (s.params.get("packaged") or {}).items():
        weights = published.described(of["checkpoint"])
        yield f"packaged/{key}", f"the published weights {weights}, as a Python package holds them"


def _reached(of: dict[str, Any]) -> str:
    """The validation accuracy of a backbone, if it was recorded."""
    if of.get("val_accuracy") is None:
        return ""
    return (
        f"; of the validation clips of its own {of['classes']} classes, it has {formatting.share(of['val_accuracy'])} right in its "
        f"best epoch, number {formatting.number(of['best_epoch'] + 1)}"
    )
