"""Choose the clips worth a listen, and prepare their sound and pictures for the report."""

import json
from functools import partial
from pathlib import Path

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.artefacts.learning import pieces, splits_csv
from dalsegno.pipeline import files, params, progress, runtime, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.report.listening import answers, choose, heard, listening, media, relatives
from dalsegno.report.listening.network import Clips
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
    files_of = {item: Path(root, paths[pieces.clip_of(item)]) for item in a.clip_ids}
    folds = g.s.rows.groupby("clip_id")["fold"].agg(list)
    clips = Clips(files_of, folds.to_dict(), Path(out).with_name("spectrogram"))
    told = heard.heard(a, g.folders, clips, p.explained, r.torch_device())
    order = list(dict.fromkeys([*(one["clip"] for one in (told.clips if told else [])), *chosen.order]))
    items = [(a.clip_ids[i], files_of[a.clip_ids[i]]) for i in order]
    made = runtime.map(partial(media.of, audio=p.audio), items, len(items), r, "listening")
    shown = media.within_budget(zip(order, made, strict=True))
    for lost in media.lost(shown):
        progress.say(f"no longer to be read: {lost}")
    family = relatives.Family(splits, copies_csv.read(copies_path), g.s.rows)
    content = listening.content(a, chosen, shown, family, _features(table, a), told)
    files.write_text(out, json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def _features(table: str, a: answers.Answers) -> features_parquet.FeatureTable | None:
    """The features of the scored clips; None where the table has none of them, as that of somebody else's may."""
    try:
        return features_parquet.read(table, set(a.clip_ids))
    except UserError:
        return None


if __name__ == "__main__":
    stage.run(main)
