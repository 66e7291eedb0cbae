"""The sections on what was there before any model: the data, their faults, and the splits."""

from collections.abc import Iterator, Mapping
from typing import Any

from dalsegno.pipeline.duration import duration
from dalsegno.pipeline.errors import capitalised
from dalsegno.report import formatting
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.references import Cited
from dalsegno.report.tables import splits as of_splits

PROTOCOLS = {
    "holdout": "a single split into training, validation and test clips",
    "official": "the split that the data set states",
    "fault_filtered": "the fault-filtered split",
    "artist_folds": "the published artist folds",
    "file": "a split read from a file",
    "shuffled_segments": "a split of shuffled segments",
}
MONO = " Sound is mixed down to one channel, and resampled to the rate that features and spectrograms are said to have."
SOUNDS = (
    "A clip of each class, the one of middle length: its waveform, scaled to its loudest sample, and its spectrogram, in decibels "
    "below its loudest point. Time is in seconds and frequency in hertz, in equal steps of pitch."
)
PICTURES = "A clip of each class, as the data set has it: a picture of its spectrogram, time to the right, low frequencies at the bottom."
FAULTS = {
    "group_spans_labels": "groups with clips of several classes",
    "channels_cancel": "channels that cancel one another",
    "other_format": "kinds of files that cannot be read",
}
"""What a remark is called, where its key does not say it."""
NO_FAULTS = frozenset(
    {"published_artists", "passed_over"}
)  # remarks on what is no clip, or on where something comes from
MOST_CLASSES = 40  # whose numbers are listed one by one


def data(s: Sources, examples: list[dict[str, Any]], cite: Cited) -> Iterator[Block]:
    """What was found, used and left out, and what it looks like."""
    number, clips = formatting.number, s.clips
    layout = (s.params.get("dataset") or {}).get("name", "")
    split = "gtzan" if s.compare["protocol"]["name"] in ("fault_filtered", "artist_folds") else layout
    published = {"gtzan": ("gtzan", "faults"), "nsynth": ("nsynth",)}.get(split, ())
    yield blocks.text(
        f"Of {number(clips.get('files'))} files, {number(clips.get('used'))} clips are used{cite(*published)}"
        f"{_unlabelled(clips)}{_lasting(clips)}. "
        f"Every file was decoded once.{MONO if any('wave' in clip for clip in examples) else ''} Files that are broken, silent, shorter than the minimum, or exact copies of another "
        f"are left out; {_near_copies(s)}."
    )
    copies, kept = clips.get("copies", {}), f"kept{', on one side of a split' * _apart(s, 'near_copy')}"
    rows = [(kind.replace("_", " "), "left out", number(n)) for kind, n in clips.get("excluded", {}).items()]
    remarks = {kind: n for kind, n in clips.get("remarks", {}).items() if kind not in NO_FAULTS}
    rows += [
        (FAULTS.get(k, k.replace("_", " ")), "not read" if k == "other_format" else "kept", number(n))
        for k, n in remarks.items()
    ]
    rows += [("pairs of near copies", kept, number(copies.get("near")))] if _searched(s) else []
    rows += [("pairs of copies under two labels", f"{kept}; one of the two labels is wrong", number(copies.get("across")))]  # fmt: skip
    yield blocks.table("Faults found in the files.", ["fault", "what was done", "number"], rows, words=2)
    labels = clips.get("labels", {})
    if len(labels) <= MOST_CLASSES:
        total = sum(labels.values()) or 1
        shares = [(name, number(n), formatting.percent(n / total)) for name, n in labels.items()]
        yield blocks.table("Labelled clips of each class.", ["class", "clips", "share, %"], shares)
    else:
        few, many = min(labels.values()), max(labels.values())
        yield blocks.text(f"There are {len(labels)} classes of {few:,} to {many:,} clips.")
    heard = any("wave" in clip for clip in examples)
    yield blocks.figures(figures.examples(examples), SOUNDS if heard else PICTURES, 3)


def _searched(s: Sources) -> bool:
    """Whether near copies were searched for."""
    return (s.params.get("dataset") or {}).get("near_copies", True)


def _apart(s: Sources, kind: str) -> bool:
    """Whether no two clips that are linked in this way (`leaks` of splits.json) are on two sides of the split."""
    return not s.splits["leaks"].get(kind)


def _near_copies(s: Sources) -> str:
    """What became of near copies, in a clause."""
    if not _searched(s):
        return "near copies were not searched for"
    where = "on one side of the split" if _apart(s, "near_copy") else "in the data, on either side of the split"
    return (
        "near copies (another gain, format, bit rate or sample rate, or shifted in time) were searched for, and those found are kept "
        f"{where}"
    )


def splits(s: Sources, cite: Cited) -> Iterator[Block]:
    """Who was trained on and who was scored, what leaks, and what the split alone does to a score."""
    used = s.compare["protocol"]
    cited = cite(*(["fault_filtered"] * (used["name"] in ("fault_filtered", "artist_folds"))))
    by_group = s.compare["interval"]["unit"] == "group" and _apart(s, "group")
    grouped = _grouped(s.clips.get("groups") or {}) if by_group else ""
    yield blocks.text(
        f"Models are trained and scored under {protocol(used)}{cited}.{grouped} {_leaks(s.splits)} Preprocessing is learnt from the training part of "
        f"each fold alone. The validation part decides when training stops and which settings are kept; {_looked_at(used)}."
    )
    yield from [blocks.text(f"{'. '.join(map(capitalised, used['caveats']))}.")] if used["caveats"] else []
    yield blocks.tabled("Labelled clips in each part of each fold.", of_splits.parts(s.splits))
    protocols = s.protocols.get("protocols") or {}
    if protocols:
        yield blocks.text(
            f"How much the split alone matters is shown by one cheap model ({s.protocols['model']}) on the same "
            f"{s.protocols['segments']} segments of each clip under every protocol that these data allow. Rows marked LEAKY are too high."
        )
        yield blocks.tabled(
            f"One model under each protocol. {of_splits.legend(s.protocols)}", of_splits.protocols(s.protocols)
        )


def _grouped(groups: Mapping[str, Any]) -> str:
    """What groups keep together, where they come from, and which clips may have a relative that nobody knows of."""
    source, n = groups.get("source_in_words"), groups.get("clips_without") or 0
    known = f" Groups are {source}." if source else ""
    clips = "labelled clip, which counts" if n == 1 else "labelled clips, each of which counts"
    lone = f" No group is known for {n:,} {clips} as a group of its own, so related clips may lie on both sides unseen."
    return f" Clips of one group (an artist, a song, an instrument) stay in one part.{known}{lone if n else ''}"


def protocol(of: Mapping[str, Any]) -> str:
    """The protocol in words. of: `protocol` of compare.json."""
    if of["name"] == "kfold":
        repeats = f", repeated {of['repeats']} times" if of["repeats"] > 1 else ""
        return f"{of['folds']}-fold cross-validation{repeats}"
    return PROTOCOLS.get(of["name"], str(of["name"]).replace("_", " "))


def _unlabelled(clips: Mapping[str, Any]) -> str:
    """How many clips have no label; empty where all have one."""
    n = clips.get("unlabelled")
    return "" if n == 0 else f", {formatting.number(n)} of them without a label"


def _lasting(clips: Mapping[str, Any]) -> str:
    hours = clips.get("hours")
    if not hours:
        return ""
    return f"; together they last {duration(3600 * hours)}"


def _looked_at(protocol: Mapping[str, Any]) -> str:
    if protocol["part"] == "test":
        return "no test clip was used for that"
    return "as there is no test part, it is also what is scored here"


def _leaks(splits: Mapping[str, Any]) -> str:
    found = of_splits.leaks(splits["leaks"])
    if found == "nothing":
        return "No clip, group or known copy is on two sides of a split."
    reason = f" This was allowed because: {splits['allow_leaks']}." if splits.get("allow_leaks") else ""
    return f"Parts of a fold share {found}.{reason}"
