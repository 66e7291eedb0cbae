"""What a reader of the scores has to keep in mind: the split, the training, the data, and what the weights of a model may know."""

from collections.abc import Iterator, Sequence
from typing import Any

from dalsegno.pipeline.errors import capitalised, joined
from dalsegno.report import formatting


def remarks(comparison: dict[str, Any], limits: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """(subject, what is to be said of it, one thing each); models with the same note are named together.

    comparison: compare.json under the names that models are called by; limits: those of clips.json.
    """
    models = comparison["models"]
    said = [
        ("The split", [f"{capitalised(caveat)}." for caveat in comparison["protocol"]["caveats"]]),
        ("Several devices", [formatting.mixture(models)]),
        ("Training", [formatting.unfinished(models)]),
        ("The data", list(limits)),
    ]
    yield from ((about, texts) for about, texts in said if any(texts))
    by_text: dict[str, list[str]] = {}
    for name, text in formatting.sentences(comparison, "notes"):
        by_text.setdefault(text, []).append(name)
    yield from ((joined(names), [text]) for text, names in by_text.items())
