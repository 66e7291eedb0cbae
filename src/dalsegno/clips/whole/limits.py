"""What the clips cannot show, in sentences: to be read before any result."""

import math
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips.whole.evidence import CORRELATION, STRONG, Evidence
from dalsegno.pipeline.errors import counted, listed, quoted

FEW_GROUPS = 30  # below this an interval is wide, and hangs on the chance of who is in it
FEW_CLIPS = 10  # of a class
FOLDS = 3  # of the default
SEEN_S = 3.0  # what the networks of the default see of a clip at a time
ACCURACY, ENOUGH = 0.8, 0.05  # the half-width of an interval that is called enough, at this accuracy


def limits(clips: pd.DataFrame, root: str, evidence: Evidence) -> list[str]:
    """Whole sentences about the usable labelled rows of `clips` (clips_csv.COLUMNS); none where there is nothing to say."""
    used = clips_csv.usable(clips)
    used = used[used["label"] != ""]
    return [] if used.empty else [*_groups(used, root, evidence), *_classes(used, evidence), *_lengths(used)]


def _groups(used: pd.DataFrame, root: str, evidence: Evidence) -> Iterator[str]:
    n = int((used["group"] == "").sum())
    table = Path(root, "groups.csv")
    draft = (
        f"Fill in the column `group` of {table}."
        if table.is_file()
        else f"`dalsegno groups {shlex.quote(root)}` drafts a groups.csv from tags and folders for you to correct."
    )
    sides = "clips of one artist, song or instrument may be both trained on and tested on, which makes results too high"
    if n == len(used):
        yield f"No groups are known: {sides}. {draft}"
    elif n:
        yield f"No group is known for {n:,} of {counted(len(used), 'labelled clip')}: {sides}. {draft}"
    if n < len(used) and evidence.n_groups < FEW_GROUPS:
        half = f"±{100 * evidence.half_width(ACCURACY):.0f} points"
        yield (
            f"Only {counted(evidence.n_groups, 'group')} (a clip without one counts as one): even with each tested once, "
            f"the interval of an accuracy of {ACCURACY:.0%} is about {half}."
        )


def _classes(used: pd.DataFrame, evidence: Evidence) -> Iterator[str]:
    n_by_label = used["label"].value_counts().sort_index()
    rare = {label: n for label, n in n_by_label.items() if n < FEW_CLIPS}
    if rare:
        yield (
            f"Classes of fewer than {FEW_CLIPS} clips: {named(rare)}. A validation or test part may lack them, and no result of "
            "such a class alone says anything."
        )
    if lone := {label: n for label, n in evidence.n_groups_of.items() if n < FOLDS}:
        way_out = (
            "set `splits.folds` to 2"
            if min(lone.values()) == 2
            else "leave those of one group out (`dataset.leave_out`)"
        )
        yield (
            f"Classes of fewer than {FOLDS} groups: {named(lone)}. A group stays on one side of a split, so {FOLDS} folds, as in the "
            f"default, are refused: find clips of others, or {way_out}."
        )
    if evidence.half_width(ACCURACY) > ENOUGH:
        yield _enough(n_by_label, evidence)


def _enough(n_by_label: pd.Series, evidence: Evidence) -> str:
    """How many clips would do, and what is assumed in saying so."""
    n, more = (enough_per_class(n_by_label.size, evidence, correlation) for correlation in (CORRELATION, STRONG))
    if evidence.n_groups == evidence.n_clips:
        each, if_so = "each of an artist and a recording of its own", ""
    else:
        each = "in groups as large as now"
        if_so = f" That assumes that clips of one group are right or wrong together with a correlation of {CORRELATION}"
        if_so += f"; with {STRONG}, it takes about {more}." if more > n else "."
    goal = f"would bring the interval of an accuracy of {ACCURACY:.0%} to ±{100 * ENOUGH:.0f} points"
    return f"About {n} clips per class (the smallest has {n_by_label.min()}), {each}, {goal}.{if_so}"


def named(n_by_label: Mapping[str, int]) -> str:
    """The first eight classes, each with its number, and how many more there are; "" is that of unlabelled clips."""
    return listed((f"{quoted(label) if label else 'unlabelled'} ({n})" for label, n in n_by_label.items()), 8)


def enough_per_class(n_labels: int, evidence: Evidence, correlation: float) -> int:
    """The clips per class for an interval of ±ENOUGH at ACCURACY, each clip tested once: two figures, rounded up."""
    independent = ACCURACY * (1 - ACCURACY) * (1.96 / ENOUGH) ** 2
    per_class = independent * evidence.design_effect(correlation) / n_labels
    step = 10 ** max(0, math.floor(math.log10(max(per_class, 1))) - 1)
    return math.ceil(per_class / step) * step


def _lengths(used: pd.DataFrame) -> Iterator[str]:
    short = used["duration_s"].dropna()
    n = int((short < SEEN_S).sum())
    if n:
        fits = math.floor(10 * short.quantile(0.1, interpolation="lower")) / 10
        yield (
            f"Clips shorter than {SEEN_S:g} s: {n:,} of {counted(len(used), 'labelled clip')}. The default networks see "
            f"{SEEN_S:g} s of a clip at a time, and silence fills what is missing. The shortest lasts {short.min():.2f} s"
            + (
                f", and nine of ten last {fits:g} s or more: `view.crop_s: {fits:g}` suits them."
                if fits < SEEN_S
                else "."
            )
        )
