"""Which clips of another collection a model knows from its training, and which are near copies of one another there.

A model lists the hashes of the clips that it was trained and validated on, which tell exact copies. Near copies of them (another
gain, bit rate or start) can be searched for only where those clips are at hand, in the repository of the run; the search is the
doctor's.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import inspect_audio, inspect_picture
from dalsegno.clips.copies import search
from dalsegno.clips.whole import units
from dalsegno.inference.model import Model
from dalsegno.pipeline import params, runtime
from dalsegno.pipeline.errors import counted
from dalsegno.sound import excerpt

CLIPS, COLUMNS = Path("data/clips.csv"), ["clip_id", "sha256"]


@dataclass(frozen=True)
class Known:
    """copies: path, kind (exact, near) and clip (the clip_id of what the model was trained on). unsaid: what could not be looked for.

    near: path_a, path_b of near copies among the files themselves. recordings: of each file a number that it shares with all its copies,
    also with those that only a copy of both links to it, one of the training among them; of a file that cannot be read its own.
    content: of each file the SHA-256 of what it holds, its samples or its picture, in whatever container; empty if it cannot be read.
    """

    copies: pd.DataFrame
    near: pd.DataFrame
    recordings: dict[Path, int]
    unsaid: tuple[str, ...]
    content: dict[Path, str]


def known(model: Model, paths: list[Path], r: runtime.Runtime) -> Known:
    """Those of the files `paths` that are copies of clips which any fold of the model was trained or validated on, or of one another."""
    trained, silent = trained_on(model)
    unsaid = [
        f"{path} does not list the clips that it was trained on, so whether it knows some of these cannot be said"
        for path in silent
    ]
    at_hand = _at_hand(trained)
    if len(trained) > len(at_hand):
        unsaid.append(
            f"not at hand: {len(trained) - len(at_hand)} of the {counted(len(trained), 'clip')} that the model was trained on, of which only "
            "exact copies are found; near copies can be searched for in the repository of the run"
        )
    inspect = partial(_inspect, pictures=model.of_pictures)
    every = [*at_hand.values(), *paths]
    facts = list(runtime.map(inspect, every, len(every), r, "look for copies", "file"))
    content = {path: f.sha256 for path, f in zip(paths, facts[len(at_hand) :], strict=True)}
    of_hash = dict(zip(trained["sha256"], trained["clip_id"], strict=True))
    copies = {path: ("exact", of_hash[digest]) for path, digest in content.items() if digest in of_hash}
    ours, theirs, recordings = _near(list(at_hand), paths, every, facts, r)
    copies = ours | copies
    rows = [(path, *copies[path]) for path in paths if path in copies]
    return Known(pd.DataFrame(rows, columns=["path", "kind", "clip"]), theirs, recordings, tuple(unsaid), content)


def trained_on(model: Model) -> tuple[pd.DataFrame, list[Path]]:
    """clip_id and sha256 of the clips of all folds of all members, each once; and the files that do not list theirs."""
    silent = [member.stored.path for member in model.members if any("clips" not in run for run in member.stored.runs)]
    lists = [
        pd.DataFrame(run["clips"])[COLUMNS] for member in model.members for run in member.stored.runs if "clips" in run
    ]
    clips = pd.concat([pd.DataFrame(columns=COLUMNS, dtype=str), *lists]).drop_duplicates("sha256")
    return clips[clips["sha256"] != ""].reset_index(drop=True), silent


def _at_hand(trained: pd.DataFrame) -> dict[str, Path]:
    """The files of those of the clips that this repository has, by clip_id."""
    if not (CLIPS.is_file() and Path(params.FILE).is_file()):
        return {}
    root = Path(str(params.document().get("dataset", {}).get("root", "")))
    here = clips_csv.read(CLIPS).merge(trained, on=COLUMNS)
    files = {clip_id: root / path for clip_id, path in zip(here["clip_id"], here["path"], strict=True)}
    return {clip_id: path for clip_id, path in files.items() if excerpt.place(path)[0].is_file()}


def _inspect(path: Path, pictures: bool) -> inspect_audio.Facts:
    return inspect_picture.inspect(path, True) if pictures else inspect_audio.inspect(path, 0.0, True)


def _near(
    ours: list[str], paths: list[Path], every: list[Path], facts: list[inspect_audio.Facts], r: runtime.Runtime
) -> tuple[dict[Path, tuple[str, str]], pd.DataFrame, dict[Path, int]]:
    """Of each file that is a near copy of one of the clips `ours`: that, and of which; then `near` and `recordings` as of `Known`.

    every, facts: of `ours`, then of `paths`.
    """
    names = [*(f"ours {clip_id}" for clip_id in ours), *map(str, range(len(paths)))]
    table = pd.DataFrame({"clip_id": names, "sha256": [f.sha256 for f in facts], "excluded": [f.fault for f in facts]})
    content = dict(zip(names, table["sha256"], strict=True))
    first = {content[str(i)]: path for i, path in reversed([*enumerate(paths)])}
    found, theirs = {}, []
    pairs = search.near(table, every, [f.chart for f in facts], r)
    for pair in pairs.itertuples():
        one, other = sorted((pair.clip_id_a, pair.clip_id_b), key=lambda name: not name.startswith("ours "))
        both = [first.get(content[name]) for name in (one, other)]  # one of ours stands for its exact copies as well
        if None not in both:
            theirs.append(both)
        if one.startswith("ours ") and not other.startswith("ours "):
            found[paths[int(other)]] = ("near", one.removeprefix("ours "))
    linked = units.linked(table, pairs, [table["sha256"]])[len(ours) :].tolist()
    return found, pd.DataFrame(theirs, columns=["path_a", "path_b"]), dict(zip(paths, linked, strict=True))
