"""The synthetic data sets of the default: pieces in several styles for the task, single notes to learn from before it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import soundfile
from jaxtyping import Float
from pydantic import Field

from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline import files, runtime
from dalsegno.pipeline.params import one_of, section
from dalsegno.synth import bands, notes, songs
from dalsegno.synth.styles import STYLES

RATE_HZ = 22_050


@section
class Styles:
    """An entry under `corpus:` with `make: styles`: clips in several styles, to classify."""

    make: Literal["styles"]
    seed: Annotated[int, Field(ge=0)] = 1
    styles: Annotated[int, Field(ge=2, le=len(STYLES))] = 8  # number of musical styles: the first of synth/styles.py
    artists: Annotated[int, Field(ge=1, le=10_000)] = 10  # per style; each artist is a group
    clips_per_artist: Annotated[int, Field(ge=1, le=10_000)] = 3
    duration_s: Annotated[float, Field(ge=0.1, le=600)] = 5.0  # of a clip
    unlabelled: Annotated[int, Field(ge=0, le=100_000)] = 16  # number of clips without a label


@section
class Notes:
    """An entry under `corpus:` with `make: notes`: single notes, to learn from before the task."""

    make: Literal["notes"]
    seed: Annotated[int, Field(ge=0)] = 1
    # per NSynth family; one or more each to train, validate and test
    instruments: Annotated[int, Field(ge=3, le=10_000)] = 6
    notes: Annotated[int, Field(ge=1, le=10_000)] = 8  # per instrument
    note_s: Annotated[float, Field(ge=0.1, le=60)] = 1.2  # length of a note; NSynth's are 4 s


Params: Any = Annotated[Any, one_of("make", {"styles": Styles, "notes": Notes})]
"""An entry under `corpus:` in params.yaml: `Styles` or `Notes`, as its `make` says."""


@dataclass(frozen=True)
class Take:
    """One clip to be played."""

    path: str  # relative to the data set's folder
    group: str
    style: str
    seeds: tuple[int, ...]  # of the band; the clip's number follows
    number: int


def write(folder: str | Path, p: Styles | Notes, r: runtime.Runtime) -> None:
    """Write the data set that `p` asks for to `folder`."""
    if isinstance(p, Styles):
        write_styles(folder, p, r)
    else:
        write_notes(folder, p, r)


def write_styles(folder: str | Path, p: Styles, r: runtime.Runtime) -> None:
    """Write `<style>/<clip>.wav` (22,050 Hz, mono, 16 bit), unlabelled/, groups.csv (path,group), about.json and faults."""
    takes = list(_takes(p))
    with files.atomic(folder) as draft:
        for take in takes:
            (draft / take.path).parent.mkdir(parents=True, exist_ok=True)
        for _ in runtime.map(partial(_write_take, draft, p), takes, len(takes), r, "styles"):
            pass
        faulty = _write_faults(draft, takes, p)
        rows = sorted([(t.path, t.group) for t in takes] + faulty)
        pd.DataFrame(rows, columns=["path", "group"]).to_csv(draft / "groups.csv", index=False, lineterminator="\n")
        json_file.write(draft / "about.json", {"title": "synthetic styles", "synthetic": True})


def write_notes(folder: str | Path, p: Notes, r: runtime.Runtime) -> None:
    """Write NSynth's folders: nsynth-<part>/examples.json and nsynth-<part>/audio/<note_str>.wav (16 kHz, mono, 16 bit)."""
    score = list(notes.score(p.instruments, p.notes, p.seed))
    with files.atomic(folder) as draft:
        for part in notes.PARTS:
            (draft / f"nsynth-{part}" / "audio").mkdir(parents=True)
            entries = {n.fields["note_str"]: n.fields for n in score if n.part == part}
            json_file.write(draft / f"nsynth-{part}" / "examples.json", entries)
        for _ in runtime.map(partial(_write_note, draft, p), score, len(score), r, "notes", unit="note"):
            pass
        json_file.write(draft / "about.json", {"title": "synthetic notes", "synthetic": True})


def _takes(p: Styles) -> Iterator[Take]:
    """Every clip but the faulty ones. No band of an unlabelled clip plays in a labelled one."""
    names = list(STYLES)[: p.styles]
    for s, style in enumerate(names):
        for a in range(p.artists):
            group = f"{style}_{a:02d}"
            for c in range(p.clips_per_artist):
                yield Take(f"{style}/{group}_{c:02d}.wav", group, style, (p.seed, 0, s, a), c)
    for u in range(p.unlabelled):
        yield Take(f"unlabelled/demo_{u:03d}.wav", f"demo_{u:03d}", names[u % len(names)], (p.seed, 1, u), 0)


def sound_of(take: Take, p: Styles) -> Float[np.ndarray, " n_samples"]:
    """The sound of a clip at RATE_HZ, within ±1; it depends on the seeds alone, not on other clips."""
    band = bands.form(take.style, list(STYLES)[: p.styles], np.random.default_rng(take.seeds))
    return songs.play(band, p.duration_s, RATE_HZ, np.random.default_rng((*take.seeds, 1 + take.number)))


def _write_take(root: Path, p: Styles, take: Take) -> None:
    """Play a clip and write it to its path below `root`."""
    _write_wav(root / take.path, sound_of(take, p), RATE_HZ)


def _write_note(root: Path, p: Notes, n: notes.Note) -> None:
    """Play a note and write it to where NSynth has it below `root`."""
    path = root / f"nsynth-{n.part}" / "audio" / f"{n.fields['note_str']}.wav"
    _write_wav(path, notes.play(n, p.note_s, p.seed), notes.RATE_HZ)


def _write_wav(path: Path, x: Float[np.ndarray, " n_samples"], rate_hz: int) -> None:
    """Write samples within ±1 as 16-bit mono. Raises OSError, which soundfile would make a "System error" of."""
    file = io.BytesIO()
    soundfile.write(file, x, rate_hz, subtype="PCM_16", format="WAV")
    path.write_bytes(file.getvalue())


def _write_faults(root: Path, takes: list[Take], p: Styles) -> list[tuple[str, str]]:
    """Write the four faults that real collections have; the (path, group) of those files that pass for clips.

    They are an exact copy, a file cut off within its header, silence, and a stray file of macOS.
    """
    one, other = takes[0], takes[p.artists * p.clips_per_artist]
    faults = ((one, "copy"), (other, "broken"), (one, "silent"))
    copy, broken, silent = (f"{take.style}/{take.group}_{name}.wav" for take, name in faults)
    whole = (root / one.path).read_bytes()
    (root / copy).write_bytes(whole)
    (root / broken).write_bytes(whole[:20])  # a download that stopped within the header
    _write_wav(root / silent, np.zeros(max(round(p.duration_s * RATE_HZ), 1)), RATE_HZ)
    stray = root / other.style / f"._{Path(other.path).name}"
    stray.write_bytes(bytes.fromhex("0005160700020000") + b"Mac OS X        ")  # what macOS leaves on foreign disks
    return [(copy, one.group), (broken, other.group), (silent, one.group)]
