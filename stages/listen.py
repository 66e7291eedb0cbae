"""Choose the clips worth a listen, and prepare their sound and pictures for the report."""

import json
from functools import partial
from pathlib import Path

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.artefacts.learning import pieces, splits_csv
from dalsegno.pipeline import files, params, progress, runtime, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.report.listening import answers, choose, listening, media, relatives
from dalsegno.scoring import ensembles, gathered


def main(
    clips_path: str, copies_path: str, splits_path: str, table: str, runs_dir: str, out: str, *families: str
) -> None:
    """Write what the section Listen of the report shows to `out`."""
    p, joined, r = params.load(report=listening.Params, ensembles=ensembles.Entries, runtime=runtime.Runtime)
    keys, splits = dict(zip(families, params.names(*families), strict=True)), splits_csv.read(splits_path)
    g = gathered.gather(splits, keys, runs_dir, joined)
    a = answers.answers(g)
    chosen = choose.choose(a)
    root, paths = params.value("dataset.root", str), clips_csv.read(clips_path).set_index("clip_id")["path"]
    items = [(a.clip_ids[i], Path(root, paths[pieces.clip_of(a.clip_ids[i])])) for i in chosen.order]
    made = runtime.map(partial(_media, audio=p.audio), items, len(items), r, "listening")
    shown = media.within_budget(zip(chosen.order, made, strict=False))
    lost = [a.clip_ids[int(i)] for i, one in shown.items() if "lost" in one]
    if lost:
        progress.say(
            f"{len(lost)} clips can no longer be read, the first {lost[0]}: {shown[_place(a, lost[0])]['lost']}"
        )
    family = relatives.Family(splits, copies_csv.read(copies_path), g.s.rows)
    content = listening.content(a, chosen, shown, family, _features(table, a), g.s.part)
    files.write_text(out, json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def _media(item: tuple[str, Path], audio: bool) -> media.Media:
    return media.of(*item, audio=audio)


def _place(a: answers.Answers, clip_id: str) -> str:
    return str(a.clip_ids.index(clip_id))


def _features(table: str, a: answers.Answers) -> features_parquet.FeatureTable | None:
    """The features of the scored clips; None where the table has none of them, as that of somebody else's may."""
    try:
        return features_parquet.read(table, set(a.clip_ids))
    except UserError:
        return None


if __name__ == "__main__":
    stage.run(main)
