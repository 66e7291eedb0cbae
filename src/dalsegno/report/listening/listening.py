"""reports/listening.json: everything that the section Listen of the page shows, ready to be put in."""

from dataclasses import asdict
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.pipeline.errors import quoted
from dalsegno.pipeline.params import section
from dalsegno.report.listening import feature_map, media
from dalsegno.report.listening.answers import Answers
from dalsegno.report.listening.choose import SURE, Chosen
from dalsegno.report.listening.heard import Heard
from dalsegno.report.listening.relatives import Family


@section
class Params:
    """`report:` in params.yaml."""

    audio: bool = True  # put excerpts of the scored clips into the report; false for data that may not be passed on
    explained: Annotated[int, Field(ge=0)] = 1  # clips per class to show what the best network hears in; 0: none


def content(
    a: Answers,
    chosen: Chosen,
    shown: dict[str, media.Media],
    family: Family,
    table: FeatureTable | None,
    heard: Heard | None,
) -> dict[str, Any]:
    """The content as JSON. shown: sound and pictures by place. table: the features of the scored clips, if there are any.

    heard: what the best network hears, if one was asked. Clips and classes are numbers, the places in `clips` and
    `classes`; probabilities are in thousandths.
    """
    drawn = feature_map.draw(table, _named(a)) if table is not None else None
    svg, narrow, share = drawn or (None, None, None)
    return {
        "classes": a.classes,
        "clips": a.clip_ids,
        "labels": a.labels.tolist(),
        "models": a.models,
        "best": a.best(),
        "own": a.own(),
        "chosen": chosen.of_model,
        "against": {str(clip): _agreed(a, clip) for clip in chosen.against},
        "relatives": {place: words for place in shown if (words := _relatives(a, family, int(place)))},
        "media": shown,
        "heard": heard and asdict(heard),
        "map": {"svg": svg, "narrow": narrow, "share": share},
    }


def _named(a: Answers) -> pd.Series:
    return pd.Series([a.classes[label] for label in a.labels], index=a.clip_ids)


def _agreed(a: Answers, clip: int) -> str:
    n, called = int(a.listens.sum()), a.classes[a.called[a.listens][0, clip]]
    return f"All {n} models call it {quoted(called)}, each with at least {SURE:.0%}: perhaps it is mislabelled"


def _relatives(a: Answers, family: Family, place: int) -> list[dict[str, Any]]:
    numbers = {name: i for i, name in enumerate(a.classes)}
    return [
        {"words": one.words, "labels": {str(numbers[c]): n for c, n in one.labels.items() if c in numbers}}
        for one in family.of(a.clip_ids[place])
    ]
